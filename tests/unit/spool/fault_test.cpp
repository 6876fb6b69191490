#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cerrno>
#include <map>

#include "harness.h"
#include "ledger/event.h"
#include "ledger/verify.h"

using namespace postern;
using namespace postern::spool;
using namespace postern::test;
using namespace std::chrono_literals;

// "Make the Nth call fail, for every N": a short life of a store, once for each of its writes and syncs.
namespace {

struct Outcome {
  std::map<MessageId, std::string> accepted;  // acknowledged and not delivered
  std::map<MessageId, bool> delivered;        // acknowledged
  std::map<MessageId, bool> tried;            // settling was tried and failed
  bool failed = false;                        // some call reported an error
  ErrorCode code{};
};

void note(Outcome& outcome, const Result<void>& result) {
  if (result || outcome.failed) return;
  outcome.failed = true;
  outcome.code = result.error().code;
}

void live(Harness& harness, Outcome& outcome) {
  MessageId id = 0;
  for (int round = 0; round < 3; ++round) {
    for (const std::size_t length : {100U, 4000U, 40'000U}) {
      const std::string content = content_for(++id, length);
      const auto result = harness.submit(id, content);
      note(outcome, result);
      if (result) outcome.accepted[id] = content;
    }
    auto claimed = harness.spool().claim(Harness::kOwner, 2);
    if (!claimed) note(outcome, fail(claimed.error()));
    if (claimed) {
      for (const Claimed& message : *claimed) {
        const auto result = harness.settle(message.id, RecipientState::kDelivered);
        note(outcome, result);
        (result ? outcome.delivered : outcome.tried)[message.id] = true;
      }
    }
    note(outcome, harness.spool().checkpoint());
  }
}

void check_after_restart(SimulatedDisk& disk, const Outcome& outcome) {
  Replay replay(disk);
  replay.advance(disk.moment());
  std::mt19937_64 random(disk.moment());
  auto after = replay.cut(Replay::Cut::kTorn, random);
  Harness harness(*after);
  REQUIRE(harness.open());
  std::map<MessageId, std::string> found;
  for (const Claimed& claimed : harness.claim()) {
    found[claimed.id] = claimed.in_file ? *harness.spool().read(claimed.id, 0, 1 << 20) : claimed.content;
  }
  for (const auto& [id, content] : outcome.accepted) {
    CAPTURE(id);
    if (outcome.delivered.contains(id)) {
      CHECK_FALSE(found.contains(id));
    } else if (!outcome.tried.contains(id)) {
      REQUIRE(found.contains(id));
      CHECK(found[id] == content);
    }
  }
  harness.spool().flush_ledger();
  const auto report = ledger::verify(*after, harness.options.ledger_folder);
  REQUIRE(report);
  CHECK_FALSE(report->defect);
}

}  // namespace

TEST_CASE("Whichever write or sync fails, nothing that was acknowledged is lost") {
  const bool write = GENERATE(true, false);
  const int error = GENERATE(EIO, ENOSPC);
  CAPTURE(write, error);
  std::uint64_t calls = 0;
  {
    SimulatedDisk disk;
    Harness harness(disk);
    REQUIRE(harness.open());
    const std::uint64_t before = write ? disk.writes() : disk.syncs();
    Outcome outcome;
    live(harness, outcome);
    REQUIRE_FALSE(outcome.failed);
    REQUIRE(outcome.accepted.size() == 9);
    calls = (write ? disk.writes() : disk.syncs()) - before;
  }
  REQUIRE(calls > 20);
  std::size_t noticed = 0;
  for (std::uint64_t n = 1; n <= calls; ++n) {
    CAPTURE(n);
    SimulatedDisk disk;
    Harness harness(disk);
    REQUIRE(harness.open());
    if (write) {
      disk.fail_write(n, error);
    } else {
      disk.fail_sync(n, error);
    }
    Outcome outcome;
    live(harness, outcome);
    if (outcome.failed) ++noticed;
    if (outcome.failed && (error == EIO || !write)) {
      // Fail closed: nothing is taken, handed out or retried any more.
      CHECK(harness.spool().status().broken);
      CHECK(harness.submit(100, "late").error().code == ErrorCode::kIo);
      CHECK(harness.spool().claim(Harness::kOwner, 1).error().code == ErrorCode::kIo);
      CHECK_FALSE(harness.alarms().empty());
    }
    if (outcome.failed && write && error == ENOSPC) {
      // A clean refusal: when there is room again, all goes on.
      CHECK(outcome.code == ErrorCode::kNoSpace);
      CHECK(harness.submit(100, "later"));
      outcome.accepted[100] = "later";
    }
    check_after_restart(disk, outcome);
  }
  CHECK(noticed > calls / 2);
}

TEST_CASE("A disk that fills up refuses mail and goes on when there is room") {
  SimulatedDisk disk;
  Harness harness(disk);
  REQUIRE(harness.open());
  disk.set_capacity(3 << 20);
  std::map<MessageId, std::string> accepted;
  for (MessageId id = 1;; ++id) {
    const std::string content = content_for(id, id % 5 == 0 ? 60'000 : 9000);
    const auto result = harness.submit(id, content);
    if (!result) {
      CHECK(result.error().code == ErrorCode::kNoSpace);
      break;
    }
    accepted[id] = content;
    REQUIRE(id < 1000);
  }
  CHECK_FALSE(harness.spool().status().broken);
  CHECK(harness.claim().size() == accepted.size());
  disk.set_capacity(100 << 20);
  REQUIRE(harness.submit(5000, "room"));
  harness.close();
  REQUIRE(harness.open());
  CHECK(harness.spool().status().counts.messages == accepted.size() + 1);
}
