#include "config/store.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"

using namespace postern;
using namespace postern::config;
namespace fs = std::filesystem;

namespace {

/// A folder of its own for each test, gone afterwards.
struct Folder {
  std::string path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "postern-store-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  std::string file() const { return path + "/postern.yaml"; }
};

std::string text_with_pool(int pool) { return "version: 1\nlogin:\n  pool: " + std::to_string(pool) + "\n"; }

}  // namespace

TEST_CASE("what is saved is loaded") {
  const Folder folder;
  ManualClock clock;
  Store store(folder.file(), clock);
  CHECK_FALSE(store.load().config.has_value());
  REQUIRE(store.save(text_with_pool(7)));
  REQUIRE(store.load().config.has_value());
  CHECK(store.load().config->login.pool == 7);
}

TEST_CASE("a broken text changes nothing") {
  const Folder folder;
  ManualClock clock;
  Store store(folder.file(), clock);
  REQUIRE(store.save(text_with_pool(7)));
  const auto refused = store.save("version: 1\nlogin:\n  pool: many\n  poll: 1\n");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kInvalid);
  CHECK(refused.error().context.contains(":3:9: login.pool:"));
  CHECK(refused.error().context.contains(":4:3: login.poll:"));
  CHECK(store.load().config->login.pool == 7);
  CHECK(store.history().value().size() == 1);
}

TEST_CASE("the last versions are kept, numbered on") {
  const Folder folder;
  ManualClock clock;
  Store store(folder.file(), clock, 20);
  for (int i = 1; i <= 25; ++i) {
    clock.advance(std::chrono::seconds(1));
    REQUIRE(store.save(text_with_pool(i)).value().number == static_cast<std::uint64_t>(i));
  }
  const auto versions = store.history().value();
  REQUIRE(versions.size() == 20);
  CHECK(versions.front().number == 6);
  CHECK(versions.back().number == 25);
  CHECK(versions.back().time == format_rfc3339(clock.wall()));
  CHECK(store.text_of(6).value() == text_with_pool(6));
  CHECK(store.text_of(5).error().code == ErrorCode::kNotFound);
}

TEST_CASE("numbers go on when the clock goes back") {
  const Folder folder;
  ManualClock clock;
  Store store(folder.file(), clock);
  REQUIRE(store.save(text_with_pool(1)));
  clock.jump(WallTime(std::chrono::seconds(1000)));
  REQUIRE(store.save(text_with_pool(2)));
  CHECK(store.history().value().back().number == 2);
  CHECK(store.text_of(2).value() == text_with_pool(2));
}

TEST_CASE("a change by hand becomes a version of its own, even a broken one") {
  const Folder folder;
  ManualClock clock;
  Store store(folder.file(), clock);
  REQUIRE(store.save(text_with_pool(1)));
  REQUIRE(replace_file(folder.file(), "by: hand\n", 0644));
  REQUIRE(store.save(text_with_pool(3)).value().number == 3);
  CHECK(store.text_of(2).value() == "by: hand\n");
}

TEST_CASE("other files in the history folder are left alone") {
  const Folder folder;
  ManualClock clock;
  Store store(folder.file(), clock, 1);
  REQUIRE(store.save(text_with_pool(1)));
  REQUIRE(replace_file(folder.path + "/history/notes.txt", "x", 0644));
  REQUIRE(replace_file(folder.path + "/history/x_y.yaml", "x", 0644));
  REQUIRE(store.save(text_with_pool(2)));
  CHECK(store.history().value().size() == 1);
  CHECK(fs::exists(folder.path + "/history/notes.txt"));
  CHECK(fs::exists(folder.path + "/history/x_y.yaml"));
}

TEST_CASE("a folder that can't be written is an error, and the file stays") {
  const Folder folder;
  ManualClock clock;
  Store store(folder.file(), clock);
  REQUIRE(store.save(text_with_pool(1)));
  fs::remove_all(folder.path + "/history");
  REQUIRE(replace_file(folder.path + "/history", "a file in the way", 0644));
  CHECK_FALSE(store.save(text_with_pool(2)));
  CHECK(store.load().config->login.pool == 1);
}
