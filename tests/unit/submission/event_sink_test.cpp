#include "submission/event_sink.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "fake_daemons.h"

namespace postern::submission {
namespace {

using namespace std::chrono_literals;

/// A sink and the vault that it sends to, each on a thread of its own.
struct Scene {
  Scene() {
    std::string made = std::filesystem::temp_directory_path() / "event-sink-XXXXXX";
    REQUIRE(::mkdtemp(made.data()) != nullptr);
    run = made;
    std::filesystem::create_directory(run / "vault");
    vault = std::make_unique<test::FakeVault>(vaults, run);
    sink = std::make_unique<EventSink>(context.get_executor(), run / "vault/hot.sock", limits);
    asio::co_spawn(context, sink->run(), asio::detached);
    thread = std::jthread([this] { vaults.run(); });
  }
  ~Scene() {
    vaults.stop();
    thread.join();
    std::filesystem::remove_all(run);
  }
  void pass(std::chrono::milliseconds time) { context.run_for(time); }
  bool until_sent() {
    for (int i = 0; i < 500 && !sink->empty(); ++i) pass(10ms);
    return sink->empty();
  }

  EventSink::Limits limits{.soft = 400, .gather = 1ms, .retry = 5ms};
  std::filesystem::path run;
  asio::io_context vaults;
  asio::io_context context;
  std::unique_ptr<test::FakeVault> vault;
  std::unique_ptr<EventSink> sink;
  std::jthread thread;
};

TEST_CASE("events that the vault took and lost in a crash are sent again") {
  Scene scene;
  scene.vault->lose_events(3);
  scene.sink->add(R"({"event":"one"})");
  scene.sink->add(R"({"event":"two"})");
  REQUIRE(scene.until_sent());
  CHECK(scene.vault->events() == std::vector<std::string>{R"({"event":"one"})", R"({"event":"two"})"});
}

TEST_CASE("past the bound events are dropped, and the ledger is told how many") {
  Scene scene;
  scene.vault->lose_events(20);
  for (int i = 0; i < 100; ++i) scene.sink->add(R"({"event":"one"})");
  CHECK(scene.sink->full());
  REQUIRE(scene.until_sent());
  const auto events = scene.vault->events();
  REQUIRE(events.size() > 10);
  CHECK(events.front() == R"({"event":"events-lost","count":)" + std::to_string(100 - (events.size() - 1)) + "}");
}

}  // namespace
}  // namespace postern::submission
