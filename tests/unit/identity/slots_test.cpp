#include "identity/slots.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support.h"

using namespace postern;
using namespace postern::identity;
using namespace std::chrono_literals;

namespace {

asio::awaitable<int> visit(Slots& slots, std::string name, std::string& order, std::chrono::milliseconds stay,
                           std::chrono::milliseconds patience) {
  const auto place = co_await slots.enter(patience);
  if (!place) {
    order += name + (place.error().code == ErrorCode::kTimeout ? " late, " : " full, ");
    co_return 0;
  }
  order += name + " in, ";
  asio::steady_timer timer(co_await asio::this_coro::executor, stay);
  co_await timer.async_wait(asio::use_awaitable);
  co_return 0;
}

}  // namespace

TEST_CASE("places go in order, waiting is bounded in number and time") {
  asio::io_context context;
  Slots slots(context.get_executor(), 1, 2);
  std::string order;
  const auto start = [&](std::string name, std::chrono::milliseconds stay, std::chrono::milliseconds patience) {
    asio::co_spawn(context, visit(slots, std::move(name), order, stay, patience), asio::detached);
  };
  start("a", 60ms, 1s);
  start("b", 1ms, 20ms);
  start("c", 1ms, 1s);
  start("d", 1ms, 1s);
  context.run_for(10ms);
  CHECK(slots.busy() == 1);
  CHECK(slots.waiting() == 2);
  context.run();
  CHECK(order == "a in, d full, b late, c in, ");
  CHECK(slots.busy() == 0);
  CHECK(slots.waiting() == 0);
}

TEST_CASE("more places let more in at once, fewer let those in stay") {
  asio::io_context context;
  Slots slots(context.get_executor(), 1, 10);
  std::string order;
  for (const char* name : {"a", "b", "c", "d"}) {
    asio::co_spawn(context, visit(slots, name, order, 50ms, 5s), asio::detached);
  }
  context.poll();
  slots.resize(3, 10);
  CHECK(slots.busy() == 3);
  slots.resize(1, 0);
  CHECK(slots.busy() == 3);
  context.run();
  CHECK(order == "a in, b in, c in, d in, ");
  CHECK(slots.busy() == 0);
}

TEST_CASE("no place is lost when a waiter is called at its last moment") {
  asio::io_context context;
  Slots slots(context.get_executor(), 1, 100);
  std::string order;
  for (int i = 0; i < 50; ++i) {
    asio::co_spawn(context, visit(slots, "x", order, 2ms, 2ms), asio::detached);
  }
  context.run();
  CHECK(slots.busy() == 0);
  CHECK(slots.waiting() == 0);
}
