#include "ledger/reader.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>
#include <vector>

#include "ledger/chain.h"
#include "ledger/files.h"
#include "ledger/lines.h"
#include "support/simulated_disk.h"

using namespace postern;
using namespace postern::ledger;
using test::SimulatedDisk;

namespace {

const std::string kFolder = "/ledger";

void write_ledger(SimulatedDisk& disk, std::uint64_t count, std::uint64_t file_size, std::size_t padding) {
  REQUIRE(disk.make_folder(kFolder));
  std::vector<std::string> notes;
  auto files = Files::open(disk, kFolder, file_size, {}, notes);
  REQUIRE(files);
  for (std::uint64_t seq = 1; seq <= count; ++seq) {
    (*files)->append(seq, WallTime{}, R"({"event":"e","text":")" + std::string(seq % 7 * padding, 'x') + "\"}");
    REQUIRE((*files)->flush());
  }
}

void check_range(const std::vector<std::string>& entries, std::uint64_t from, std::size_t count) {
  REQUIRE(entries.size() == count);
  for (std::size_t i = 0; i < count; ++i) CHECK(parse_entry(entries[i])->seq == from + i);
}

}  // namespace

TEST_CASE("Entries are read from any number on") {
  SimulatedDisk disk;
  // One file is longer than the reader's near distance, so that it has to search.
  const std::uint64_t file_size = GENERATE(std::uint64_t{3000}, std::uint64_t{1} << 30);
  write_ledger(disk, 1000, file_size, 200);
  for (const std::uint64_t from : {1U, 2U, 17U, 500U, 985U, 999U, 1000U}) {
    CAPTURE(from);
    const auto entries = read_entries(disk, kFolder, from, 10);
    REQUIRE(entries);
    check_range(*entries, from, std::min<std::size_t>(10, 1001 - from));
  }
  check_range(*read_entries(disk, kFolder, 0, 3), 1, 3);
  CHECK(read_entries(disk, kFolder, 1001, 10)->empty());
  CHECK(last_entry(disk, kFolder) == 1000U);
}

TEST_CASE("An entry that is being written is left out") {
  SimulatedDisk disk;
  write_ledger(disk, 5, 1 << 20, 10);
  const std::string path = kFolder + "/" + file_name(1);
  disk.overwrite(path, disk.content(path).size(), R"({"seq":6,"time":"20)");
  check_range(*read_entries(disk, kFolder, 1, 100), 1, 5);
  CHECK(last_entry(disk, kFolder) == 5U);
}

TEST_CASE("An empty ledger has no last entry") {
  SimulatedDisk disk;
  REQUIRE(disk.make_folder(kFolder));
  CHECK(last_entry(disk, kFolder) == 0U);
  CHECK(read_entries(disk, kFolder, 1, 10)->empty());
}

TEST_CASE("Lines longer than an entry may be do not fill the memory") {
  SimulatedDisk disk;
  REQUIRE(disk.make_folder(kFolder));
  auto file = disk.open(kFolder + "/x", OpenMode::kCreate);
  REQUIRE((*file)->write(0, std::string(3 * kMaxLine, 'a') + "\nshort\n"));
  Lines lines(**file, 0);
  std::vector<std::string> texts;
  for (auto kind = lines.next(); *kind != Lines::Kind::kEnd; kind = lines.next()) texts.emplace_back(lines.text());
  CHECK(texts.front().size() == kMaxLine + 1);
  CHECK(texts.back() == "short");
}
