#include "spool/checkpoint.h"

#include <catch2/catch_test_macros.hpp>
#include <map>

#include "support/simulated_disk.h"

using namespace postern;
using namespace postern::spool;
using test::SimulatedDisk;

namespace {

CheckpointHead head() {
  CheckpointHead made;
  made.secret.fill('s');
  made.log = {3, 8192, 8000, 100, 7, 200, 300, 400};
  made.ledger = {1, 5000, 199, {}};
  made.ledger.hash.fill('h');
  return made;
}

Entry entry(MessageId id) {
  Entry made;
  made.id = id;
  made.size = id * 10;
  made.accepted = id * 3;
  made.due = id * 5;
  made.place = {static_cast<std::uint32_t>(id), 64, 128};
  made.attempts = 4;
  made.recipients = 3;
  made.pending = 2;
  made.held = id % 2 == 0;
  made.in_file = id % 3 == 0;
  if (id % 5 == 0) made.progress = std::make_unique<std::string>("progress of " + std::to_string(id));
  return made;
}

std::string write(SimulatedDisk& disk, MessageId count) {
  REQUIRE(disk.make_folder("/spool"));
  const auto more = [count](MessageId after, std::string& entries) {
    for (int i = 0; i < 100 && after < count; ++i) encode_entry(entries, entry(++after));
    return after;
  };
  REQUIRE(write_checkpoint(disk, "/spool", head(), more));
  return "/spool/" + checkpoint_name(head().log.next_record);
}

}  // namespace

TEST_CASE("A checkpoint comes back as it was") {
  SimulatedDisk disk;
  const std::string path = write(disk, 1234);
  std::map<MessageId, Entry> back;
  const auto found = read_checkpoint(disk, path, [&back](Entry e) { back[e.id] = std::move(e); });
  REQUIRE(found);
  CHECK(found->secret == head().secret);
  CHECK(found->log == head().log);
  CHECK(found->ledger == head().ledger);
  REQUIRE(back.size() == 1234);
  for (const auto& [id, e] : back) {
    const Entry expected = entry(id);
    CHECK(e.size == expected.size);
    CHECK(e.accepted == expected.accepted);
    CHECK(e.due == expected.due);
    CHECK(e.place == expected.place);
    CHECK(e.attempts == expected.attempts);
    CHECK(e.pending == expected.pending);
    CHECK(e.held == expected.held);
    CHECK(e.in_file == expected.in_file);
    CHECK((e.progress ? *e.progress : "") == (expected.progress ? *expected.progress : ""));
  }
}

TEST_CASE("A checkpoint's name") {
  CHECK(is_checkpoint_name(checkpoint_name(5)));
  CHECK(checkpoint_name(9) < checkpoint_name(10));
  CHECK_FALSE(is_checkpoint_name("checkpoint.new"));
  CHECK_FALSE(is_checkpoint_name("identity"));
}

TEST_CASE("A damaged or cut checkpoint is refused whole") {
  SimulatedDisk disk;
  const std::string path = write(disk, 300);
  const std::string content = disk.content(path);
  const auto readable = [&] { return read_checkpoint(disk, path, [](Entry) {}).has_value(); };
  REQUIRE(readable());
  for (std::size_t at = 0; at < content.size(); at += 7) {
    disk.overwrite(path, at, std::string(1, static_cast<char>(content[at] ^ 0x10)));
    CHECK_FALSE(readable());
    disk.overwrite(path, at, content.substr(at, 1));
  }
  auto file = disk.open(path, OpenMode::kReadWrite);
  for (std::size_t size = content.size() - 1; size > 0; size -= std::min<std::size_t>(size, 97)) {
    REQUIRE((*file)->truncate(size));
    CHECK_FALSE(readable());
    REQUIRE((*file)->truncate(content.size()));  // zeros instead
    CHECK_FALSE(readable());
  }
}
