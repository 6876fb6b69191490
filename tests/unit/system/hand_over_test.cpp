#include "system/hand_over.h"

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include "ipc/channel.h"
#include "ipc/listener.h"
#include "support.h"

using namespace postern;
using namespace postern::system;
using namespace postern::system::test;
using namespace std::chrono_literals;

namespace {

ipc::ListenerAdd on_loopback(std::uint16_t port) {
  ipc::ListenerAdd add;
  add.link = "lo";
  add.ifindex = 1;
  add.local = {ip("127.0.0.1"), port};
  add.key = "lo " + add.local.to_string();
  add.sources = {net("127.0.0.0/8")};
  return add;
}

constexpr std::uint16_t kPort = 40587;

/// The server with its listeners, and a submit that connects to it.
struct Scene {
  explicit Scene(uid_t submit = ::getuid()) {
    auto acceptor = ipc::listen_unix(context.get_executor(), path, 0600);
    REQUIRE(acceptor);
    asio::co_spawn(context, hand_over.serve(std::move(*acceptor), submit), asio::detached);
  }

  ipc::Channel connect() {
    auto channel = wait_for(context, ipc::Channel::connect(path, 5s));
    REQUIRE(channel);
    channel->accept_descriptors();
    return std::move(*channel);
  }
  template <class M>
  Result<M> next(ipc::Channel& channel) {
    return wait_for(context, channel.receive_as<M>(5s));
  }
  void open(std::initializer_list<std::uint16_t> ports) {
    std::vector<ipc::ListenerAdd> wanted;
    for (const auto port : ports) wanted.push_back(on_loopback(port));
    if (!listeners.apply(wanted).failed.empty()) SKIP("needs CAP_NET_RAW");
    hand_over.listeners_changed();
  }

  Folder folder;
  std::string path = folder.file("listeners.sock");
  asio::io_context context;
  Listeners listeners;
  std::vector<ipc::EndSessions> standing;
  HandOver hand_over{listeners, [this] { return standing; }};
};

}  // namespace

TEST_CASE("a new connection gets every listener with a socket that listens, then the end of the list") {
  Scene scene;
  scene.open({kPort, kPort + 1});
  auto channel = scene.connect();
  for (const std::uint16_t port : {kPort, static_cast<std::uint16_t>(kPort + 1)}) {
    const auto add = scene.next<ipc::ListenerAdd>(channel);
    REQUIRE(add);
    CHECK(add->key == on_loopback(port).key);
    CHECK(add->sources == std::vector{net("127.0.0.0/8")});
    const auto sockets = channel.take_descriptors();
    REQUIRE(sockets.size() == 1);
    int listening = 0;
    socklen_t length = sizeof listening;
    REQUIRE(::getsockopt(sockets[0].get(), SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0);
    CHECK(listening == 1);
  }
  CHECK(scene.next<ipc::ListenersComplete>(channel));
  CHECK(scene.hand_over.is_told());
}

TEST_CASE("afterwards only what changes is told") {
  Scene scene;
  scene.open({kPort});
  auto channel = scene.connect();
  REQUIRE(scene.next<ipc::ListenerAdd>(channel));
  REQUIRE(scene.next<ipc::ListenersComplete>(channel));
  scene.open({kPort + 1});
  const auto removed = scene.next<ipc::ListenerRemove>(channel);
  REQUIRE(removed);
  CHECK(removed->key == on_loopback(kPort).key);
  const auto added = scene.next<ipc::ListenerAdd>(channel);
  REQUIRE(added);
  CHECK(added->key == on_loopback(kPort + 1).key);
  scene.hand_over.end_sessions({"anna", {}, "person-inactive"});
  const auto end = scene.next<ipc::EndSessions>(channel);
  REQUIRE(end);
  CHECK(end->person == "anna");
  scene.hand_over.reload_certificate();
  CHECK(scene.next<ipc::ReloadCertificate>(channel));
}

TEST_CASE("whoever must not be there is told to a submit that was away") {
  Scene scene;
  scene.standing.push_back({{}, {ip("10.9.0.2")}, "device-inactive"});
  scene.hand_over.end_sessions({"lost", {}, "nobody is connected"});
  auto channel = scene.connect();
  REQUIRE(scene.next<ipc::ListenersComplete>(channel));
  const auto end = scene.next<ipc::EndSessions>(channel);
  REQUIRE(end);
  CHECK(end->sources == std::vector{ip("10.9.0.2")});
}

TEST_CASE("a new connection replaces the one before and gets everything again") {
  Scene scene;
  scene.open({kPort});
  auto first = scene.connect();
  REQUIRE(scene.next<ipc::ListenerAdd>(first));
  REQUIRE(scene.next<ipc::ListenersComplete>(first));
  auto second = scene.connect();
  CHECK(scene.next<ipc::ListenerAdd>(second));
  CHECK(scene.next<ipc::ListenersComplete>(second));
  const auto closed = scene.next<ipc::ListenerAdd>(first);
  REQUIRE_FALSE(closed);
  CHECK(closed.error().code == ErrorCode::kClosed);
}

TEST_CASE("another user gets nothing") {
  Scene scene(::getuid() + 1);
  scene.open({kPort});
  auto channel = scene.connect();
  const auto add = scene.next<ipc::ListenerAdd>(channel);
  REQUIRE_FALSE(add);
  CHECK(channel.take_descriptors().empty());
}

TEST_CASE("who speaks where there is nothing to say is cut off") {
  Scene scene;
  auto channel = scene.connect();
  REQUIRE(scene.next<ipc::ListenersComplete>(channel));
  REQUIRE(wait_for(scene.context, channel.send(ipc::ListenerRemove{"lo"}, 5s)));
  CHECK_FALSE(scene.next<ipc::ListenerAdd>(channel));
  CHECK_FALSE(scene.hand_over.is_told());
}
