#include "ledger/verify.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "ledger/files.h"
#include "ledger/lines.h"
#include "support/simulated_disk.h"

using namespace postern;
using namespace postern::ledger;
using test::SimulatedDisk;

namespace {

const std::string kFolder = "/ledger";

/// A ledger of `count` entries in files of about `file_size` bytes.
void write_ledger(SimulatedDisk& disk, std::uint64_t count, std::uint64_t file_size) {
  REQUIRE(disk.make_folder(kFolder));
  std::vector<std::string> notes;
  auto files = Files::open(disk, kFolder, file_size, {}, notes);
  REQUIRE(files);
  for (std::uint64_t seq = 1; seq <= count; ++seq) {
    (*files)->append(seq, WallTime(std::chrono::seconds(seq)), R"({"event":"e","n":)" + std::to_string(seq) + "}");
    REQUIRE((*files)->sync());
  }
}

std::vector<std::string> lines_of(const std::string& content) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t end = content.find('\n', at);
    lines.push_back(content.substr(at, end - at + 1));
    at = end + 1;
  }
  return lines;
}

void replace_content(SimulatedDisk& disk, const std::string& path, const std::vector<std::string>& lines) {
  std::string content;
  for (const std::string& line : lines) content += line;
  auto file = disk.open(path, OpenMode::kReadWrite);
  REQUIRE(file);
  REQUIRE((*file)->truncate(0));
  REQUIRE((*file)->write(0, content));
}

}  // namespace

TEST_CASE("A whole ledger is proven, over all its files") {
  SimulatedDisk disk;
  write_ledger(disk, 100, 2000);
  const auto files = list_files(disk, kFolder);
  REQUIRE(files);
  CHECK(files->size() > 5);
  const auto report = verify(disk, kFolder);
  REQUIRE(report);
  CHECK_FALSE(report->defect);
  CHECK(report->entries == 100);
  CHECK(report->first_seq == 1);
  CHECK(report->last_seq == 100);
  CHECK(report->unproven.size() == 2);

  SECTION("up to a given entry") {
    const auto part = verify(disk, kFolder, 42);
    REQUIRE(part);
    CHECK(part->last_seq == 42);
    CHECK_FALSE(part->defect);
  }
  SECTION("one file alone") {
    const auto one = verify(disk, kFolder + "/" + file_name((*files)[2]));
    REQUIRE(one);
    CHECK_FALSE(one->defect);
    CHECK(one->first_seq == (*files)[2]);
    CHECK(one->unproven.size() == 3);
  }
  SECTION("what stands behind the oldest file that is kept") {
    REQUIRE(disk.remove(kFolder + "/" + file_name(1)));
    const auto rest = verify(disk, kFolder);
    REQUIRE(rest);
    CHECK_FALSE(rest->defect);
    CHECK(rest->first_seq == (*files)[1]);
    CHECK(rest->unproven.size() == 3);
  }
}

TEST_CASE("An empty ledger is proven, an absent one is an error") {
  SimulatedDisk disk;
  CHECK_FALSE(verify(disk, kFolder));
  REQUIRE(disk.make_folder(kFolder));
  const auto report = verify(disk, kFolder);
  REQUIRE(report);
  CHECK(report->entries == 0);
  CHECK_FALSE(report->defect);
}

TEST_CASE("The first bad entry is named") {
  SimulatedDisk disk;
  write_ledger(disk, 30, 3000);
  const auto files = list_files(disk, kFolder);
  REQUIRE(files);
  REQUIRE(files->size() > 2);
  const std::string name = file_name((*files)[1]);
  const std::string path = kFolder + "/" + name;
  auto lines = lines_of(disk.content(path));
  const std::uint64_t first = (*files)[1];
  REQUIRE(lines.size() >= 5);
  const auto defect = [&] {
    const auto report = verify(disk, kFolder);
    REQUIRE(report);
    REQUIRE(report->defect);
    CHECK(report->defect->file == name);
    return *report->defect;
  };

  SECTION("changed") {
    const std::size_t at = lines[2].find("\"n\":") + 4;
    lines[2][at] = lines[2][at] == '9' ? '8' : '9';
    replace_content(disk, path, lines);
    CHECK(defect().line == 3);
    CHECK(defect().seq == first + 2);
    CHECK(defect().what.contains("changed"));
  }
  SECTION("changed with its hash made anew") {
    const auto entry = parse_entry(std::string_view(lines[2]).substr(0, lines[2].size() - 1));
    REQUIRE(entry);
    Hasher hasher;
    std::string forged;
    append_entry(forged, hasher, entry->seq, WallTime{}, R"({"event":"forged"})", entry->prev);
    lines[2] = forged;
    replace_content(disk, path, lines);
    CHECK(defect().line == 4);
    CHECK(defect().what.contains("replaced"));
  }
  SECTION("deleted") {
    lines.erase(lines.begin() + 2);
    replace_content(disk, path, lines);
    CHECK(defect().line == 3);
    CHECK(defect().what.contains("missing"));
  }
  SECTION("put in twice") {
    lines.insert(lines.begin() + 2, lines[1]);
    replace_content(disk, path, lines);
    CHECK(defect().line == 3);
    CHECK(defect().what.contains("out of its place"));
  }
  SECTION("exchanged") {
    std::swap(lines[1], lines[2]);
    replace_content(disk, path, lines);
    CHECK(defect().line == 2);
  }
  SECTION("cut in the middle of a file that is not the last") {
    lines.back().resize(lines.back().size() / 2);
    replace_content(disk, path, lines);
    CHECK(defect().line == lines.size());
    CHECK(defect().what.contains("end of line"));
  }
  SECTION("no JSON at all") {
    lines[0] = "garbage\n";
    replace_content(disk, path, lines);
    CHECK(defect().line == 1);
    CHECK(defect().seq == 0);
  }
  SECTION("a whole file removed") {
    REQUIRE(disk.remove(path));
    const auto report = verify(disk, kFolder);
    REQUIRE(report);
    REQUIRE(report->defect);
    CHECK(report->defect->file == file_name((*files)[2]));
    CHECK(report->defect->what.contains("missing"));
  }
  SECTION("a file under another name") {
    REQUIRE(disk.remove(kFolder + "/" + file_name(1)));
    REQUIRE(disk.rename(path, kFolder + "/" + file_name(first - 1)));
    const auto report = verify(disk, kFolder);
    REQUIRE(report);
    REQUIRE(report->defect);
    CHECK(report->defect->what.contains("name"));
  }
}

TEST_CASE("A cut tail is named") {
  SimulatedDisk disk;
  write_ledger(disk, 3, 1 << 20);
  const std::string path = kFolder + "/" + file_name(1);
  const std::string content = disk.content(path);
  auto file = disk.open(path, OpenMode::kReadWrite);
  REQUIRE(file);
  REQUIRE((*file)->truncate(content.size() - 1));
  const auto report = verify(disk, kFolder);
  REQUIRE(report);
  REQUIRE(report->defect);
  CHECK(report->defect->line == 3);
  CHECK(report->defect->what.contains("middle of an entry"));
  CHECK(report->entries == 2);
}
