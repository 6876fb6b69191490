#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "base/encoding.h"
#include "harness.h"
#include "ledger/lines.h"
#include "ledger/reader.h"
#include "ledger/verify.h"
#include "spool/checkpoint.h"

using namespace postern;
using namespace postern::spool;
using namespace postern::test;
using namespace std::chrono_literals;

namespace {

/// A store with a few messages, cut off without a word: what a power cut leaves when all was written.
std::unique_ptr<SimulatedDisk> crashed(const std::function<void(Harness&)>& use) {
  SimulatedDisk disk;
  Harness harness(disk);
  REQUIRE(harness.open());
  use(harness);
  Replay replay(disk);
  replay.advance(disk.moment());
  std::mt19937_64 random(1);
  return replay.cut(Replay::Cut::kEverything, random);
}

void submit_some(Harness& harness) {
  for (MessageId id = 1; id <= 6; ++id) REQUIRE(harness.submit(id, content_for(id, 2000)));
}

std::string only(const SimulatedDisk& disk, std::string_view part) {
  std::string found;
  for (const std::string& path : disk.paths()) {
    if (path.contains(part)) found = path;
  }
  REQUIRE_FALSE(found.empty());
  return found;
}

/// Where in the newest segment a text stands.
std::pair<std::string, std::size_t> find_in_log(const SimulatedDisk& disk, std::string_view text) {
  for (const std::string& path : disk.paths()) {
    if (!path.contains("/log/")) continue;
    const std::size_t at = disk.content(path).find(text);
    if (at != std::string::npos) return {path, at};
  }
  FAIL("not in the log");
  return {};
}

void check_ledger(Harness& harness, SimulatedDisk& disk) {
  REQUIRE(harness.record(event_for("checked")));
  harness.spool().flush_ledger();
  const auto report = ledger::verify(disk, harness.options.ledger_folder);
  REQUIRE(report);
  if (report->defect) FAIL_CHECK(report->defect->what);
}

}  // namespace

TEST_CASE("A damaged content is set aside with an alarm, the rest is delivered") {
  auto disk = crashed(submit_some);
  const auto [path, at] = find_in_log(*disk, content_for(3, 2000).substr(0, 100));
  disk->overwrite(path, at + 50, "XXXX");
  Harness harness(*disk);
  REQUIRE(harness.open());
  CHECK(harness.alarms().size() == 1);
  CHECK(harness.alarms()[0].contains(base32_id(3)));
  CHECK(harness.spool().status().counts.damaged == 1);
  CHECK(harness.claim().size() == 5);
  const auto info = harness.spool().inspect(3);
  REQUIRE(info);
  CHECK(info->damaged);
  CHECK(info->envelope.reverse_path == "sender3@example.org");
  CHECK(only(*disk, "/damaged/").ends_with(".bin"));
  check_ledger(harness, *disk);
}

TEST_CASE("A damaged record's head costs that message only, and shows in the ledger") {
  auto disk = crashed(submit_some);
  const auto [path, at] = find_in_log(*disk, envelope_for(3));
  disk->overwrite(path, at + 3, "XXXX");
  Harness harness(*disk);
  REQUIRE(harness.open());
  CHECK_FALSE(harness.alarms().empty());
  CHECK(harness.spool().status().counts.messages == 5);
  CHECK(harness.claim().size() == 5);
  check_ledger(harness, *disk);
  const auto entries = ledger::read_entries(*disk, harness.options.ledger_folder, 1, 100);
  REQUIRE(entries);
  std::string all;
  for (const std::string& entry : *entries) all += entry;
  CHECK(all.contains(R"("event":"recovered")"));
  CHECK(all.contains(R"("event":"alarm")"));
}

TEST_CASE("An entry of the ledger whose record is damaged before it was written is named as lost") {
  auto disk = crashed(submit_some);
  const auto [path, at] = find_in_log(*disk, envelope_for(3));
  disk->overwrite(path, at + 3, "XXXX");
  for (const std::string& file : disk->paths()) {
    if (file.contains("/ledger/")) REQUIRE(disk->remove(file));
  }
  Harness harness(*disk);
  REQUIRE(harness.open());
  check_ledger(harness, *disk);
  CHECK(disk->content(only(*disk, "/ledger/")).contains(R"("event":"lost")"));
}

