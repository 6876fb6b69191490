#include "base/disk.h"

#include <stdlib.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <string>
#include <vector>

using namespace postern;

namespace {

struct TemporaryFolder {
  TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "postern-disk-XXXXXX";
    path = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::string path;
};

}  // namespace

TEST_CASE("A file takes pieces in one write and gives them back") {
  const TemporaryFolder folder;
  Disk& disk = Disk::system();
  const std::string path = folder.path + "/file";
  auto file = disk.open(path, OpenMode::kCreate);
  REQUIRE(file);
  const std::array<std::string_view, 4> pieces = {"one ", "", "two ", "three"};
  REQUIRE((*file)->write(3, pieces));
  REQUIRE((*file)->sync());
  std::string back(64, '?');
  CHECK((*file)->read(0, back) == 16);
  CHECK(back.substr(0, 16) == std::string("\0\0\0one two three", 16));
  CHECK((*file)->size() == 16U);
  CHECK(disk.open(path, OpenMode::kCreate).error().code == ErrorCode::kExists);
  CHECK(disk.open(folder.path + "/none", OpenMode::kReadWrite).error().code == ErrorCode::kNotFound);
}

TEST_CASE("More pieces than one system call takes are written in order") {
  const TemporaryFolder folder;
  auto file = Disk::system().open(folder.path + "/file", OpenMode::kCreate);
  REQUIRE(file);
  std::vector<std::string> texts;
  std::string all;
  for (int i = 0; i < 3000; ++i) all += texts.emplace_back(std::to_string(i) + ";");
  const std::vector<std::string_view> pieces(texts.begin(), texts.end());
  REQUIRE((*file)->write(0, pieces));
  CHECK(read_whole(Disk::system(), folder.path + "/file", 1 << 20) == all);
}

TEST_CASE("Space is reserved and a file is cut") {
  const TemporaryFolder folder;
  auto file = Disk::system().open(folder.path + "/file", OpenMode::kCreateOrOpen);
  REQUIRE(file);
  REQUIRE((*file)->allocate(10000));
  CHECK((*file)->size() == 10000U);
  REQUIRE((*file)->truncate(5));
  CHECK((*file)->size() == 5U);
}

TEST_CASE("A file without a name has one after link, and none without") {
  const TemporaryFolder folder;
  Disk& disk = Disk::system();
  {
    auto file = disk.open_unnamed(folder.path);
    REQUIRE(file);
    REQUIRE((*file)->write(0, "content"));
    CHECK(disk.list(folder.path)->empty());
    REQUIRE(disk.link(**file, folder.path + "/named"));
    REQUIRE(disk.sync_folder(folder.path));
    CHECK(disk.link(**file, folder.path + "/named").error().code == ErrorCode::kExists);
  }
  CHECK(read_whole(disk, folder.path + "/named", 100) == "content");
  REQUIRE(disk.rename(folder.path + "/named", folder.path + "/other"));
  CHECK(*disk.list(folder.path) == std::vector<std::string>{"other"});
  REQUIRE(disk.remove(folder.path + "/other"));
  CHECK(disk.list(folder.path)->empty());
}

TEST_CASE("A file is replaced whole") {
  const TemporaryFolder folder;
  Disk& disk = Disk::system();
  const std::array<std::string_view, 2> first = {"a long first ", "version"};
  const std::array<std::string_view, 1> second = {"second"};
  REQUIRE(replace_whole(disk, folder.path, "file", first));
  REQUIRE(replace_whole(disk, folder.path, "file", second));
  CHECK(read_whole(disk, folder.path + "/file", 100) == "second");
  CHECK(*disk.list(folder.path) == std::vector<std::string>{"file"});
  CHECK(read_whole(disk, folder.path + "/file", 3).error().code == ErrorCode::kLimit);
}

TEST_CASE("Folders are made once and know their free space") {
  const TemporaryFolder folder;
  Disk& disk = Disk::system();
  REQUIRE(disk.make_folder(folder.path + "/sub"));
  REQUIRE(disk.make_folder(folder.path + "/sub"));
  const auto space = disk.free_space(folder.path + "/sub");
  REQUIRE(space);
  CHECK(space->bytes > 0);
}
