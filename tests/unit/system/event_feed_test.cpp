#include "system/event_feed.h"

#include <catch2/catch_test_macros.hpp>

#include "ipc/listener.h"
#include "support.h"

using namespace postern;
using namespace postern::system;
using namespace postern::system::test;
using namespace std::chrono_literals;

namespace {

/// A vault that dies after `crashes` frames of events, each time before it could write them.
asio::awaitable<void> keep(asio::local::stream_protocol::acceptor& acceptor, int crashes,
                           std::vector<std::string>& events) {
  for (;;) {
    auto socket = co_await ipc::accept_unix(acceptor);
    if (!socket) co_return;
    ipc::Channel channel(std::move(*socket));
    for (;;) {
      const auto frame = co_await channel.receive_as<ipc::Event>(5s);
      if (!frame || crashes-- > 0) break;
      events.insert(events.end(), frame->events.begin(), frame->events.end());
      if (!co_await channel.send(ipc::Recorded{true}, 5s)) break;
    }
  }
}

}  // namespace

TEST_CASE("events wait for the vault's word, and the ledger learns how many did not fit") {
  Folder folder;
  asio::io_context context;
  const std::string path = folder.file("hot.sock");
  auto acceptor = ipc::listen_unix(context.get_executor(), path, 0600);
  REQUIRE(acceptor);
  std::vector<std::string> events;
  asio::co_spawn(context, keep(*acceptor, 2, events), asio::detached);

  EventFeed feed(context.get_executor(), path, 3);
  for (const char* name : {"a", "b", "c", "d", "e"}) feed.add(R"({"event":")" + std::string(name) + R"("})");
  CHECK(feed.dropped() == 2);
  asio::co_spawn(context, feed.run(), asio::detached);
  for (int i = 0; i < 100 && feed.waiting() > 0; ++i) context.run_for(100ms);
  CHECK(events == std::vector<std::string>{R"({"event":"events-lost","count":2})", R"({"event":"a"})",
                                           R"({"event":"b"})", R"({"event":"c"})"});
}