TEST_CASE("Damage that shows only at delivery holds the message") {
  SimulatedDisk disk;
  Harness harness(disk);
  REQUIRE(harness.open());
  const std::size_t length = GENERATE(2000U, 50'000U);
  REQUIRE(harness.submit(1, content_for(1, length)));
  REQUIRE(harness.submit(2, content_for(2, length)));
  if (length > harness.options.inline_limit) {
    disk.overwrite(only(disk, "/large/" + base32_id(1)), 100, "XXXX");
  } else {
    const auto [path, at] = find_in_log(disk, content_for(1, length).substr(0, 100));
    disk.overwrite(path, at, "XXXX");
  }
  const auto claimed = harness.claim();
  REQUIRE(claimed.size() == 1);
  CHECK(claimed[0].id == 2);
  harness.run_until([&] { return harness.spool().status().counts.damaged == 1; });
  CHECK(harness.alarms().size() == 1);
  CHECK(harness.claim().empty());
  check_ledger(harness, disk);
}

TEST_CASE("A damaged checkpoint falls back on the one before") {
  auto disk = crashed([](Harness& harness) {
    submit_some(harness);
    REQUIRE(harness.spool().checkpoint());
    CHECK(harness.claim(2).size() == 2);
    REQUIRE(harness.settle(1, RecipientState::kDelivered));
    REQUIRE(harness.settle(2, RecipientState::kPending, 1h));
    REQUIRE(harness.spool().checkpoint());
    REQUIRE(harness.submit(7, "seven"));
  });
  std::string newest;
  for (const std::string& path : disk->paths()) {
    if (path.contains("checkpoint-")) newest = std::max(newest, path);
  }
  disk->overwrite(newest, 100, "XXXX");
  Harness harness(*disk);
  REQUIRE(harness.open());
  CHECK(harness.alarms().size() == 1);
  CHECK(harness.spool().status().counts.messages == 6);
  CHECK(harness.spool().status().counts.deferred == 1);
  CHECK(harness.claim().size() == 5);
  check_ledger(harness, *disk);
}

TEST_CASE("Without any checkpoint all that is found is held") {
  auto disk = crashed([](Harness& harness) {
    submit_some(harness);
    REQUIRE(harness.spool().checkpoint());
  });
  for (const std::string& path : disk->paths()) {
    if (path.contains("checkpoint-")) disk->overwrite(path, 20, "XXXX");
  }
  Harness harness(*disk);
  REQUIRE(harness.open());
  CHECK_FALSE(harness.alarms().empty());
  CHECK(harness.spool().status().counts.held == 6);
  CHECK(harness.claim().empty());
  REQUIRE(harness.wait_for([&](Done done) { return harness.spool().release(4, {}, std::move(done)); }));
  CHECK(harness.claim().size() == 1);
  check_ledger(harness, *disk);
}

TEST_CASE("The secret is found again when its file is lost") {
  auto disk = crashed(submit_some);
  REQUIRE(disk->remove("/data/spool/identity"));
  Harness harness(*disk);
  REQUIRE(harness.open());
  CHECK(harness.alarms().size() == 1);
  CHECK(harness.claim().size() == 6);
  harness.close();
  REQUIRE(harness.open());
  CHECK(harness.claim().size() == 6);
}

TEST_CASE("A segment whose header is damaged is read all the same") {
  auto disk = crashed(submit_some);
  const auto [path, at] = find_in_log(*disk, envelope_for(3));
  disk->overwrite(path, 0, std::string(kBlock, '#'));
  Harness harness(*disk);
  REQUIRE(harness.open());
  CHECK(harness.claim().size() == 6);
}

TEST_CASE("A large message whose file is gone is held with an alarm; a file without a message goes") {
  auto disk = crashed([](Harness& harness) {
    REQUIRE(harness.submit(1, content_for(1, 50'000)));
    REQUIRE(harness.submit(2, content_for(2, 50'000)));
  });
  REQUIRE(disk->rename(only(*disk, "/large/" + base32_id(1)), "/data/spool/large/" + base32_id(99)));
  {
    Harness harness(*disk);
    REQUIRE(harness.open());
    CHECK(harness.alarms().size() == 1);
    CHECK(harness.spool().status().counts.damaged == 1);
    CHECK(harness.claim().size() == 1);
  }
  for (const std::string& path : disk->paths()) CHECK_FALSE(path.contains("/large/" + base32_id(99)));
}

TEST_CASE("A lost spool leaves the ledger's chain whole") {
  auto disk = crashed(submit_some);
  for (const std::string& path : disk->paths()) {
    if (path.starts_with("/data/spool/")) REQUIRE(disk->remove(path));
  }
  Harness harness(*disk);
  REQUIRE(harness.open());
  CHECK(harness.spool().status().counts.messages == 0);
  REQUIRE(harness.record(event_for("after")));
  check_ledger(harness, *disk);
}

TEST_CASE("Lost ledger files do not stop the mail") {
  auto disk = crashed([](Harness& harness) {
    submit_some(harness);
    REQUIRE(harness.spool().checkpoint());
  });
  REQUIRE(disk->remove(only(*disk, "/ledger/")));
  Harness harness(*disk);
  REQUIRE(harness.open());
  CHECK_FALSE(harness.alarms().empty());
  CHECK(harness.claim().size() == 6);
  REQUIRE(harness.record(event_for("after")));
  harness.spool().flush_ledger();
  const auto report = ledger::verify(*disk, harness.options.ledger_folder);
  REQUIRE(report);
  CHECK_FALSE(report->defect);
  CHECK(report->first_seq > 6);  // and says so
}

TEST_CASE("Recovery can be interrupted and begun again") {
  auto disk = crashed(submit_some);
  for (int i = 0; i < 5; ++i) {
    Replay replay(*disk);
    Harness harness(*disk);
    REQUIRE(harness.open());
    CHECK(harness.alarms().empty());
    CHECK(harness.spool().status().counts.messages == 6);
    Replay after(*disk);
    after.advance(after.size() * static_cast<std::size_t>(i + 1) / 6);
  }
  Harness harness(*disk);
  REQUIRE(harness.open());
  CHECK(harness.claim().size() == 6);
  check_ledger(harness, *disk);
}
