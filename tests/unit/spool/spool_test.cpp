#include "spool/spool.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <thread>

#include "harness.h"
#include "ledger/event.h"
#include "ledger/reader.h"
#include "ledger/verify.h"

using namespace postern;
using namespace postern::spool;
using namespace postern::test;
using namespace std::chrono_literals;

namespace {

std::string ledger_text(Harness& harness, SimulatedDisk& disk) {
  REQUIRE(harness.record(event_for("so far")));
  harness.spool().flush_ledger();
  std::string text;
  const auto entries = ledger::read_entries(disk, harness.options.ledger_folder, 1, 100'000);
  REQUIRE(entries);
  for (const std::string& entry : *entries) text += entry + "\n";
  return text;
}

void check_ledger(Harness& harness, SimulatedDisk& disk) {
  harness.spool().flush_ledger();
  const auto report = ledger::verify(disk, harness.options.ledger_folder);
  REQUIRE(report);
  CHECK_FALSE(report->defect);
}

}  // namespace

TEST_CASE("A message goes in, is claimed, delivered, and is gone") {
  SimulatedDisk disk;
  Harness harness(disk);
  REQUIRE(harness.open());
  const std::string content = content_for(1, GENERATE(0U, 1U, 5000U, 16384U, 16385U, 200'000U));
  REQUIRE(harness.submit(1, content, 2));
  CHECK(harness.due_calls() > 0);
  CHECK(harness.spool().next_due() == 0us);

  auto claimed = harness.claim();
  REQUIRE(claimed.size() == 1);
  CHECK(claimed[0].id == 1);
  CHECK(claimed[0].size == content.size());
  CHECK(claimed[0].envelope == envelope_for(1, 2));
  CHECK(claimed[0].recipients.size() == 2);
  CHECK(claimed[0].attempts == 0);
  CHECK(claimed[0].in_file == (content.size() > harness.options.inline_limit));
  if (claimed[0].in_file) {
    std::string read;
    while (read.size() < content.size()) read += *harness.spool().read(1, read.size(), 30'000);
    CHECK(read == content);
  } else {
    CHECK(claimed[0].content == content);
  }
  CHECK(*harness.spool().read(1, 3, 10) == content.substr(std::min<std::size_t>(3, content.size()), 10));
  CHECK(harness.claim().empty());

  REQUIRE(harness.settle(1, RecipientState::kDelivered, 0s, 0));
  claimed = harness.claim();
  REQUIRE(claimed.size() == 1);
  CHECK(claimed[0].recipients[0].state == RecipientState::kDelivered);
  CHECK(claimed[0].recipients[0].reply == "said so");
  CHECK(claimed[0].recipients[1].state == RecipientState::kPending);
  CHECK(claimed[0].attempts == 1);
  REQUIRE(harness.settle(1, RecipientState::kFailed, 0s, 1));
  CHECK(harness.spool().status().counts.messages == 0);
  CHECK(harness.spool().inspect(1).error().code == ErrorCode::kNotFound);
  CHECK_FALSE(harness.spool().next_due());
  check_ledger(harness, disk);
  CHECK(harness.alarms().empty());
  harness.close();
  for (const std::string& path : disk.paths()) CHECK_FALSE(path.contains("/large/"));
}

TEST_CASE("Everything is there after a restart") {
  SimulatedDisk disk;
  ManualClock clock;
  Harness harness(disk, clock);
  REQUIRE(harness.open());
  REQUIRE(harness.submit(1, content_for(1, 100)));
  REQUIRE(harness.submit(2, content_for(2, 50'000)));
  REQUIRE(harness.submit(3, content_for(3, 300), 2));
  REQUIRE(harness.submit(4, content_for(4, 300)));
  CHECK(harness.claim().size() == 4);
  REQUIRE(harness.settle(3, RecipientState::kDelivered, 1h, 0));
  REQUIRE(harness.settle(4, RecipientState::kDelivered));
  REQUIRE(harness.wait_for([&](Done done) { return harness.spool().hold(1, {}, std::move(done)); }));
  harness.close();

  REQUIRE(harness.open());
  CHECK(harness.alarms().empty());
  const Counts counts = harness.spool().status().counts;
  CHECK(counts.messages == 3);
  CHECK(counts.held == 1);
  CHECK(counts.deferred == 1);
  CHECK(counts.claimed == 0);
  auto claimed = harness.claim();
  REQUIRE(claimed.size() == 1);
  CHECK(claimed[0].id == 2);
  std::string read;
  while (read.size() < claimed[0].size) read += *harness.spool().read(2, read.size(), 10'000);
  CHECK(read == content_for(2, 50'000));
  const auto info = harness.spool().inspect(3);
  REQUIRE(info);
  CHECK(info->recipients[0] == RecipientProgress{RecipientState::kDelivered, "said so"});
  CHECK(info->envelope.recipients.size() == 2);
  CHECK(info->attempts == 1);
  CHECK(harness.spool().inspect(1)->held);
  clock.advance(2h);
  CHECK(harness.claim().size() == 1);
  check_ledger(harness, disk);
}

TEST_CASE("A message that is given up leaves nothing") {
  SimulatedDisk disk;
  Harness harness(disk);
  REQUIRE(harness.open());
  const std::size_t length = GENERATE(10U, 100'000U);
  {
    auto incoming = harness.spool().begin(5, 0);
    REQUIRE(incoming);
    (*incoming)->append(content_for(5, length));
    CHECK(harness.spool().begin(5, 0).error().code == ErrorCode::kExists);
  }
  REQUIRE(harness.submit(5, "again"));
  CHECK(harness.spool().begin(5, 0).error().code == ErrorCode::kExists);
  CHECK(harness.spool().begin(0, 0).error().code == ErrorCode::kExists);
  harness.close();
  for (const std::string& path : disk.paths()) CHECK_FALSE(path.contains("/large/"));
}

TEST_CASE("What is not right is refused and leaves nothing") {
  SimulatedDisk disk;
  Harness harness(disk);
  REQUIRE(harness.open());
  const auto commit = [&](const std::string& envelope, const std::vector<std::string>& events) {
    return harness.wait_for([&](Done done) -> Result<void> {
      auto incoming = harness.spool().begin(9, 0);
      if (!incoming) return fail(incoming.error());
      (*incoming)->append("content");
      (*incoming)->commit(envelope, events, std::move(done));
      return {};
    });
  };
  CHECK(commit("nonsense", {}).error().code == ErrorCode::kInvalid);
  CHECK(commit(envelope_for(9), {"nonsense"}).error().code == ErrorCode::kInvalid);
  CHECK(commit(envelope_for(9), {R"({"event":"x","seq":1})"}).error().code == ErrorCode::kInvalid);
  CHECK(harness.spool().record({"{}"}).error().code == ErrorCode::kInvalid);
  CHECK(harness.spool().status().counts.messages == 0);
  CHECK(commit(envelope_for(9), {}));
  harness.claim();
  CHECK(harness.settle(9, RecipientState::kDelivered, 0s, 1).error().code == ErrorCode::kInvalid);
  CHECK(harness.settle(9, RecipientState::kDelivered, 0s, 0));
}

TEST_CASE("Backpressure: what waits for the disk is known") {
  SimulatedDisk disk;
  Harness harness(disk);
  REQUIRE(harness.open());
  auto incoming = harness.spool().begin(1, 0);
  REQUIRE(incoming);
  bool drained = false;
  (*incoming)->append(content_for(1, 100));
  CHECK((*incoming)->waiting() == 0);
  (*incoming)->when_drained([&drained] { drained = true; });
  harness.run_until([&drained] { return drained; });
  for (int i = 0; i < 20; ++i) (*incoming)->append(content_for(1, 100'000));
  drained = false;
  (*incoming)->when_drained([&drained] { drained = true; });
  harness.run_until([&drained] { return drained; });
  CHECK((*incoming)->waiting() == 0);
  CHECK((*incoming)->size() == 2'000'100);
}

TEST_CASE("Deferred messages wait, whatever happens to the clock") {
  SimulatedDisk disk;
  ManualClock clock;
  Harness harness(disk, clock);
  REQUIRE(harness.open());
  REQUIRE(harness.submit(1, "content"));
  harness.claim();
  REQUIRE(harness.settle(1, RecipientState::kPending, 1h));
  CHECK(harness.claim().empty());
  CHECK(harness.spool().next_due() == 1h);
  clock.jump(clock.wall() + 24h * 365);
  CHECK(harness.claim().empty());
  clock.jump(clock.wall() - 24h * 3650);
  CHECK(harness.claim().empty());
  clock.advance(30min);
  CHECK(harness.spool().next_due() == 30min);
  clock.advance(30min);
  auto claimed = harness.claim();
  REQUIRE(claimed.size() == 1);
  CHECK(claimed[0].age == 1h);
  CHECK(claimed[0].attempts == 1);
  check_ledger(harness, disk);
  CHECK(ledger_text(harness, disk).contains(R"("event":"clock","jump_ms":31536000000)"));
}

TEST_CASE("After a time without power mail is tried at once, and is no older") {
  SimulatedDisk disk;
  ManualClock clock;
  Harness harness(disk, clock);
  REQUIRE(harness.open());
  REQUIRE(harness.submit(1, "content"));
  harness.claim();
  clock.advance(10min);
  REQUIRE(harness.settle(1, RecipientState::kPending, 4h));
  harness.close();
  clock.jump(clock.wall() + 3h);
  REQUIRE(harness.open());
  CHECK(harness.claim().empty());
  CHECK(harness.spool().next_due() == 1h);
  harness.close();
  clock.jump(clock.wall() + 24h * 30);
  REQUIRE(harness.open());
  auto claimed = harness.claim();
  REQUIRE(claimed.size() == 1);
  CHECK(claimed[0].age == 10min);
}

TEST_CASE("A claimer that goes away leaves its messages to the next") {
  SimulatedDisk disk;
  Harness harness(disk);
  REQUIRE(harness.open());
  for (MessageId id = 1; id <= 3; ++id) REQUIRE(harness.submit(id, "content"));
  CHECK(harness.claim(2).size() == 2);
  CHECK(harness.spool().status().counts.claimed == 2);
  REQUIRE(harness.settle(1, RecipientState::kDelivered));
  harness.spool().end_claims(Harness::kOwner);
  CHECK(harness.settle(2, RecipientState::kDelivered).error().code == ErrorCode::kNotFound);
  CHECK(harness.claim().size() == 2);
}

TEST_CASE("An administrator holds, releases, retries and cancels") {
  SimulatedDisk disk;
  Harness harness(disk);
  REQUIRE(harness.open());
  REQUIRE(harness.submit(1, "content", 2));
  const std::vector<std::string> events = {event_for("administrator")};
  Spool& spool = harness.spool();

  REQUIRE(harness.wait_for([&](Done done) { return spool.hold(1, events, std::move(done)); }));
  CHECK(harness.claim().empty());
  CHECK(spool.status().counts.held == 1);
  REQUIRE(harness.wait_for([&](Done done) { return spool.release(1, events, std::move(done)); }));
  CHECK(harness.claim().size() == 1);
  CHECK(spool.cancel(1, events, {}).error().code == ErrorCode::kUnavailable);
  REQUIRE(harness.settle(1, RecipientState::kPending, 1h));
  CHECK(harness.claim().empty());
  REQUIRE(harness.wait_for([&](Done done) { return spool.retry(1, events, std::move(done)); }));
  CHECK(harness.claim().size() == 1);
  REQUIRE(harness.settle(1, RecipientState::kDelivered, 1h, 0));
  REQUIRE(harness.wait_for([&](Done done) { return spool.cancel(1, events, std::move(done)); }));
  CHECK(spool.status().counts.messages == 0);
  for (const auto call : {&Spool::hold, &Spool::release, &Spool::retry, &Spool::cancel}) {
    CHECK((spool.*call)(1, events, {}).error().code == ErrorCode::kNotFound);
  }
}

TEST_CASE("The queue is listed page by page") {
  SimulatedDisk disk;
  Harness harness(disk);
  REQUIRE(harness.open());
  for (MessageId id = 10; id <= 50; id += 10) REQUIRE(harness.submit(id, content_for(id, id)));
  const auto first = harness.spool().list(0, 3);
  REQUIRE(first.size() == 3);
  CHECK(first[0].id == 10);
  CHECK(first[2].id == 30);
  CHECK(first[2].size == 30);
  CHECK(first[2].envelope.reverse_path == "sender30@example.org");
  const auto second = harness.spool().list(30, 3);
  REQUIRE(second.size() == 2);
  CHECK(second[1].id == 50);
}

TEST_CASE("Ledger events without anybody waiting are written all the same") {
  SimulatedDisk disk;
  Harness harness(disk);
  REQUIRE(harness.open());
  REQUIRE(harness.spool().record({event_for("lazy-1"), event_for("lazy-2")}));
  REQUIRE(harness.record(event_for("urgent")));
  const std::string text = ledger_text(harness, disk);
  const std::size_t lazy = text.find("lazy-2");
  CHECK(text.find("lazy-1") < lazy);
  CHECK(lazy < text.find("urgent"));
  check_ledger(harness, disk);
  REQUIRE(harness.spool().record({event_for("last")}));
  harness.close();
  REQUIRE(harness.open());
  CHECK(ledger_text(harness, disk).contains("last"));
}

TEST_CASE("A full queue and a full disk refuse mail before anything is lost") {
  SimulatedDisk disk;
  Harness harness(disk);
  SECTION("number of messages") {
    harness.options.max_messages = 2;
    REQUIRE(harness.open());
    REQUIRE(harness.submit(1, "content"));
    REQUIRE(harness.submit(2, "content"));
    CHECK(harness.submit(3, "content").error().code == ErrorCode::kNoSpace);
    harness.claim(1);
    REQUIRE(harness.settle(1, RecipientState::kDelivered));
    CHECK(harness.submit(3, "content"));
  }
  SECTION("bytes") {
    harness.options.max_bytes = 1000;
    REQUIRE(harness.open());
    REQUIRE(harness.submit(1, content_for(1, 600)));
    CHECK(harness.submit(2, content_for(2, 600)).error().code == ErrorCode::kNoSpace);
    CHECK(harness.submit(2, content_for(2, 300)));
  }
  SECTION("free space") {
    disk.set_capacity(4 << 20);
    harness.options.reserve_free = 2 << 20;
    REQUIRE(harness.open());
    REQUIRE(harness.spool().admits(1000));
    CHECK(harness.spool().admits(2 << 20).error().code == ErrorCode::kNoSpace);
    for (MessageId id = 1; harness.submit(id, content_for(id, 100'000)); ++id) REQUIRE(id < 40);
    CHECK(harness.spool().admits(100'000).error().context.contains("disk"));
    // Deliveries go on: the reserve is for them.
    for (const Claimed& claimed : harness.claim()) REQUIRE(harness.settle(claimed.id, RecipientState::kDelivered));
  }
}

TEST_CASE("A message that grows beyond what it announced is refused at the limits") {
  SimulatedDisk disk;
  Harness harness(disk);
  disk.set_capacity(8 << 20);
  harness.options.max_message_size = 4 << 20;
  harness.options.reserve_free = 5 << 20;
  REQUIRE(harness.open());
  CHECK(harness.spool().admits(5 << 20).error().code == ErrorCode::kLimit);
  const auto stream = [&](MessageId id, std::size_t size) {
    return harness.wait_for([&](Done done) -> Result<void> {
      auto incoming = harness.spool().begin(id, 10);
      if (!incoming) return fail(incoming.error());
      for (std::size_t sent = 0; sent < size; sent += 100'000) (*incoming)->append(std::string(100'000, 'x'));
      (*incoming)->commit(envelope_for(id), {}, std::move(done));
      return {};
    });
  };
  CHECK(stream(1, 500'000));
  CHECK(stream(2, 3 << 20).error().code == ErrorCode::kNoSpace);
  disk.set_capacity(100 << 20);
  REQUIRE(harness.spool().checkpoint());
  harness.run_until([&] { return harness.spool().admits(3 << 20).has_value(); });
  CHECK(stream(3, 3 << 20));
  CHECK(stream(4, 5 << 20).error().code == ErrorCode::kLimit);
  CHECK(harness.spool().status().counts.messages == 2);
  harness.close();
  std::size_t files = 0;
  for (const std::string& path : disk.paths()) files += path.contains("/large/") ? 1U : 0U;
  CHECK(files == 2);
}

TEST_CASE("Segments turn over, sparse ones are compacted, dead ones used again") {
  SimulatedDisk disk;
  disk.stop_recording();
  Harness harness(disk);
  REQUIRE(harness.open());
  // One message in forty stays; the others are delivered.
  MessageId id = 0;
  std::vector<MessageId> kept;
  for (int round = 0; round < 40; ++round) {
    for (const MessageId last = id + 40; id < last;) {
      ++id;
      REQUIRE(harness.submit(id, content_for(id, 3000)));
    }
    for (const Claimed& claimed : harness.claim()) {
      const bool stays = claimed.id % 40 == 0;
      REQUIRE(harness.settle(claimed.id, stays ? RecipientState::kPending : RecipientState::kDelivered, 1h));
      if (stays) kept.push_back(claimed.id);
    }
    REQUIRE(harness.spool().checkpoint());
  }
  CHECK(kept.size() == 40);
  const Status status = harness.spool().status();
  CHECK(status.counts.messages == 40);
  CHECK(status.segments < 20);  // of more than forty that were written
  CHECK(status.log.bytes > 40 * harness.options.segment_size);
  for (const MessageId message : kept) CHECK(*harness.spool().read(message, 0, 3000) == content_for(message, 3000));
  harness.close();
  REQUIRE(harness.open());
  CHECK(harness.alarms().empty());
  CHECK(harness.spool().status().counts.messages == 40);
  for (const MessageId message : kept) CHECK(*harness.spool().read(message, 0, 3000) == content_for(message, 3000));
  check_ledger(harness, disk);
}

TEST_CASE("Many threads submit at once") {
  SimulatedDisk disk;
  disk.stop_recording();
  Harness harness(disk);
  REQUIRE(harness.open());
  std::atomic<int> acknowledged{0};
  std::vector<std::thread> threads;
  for (MessageId t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (MessageId i = 1; i <= 200; ++i) {
        const MessageId id = i * 4 + t;
        auto incoming = harness.spool().begin(id, 0);
        if (!incoming) return;
        (*incoming)->append(content_for(id, id % 7 == 0 ? 20'000 : 500));
        (*incoming)->commit(envelope_for(id), {event_for(std::to_string(id))},
                            [&acknowledged](const Result<void>& result) { acknowledged += result ? 1 : 0; });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  harness.run_until([&acknowledged] { return acknowledged == 800; });
  CHECK(harness.spool().status().counts.messages == 800);
  CHECK(harness.spool().status().log.flushes < 800);
  CHECK(harness.claim().size() == 800);
  check_ledger(harness, disk);
}

TEST_CASE("Options that can't work are refused") {
  SimulatedDisk disk;
  Harness harness(disk);
  harness.options.inline_limit = harness.options.segment_size;
  CHECK(harness.open().error().code == ErrorCode::kInvalid);
}
