#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "base/file.h"
#include "config/load.h"

namespace config = postern::config;
namespace fs = std::filesystem;

namespace {

const fs::path kFolder = fs::path(POSTERN_SOURCE_DIR) / "tests/unit/config/broken";

std::vector<fs::path> broken_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

// NAME.yaml must give exactly the lines of NAME.expected. A new pair needs no code; with POSTERN_UPDATE_EXPECTED set
// the expected files are written anew, to be read before they are committed.
TEST_CASE("each broken file gives its expected problems") {
  const auto files = broken_files();
  REQUIRE(files.size() >= 35);
  for (const fs::path& file : files) {
    CAPTURE(file.filename().string());
    const std::string text = postern::read_file(file.string()).value();
    const config::Loaded loaded = config::load_text(text, file.filename().string());
    CHECK_FALSE(loaded.config.has_value());
    CHECK_FALSE(loaded.problems.empty());
    const std::string expected_path = fs::path(file).replace_extension(".expected").string();
    const std::string got = config::to_string(loaded.problems);
    if (std::getenv("POSTERN_UPDATE_EXPECTED") != nullptr) {
      REQUIRE(postern::replace_file(expected_path, got, 0644));
    }
    CHECK(got == postern::read_file(expected_path).value_or("no such file"));
  }
}

TEST_CASE("no expected file is without its broken file") {
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".expected") continue;
    CAPTURE(entry.path().filename().string());
    CHECK(fs::exists(fs::path(entry.path()).replace_extension(".yaml")));
  }
}
