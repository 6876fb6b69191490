#include "ipc/channel.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <thread>

#include "ipc/listener.h"
#include "ipc/pool.h"
#include "ipc/vault_messages.h"

using namespace postern;
using namespace postern::ipc;
using namespace std::chrono_literals;

namespace {

constexpr auto kSoon = 5s;
using Socket = Channel::Socket;

struct Pair {
  explicit Pair(asio::io_context& io) : raw(io) {
    Socket other(io);
    asio::local::connect_pair(raw, other);
    channel.emplace(std::move(other));
  }
  Socket raw;  ///< writes what it likes
  std::optional<Channel> channel;
};

template <class T>
asio::awaitable<void> store(asio::awaitable<T> work, std::optional<T>& result) {
  result.emplace(co_await std::move(work));
}

template <class T>
T run(asio::io_context& io, asio::awaitable<T> work) {
  std::optional<T> result;
  asio::co_spawn(io, store(std::move(work), result), asio::detached);
  io.restart();
  io.run();
  return std::move(*result);
}

}  // namespace

TEST_CASE("messages arrive whole, in order, however they are cut") {
  asio::io_context io;
  Pair pair(io);
  std::string wire;
  append_frame(wire, Probe{1});
  append_frame(wire, Chunk{std::string(100'000, 'x')});
  append_frame(wire, Probe{2});
  std::thread writer([&] {
    for (std::size_t at = 0; at < wire.size(); at += 777) {
      asio::write(pair.raw, asio::buffer(wire.substr(at, 777)));
    }
  });
  CHECK(run(io, pair.channel->receive_as<Probe>(kSoon))->size == 1);
  CHECK(run(io, pair.channel->receive_as<Chunk>(kSoon))->bytes == std::string(100'000, 'x'));
  CHECK(run(io, pair.channel->receive_as<Probe>(kSoon))->size == 2);
  writer.join();
}

TEST_CASE("a frame of another version, too long or cut short ends the channel with an error") {
  const std::pair<std::string, ErrorCode> cases[] = {
      {std::string("\x00\x00\x00\x00\x01\x03\x02\x00", 8), ErrorCode::kProtocol},
      {std::string("\x00\x00\x00\x00\x01\x03\x01\x01", 8), ErrorCode::kProtocol},
      {std::string("\x00\x00\x00\x7F\x01\x03\x01\x00", 8), ErrorCode::kProtocol},
      {std::string("\x05\x00\x00\x00\x01\x03\x01\x00"
                   "ab",
                   10),
       ErrorCode::kProtocol},
      {"", ErrorCode::kClosed}};
  for (const auto& [bytes, code] : cases) {
    asio::io_context io;
    Pair pair(io);
    asio::write(pair.raw, asio::buffer(bytes));
    pair.raw.close();
    const auto got = run(io, pair.channel->receive(kSoon));
    REQUIRE_FALSE(got);
    CHECK(got.error().code == code);
  }
}

TEST_CASE("waiting ends at the deadline") {
  asio::io_context io;
  Pair pair(io);
  const auto got = run(io, pair.channel->receive(20ms));
  REQUIRE_FALSE(got);
  CHECK(got.error().code == ErrorCode::kTimeout);
}

TEST_CASE("descriptors travel, and only where they are let in") {
  asio::io_context io;
  Pair pair(io);
  Channel sender(std::move(pair.raw));
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  const UniqueFd read_end(pipe_ends[0]);
  UniqueFd write_end(pipe_ends[1]);

  REQUIRE(run(io, sender.send_with_descriptor(Probe{1}, write_end.get(), kSoon)));
  REQUIRE(run(io, pair.channel->receive_as<Probe>(kSoon)));
  CHECK(pair.channel->take_descriptors().empty());

  pair.channel->accept_descriptors();
  REQUIRE(run(io, sender.send_with_descriptor(Probe{2}, write_end.get(), kSoon)));
  REQUIRE(run(io, pair.channel->receive_as<Probe>(kSoon)));
  const auto received = pair.channel->take_descriptors();
  REQUIRE(received.size() == 1);
  CHECK(::fcntl(received[0].get(), F_GETFD) == FD_CLOEXEC);
  REQUIRE(::write(received[0].get(), "!", 1) == 1);
  char byte = 0;
  REQUIRE(::read(read_end.get(), &byte, 1) == 1);
  CHECK(byte == '!');
}

TEST_CASE("a pool uses connections again, and notices dead ones") {
  asio::io_context io;
  const std::string path = "/tmp/pool-test.sock";
  auto acceptor = listen_unix(io.get_executor(), path, 0600);
  REQUIRE(acceptor);
  Pool pool(path, 4);
  auto first = run(io, pool.acquire(kSoon));
  REQUIRE(first);
  auto server = run(io, accept_unix(*acceptor));
  REQUIRE(server);
  Channel* const address = &**first;
  first->release();

  auto second = run(io, pool.acquire(kSoon));
  REQUIRE(second);
  CHECK(&**second == address);
  second->release();

  server->close();
  auto third = run(io, pool.acquire(kSoon));
  REQUIRE(third);
  auto other_server = run(io, accept_unix(*acceptor));
  REQUIRE(other_server);
  REQUIRE(run(io, (*third)->send(Probe{3}, kSoon)));
  Channel server_side(std::move(*other_server));
  CHECK(run(io, server_side.receive_as<Probe>(kSoon))->size == 3);
  CHECK(server_side.peer()->uid == ::getuid());
}

TEST_CASE("nobody there is 'unavailable'") {
  asio::io_context io;
  Pool pool("/tmp/nobody-listens.sock", 1);
  const auto lease = run(io, pool.acquire(kSoon));
  REQUIRE_FALSE(lease);
  CHECK(lease.error().code == ErrorCode::kUnavailable);
}
