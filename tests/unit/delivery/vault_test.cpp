#include <catch2/catch_test_macros.hpp>

#include "office.h"

using namespace postern;
using namespace postern::delivery;
using namespace postern::delivery::test;
using namespace std::chrono_literals;
using Moment = FakeServer::Moment;
using Event = FakeServer::Event;
using Answer = FakeServer::Answer;
using Outcome = ipc::Settle::Outcome;
using Reaction = FakeVault::Reaction;

namespace {

FakeServer::Script slow_end(std::chrono::milliseconds time) {
  return [time](const Event& event) -> std::optional<Answer> {
    if (event.moment == Moment::kFinal) std::this_thread::sleep_for(time);
    return std::nullopt;
  };
}

}  // namespace

TEST_CASE("a vault that starts later is found, and one that goes away is found again") {
  Office office;
  office.serve();
  office.vault.cut(false);
  office.deliver();
  office.pass(150ms);
  CHECK_FALSE(office.dispatcher->snapshot().vault_connected);
  office.vault.start();
  office.vault.add({.id = 1});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  office.vault.cut(false);
  REQUIRE(office.until([&] { return !office.dispatcher->snapshot().vault_connected; }));
  office.vault.start();
  office.vault.add({.id = 2});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(office.server->messages().size() == 2);
}

TEST_CASE("a delivery under way when the vault goes away is finished and settled once, not repeated") {
  Office office;
  office.serve(slow_end(200ms));
  office.deliver();
  office.vault.add({.id = 1});
  REQUIRE(office.until([&] { return office.dispatcher->snapshot().in_flight == 1; }));
  office.pass(50ms);
  SECTION("the vault is back while it is still under way") {
    office.vault.cut(true);
    REQUIRE(office.until([&] { return office.vault.claims() == 2; }));
    CHECK(office.dispatcher->snapshot().in_flight == 1);
  }
  SECTION("the vault is back when it is done") {
    office.vault.cut(false);
    REQUIRE(office.until([&] { return office.dispatcher->snapshot().in_flight == 0; }));
    CHECK(office.dispatcher->snapshot().unsettled == 1);
    office.vault.start();
  }
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(office.server->messages().size() == 1);
  CHECK(office.vault.events_named("delivered") == 1);
  REQUIRE(office.until([&] { return office.dispatcher->snapshot().unsettled == 0; }));
}

TEST_CASE("a settlement that was lost on the way is given again when the message comes again") {
  Office office;
  office.serve();
  int cuts = 0;
  SECTION("the vault had not stored it") {
    office.vault.on_settle = [&](const ipc::Settle&) { return cuts++ == 0 ? Reaction::kCutBefore : Reaction::kStore; };
  }
  SECTION("the vault's disk failed") {
    office.vault.on_settle = [&](const ipc::Settle&) { return cuts++ == 0 ? Reaction::kRefuse : Reaction::kStore; };
  }
  SECTION("the vault had stored it, only the answer was lost") {
    office.vault.on_settle = [&](const ipc::Settle&) { return cuts++ == 0 ? Reaction::kCutAfter : Reaction::kStore; };
  }
  office.deliver();
  office.vault.add({.id = 1});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  office.pass(200ms);
  CHECK(office.server->messages().size() == 1);
  CHECK(office.vault.events_named("delivered") == 1);
}

TEST_CASE("of a lost settlement only what is still due is given again") {
  Office office;
  office.serve([](const Event& event) -> std::optional<Answer> {
    if (event.moment == Moment::kRcpt && event.line.contains("later@")) return FakeServer::say("451 4.2.1 busy\r\n");
    return std::nullopt;
  });
  int cuts = 0;
  office.vault.on_settle = [&](const ipc::Settle&) { return cuts++ == 0 ? Reaction::kCutAfter : Reaction::kStore; };
  office.deliver();
  office.vault.add({.id = 1, .recipients = {"bob@example.org", "later@example.org"}});
  REQUIRE(office.until([&] { return office.vault.due(1) == std::vector<std::uint32_t>{1}; }));
  REQUIRE(office.until([&] { return office.dispatcher->snapshot().vault_connected && office.vault.credit() > 0; }));
  // The deferred recipient is due again: that is a new attempt, not the old settlement.
  office.vault.retry(1);
  REQUIRE(office.until([&] { return office.vault.settlements().size() == 2; }));
  CHECK(office.vault.settlements()[1].recipients.size() == 1);
  CHECK(office.vault.settlements()[1].recipients[0].index == 1);
  CHECK(office.server->messages().size() == 1);
}

TEST_CASE("content that can't be read defers the message, is no attempt, and nothing half arrives") {
  Office office;
  office.serve();
  office.deliver();
  office.vault.unreadable_from = 300'000;
  office.vault.add({.id = 1, .content = "Subject: x\r\n\r\n" + std::string(1'000'000, 'x') + "\r\n", .head = 1000});
  REQUIRE(office.until([&] { return office.vault.settlements().size() == 1; }));
  CHECK_FALSE(office.vault.settlements()[0].counts);
  CHECK(office.vault.settlements()[0].recipients[0].outcome == Outcome::kDeferred);
  CHECK(office.server->messages().empty());
  office.vault.unreadable_from.reset();
  office.vault.retry(1);
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(office.server->messages().size() == 1);
}

TEST_CASE("messages parked when the vault goes away are dropped and come again") {
  Office office;
  office.settings.concurrency = 1;
  office.serve(slow_end(50ms));
  office.deliver();
  for (std::uint64_t id = 1; id <= 10; ++id) office.vault.add({.id = id});
  for (int i = 0; i < 3; ++i) {
    REQUIRE(office.until([&] { return office.dispatcher->snapshot().parked > 0; }));
    office.vault.cut(true);
  }
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(office.server->messages().size() == 10);
  CHECK(office.vault.events_named("delivered") == 10);
}

TEST_CASE("events that the vault took and lost in a crash are sent again") {
  Office office;
  office.serve();
  office.deliver();
  office.vault.losing_events = 2;
  office.dispatcher->event(R"({"event":"first"})");
  REQUIRE(office.until([&] { return office.vault.losing_events == 0; }));
  office.dispatcher->event(R"({"event":"second"})");
  REQUIRE(office.until([&] { return office.vault.events_named("second") == 1; }));
  CHECK(office.vault.events_named("first") == 1);
}
