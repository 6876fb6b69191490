#include "ledger/files.h"

#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <string>
#include <vector>

#include "ledger/lines.h"
#include "ledger/verify.h"
#include "support/simulated_disk.h"

using namespace postern;
using namespace postern::ledger;
using test::SimulatedDisk;

namespace {

const std::string kFolder = "/ledger";

std::unique_ptr<Files> open(Disk& disk, const Position& known, std::vector<std::string>& notes,
                            std::uint64_t size = 1000) {
  auto files = Files::open(disk, kFolder, size, known, notes);
  REQUIRE(files);
  return std::move(*files);
}

void append(Files& files, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t seq = from; seq <= to; ++seq) {
    files.append(seq, WallTime(std::chrono::seconds(seq)), R"({"event":"e","n":)" + std::to_string(seq) + "}");
  }
}

void check_whole(Disk& disk, std::uint64_t last) {
  const auto report = verify(disk, kFolder);
  REQUIRE(report);
  CHECK_FALSE(report->defect);
  CHECK(report->last_seq == last);
}

}  // namespace

TEST_CASE("The ledger goes on after a restart") {
  SimulatedDisk disk;
  REQUIRE(disk.make_folder(kFolder));
  std::vector<std::string> notes;
  Position position;
  for (std::uint64_t seq = 1; seq < 40; seq += 3) {
    auto files = open(disk, position, notes);
    CHECK(files->last_seq() == seq - 1);
    append(*files, seq, seq + 2);
    REQUIRE(files->sync());
    CHECK(files->synced().seq == seq + 2);
    position = files->synced();
  }
  CHECK(notes.empty());
  CHECK(list_files(disk, kFolder)->size() > 3);
  check_whole(disk, 39);
}

TEST_CASE("Entries behind the known place are found, over several files") {
  SimulatedDisk disk;
  REQUIRE(disk.make_folder(kFolder));
  std::vector<std::string> notes;
  Position early;
  {
    auto files = open(disk, {}, notes);
    append(*files, 1, 2);
    REQUIRE(files->sync());
    early = files->synced();
    for (std::uint64_t seq = 3; seq <= 30; ++seq) {
      append(*files, seq, seq);
      REQUIRE(files->flush());
    }
  }
  auto files = open(disk, early, notes);
  CHECK(files->last_seq() == 30);
  CHECK(notes.empty());
}

TEST_CASE("What is no entry at the end is cut off and written anew, the same") {
  SimulatedDisk disk;
  REQUIRE(disk.make_folder(kFolder));
  std::vector<std::string> notes;
  Position known;
  const std::string path = kFolder + "/" + file_name(1);
  {
    auto files = open(disk, {}, notes, 1 << 20);
    append(*files, 1, 5);
    REQUIRE(files->sync());
    known = files->synced();
    append(*files, 6, 8);
    REQUIRE(files->flush());
  }
  const std::string before = disk.content(path);
  disk.overwrite(path, before.size() - 100, std::string(100, '\0'));
  auto files = open(disk, known, notes, 1 << 20);
  CHECK(files->last_seq() == 7);
  CHECK(disk.content(path + ".cut").ends_with(std::string(100, '\0')));
  append(*files, 8, 8);
  REQUIRE(files->sync());
  CHECK(disk.content(path) == before);
}

TEST_CASE("A file that contradicts what is known is set aside") {
  SimulatedDisk disk;
  REQUIRE(disk.make_folder(kFolder));
  std::vector<std::string> notes;
  Position known;
  const std::string path = kFolder + "/" + file_name(1);
  {
    auto files = open(disk, {}, notes, 1 << 20);
    append(*files, 1, 5);
    REQUIRE(files->sync());
    known = files->synced();
  }
  SECTION("cut short") {
    auto file = disk.open(path, OpenMode::kReadWrite);
    REQUIRE((*file)->truncate(known.offset - 1));
  }
  SECTION("changed") { disk.overwrite(path, known.offset - 10, "x"); }
  SECTION("removed") { REQUIRE(disk.remove(path)); }
  auto files = open(disk, known, notes, 1 << 20);
  CHECK_FALSE(notes.empty());
  CHECK(files->last_seq() == 5);
  append(*files, 6, 7);
  REQUIRE(files->sync());
  const auto report = verify(disk, kFolder);
  REQUIRE(report);
  CHECK_FALSE(report->defect);
  CHECK(report->first_seq == 6);  // whoever has entry 5's hash can still join the two
  CHECK(parse_entry(
            disk.content(kFolder + "/" + file_name(6)).substr(0, disk.content(kFolder + "/" + file_name(6)).find('\n')))
            ->prev == known.hash);
}

TEST_CASE("A ledger without a log is taken over") {
  SimulatedDisk disk;
  REQUIRE(disk.make_folder(kFolder));
  std::vector<std::string> notes;
  {
    auto files = open(disk, {}, notes, 500);
    for (std::uint64_t seq = 1; seq <= 20; ++seq) {
      append(*files, seq, seq);
      REQUIRE(files->sync());
    }
  }
  SECTION("from its beginning") {}
  SECTION("from the oldest file that is left") { REQUIRE(disk.remove(kFolder + "/" + file_name(1))); }
  auto files = open(disk, {}, notes, 500);
  CHECK(files->last_seq() == 20);
  append(*files, 21, 22);
  REQUIRE(files->sync());
  check_whole(disk, 22);
}

TEST_CASE("A full disk delays the ledger and loses nothing") {
  SimulatedDisk disk;
  REQUIRE(disk.make_folder(kFolder));
  std::vector<std::string> notes;
  auto files = open(disk, {}, notes, 500);
  append(*files, 1, 1);
  disk.fail_write(1, ENOSPC);
  CHECK(files->flush().error().code == ErrorCode::kNoSpace);
  append(*files, 2, 3);
  REQUIRE(files->sync());
  check_whole(disk, 3);
}

TEST_CASE("A gap shows") {
  SimulatedDisk disk;
  REQUIRE(disk.make_folder(kFolder));
  std::vector<std::string> notes;
  auto files = open(disk, {}, notes);
  append(*files, 1, 3);
  REQUIRE(files->sync());
  files->skip_to(10);
  REQUIRE(files->sync());  // with nothing to sync
  append(*files, 10, 12);
  REQUIRE(files->sync());
  const auto report = verify(disk, kFolder);
  REQUIRE(report);
  REQUIRE(report->defect);
  CHECK(report->defect->seq == 10);
  CHECK(report->defect->what.contains("missing"));
}
