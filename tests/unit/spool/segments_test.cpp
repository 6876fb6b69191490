#include "spool/segments.h"

#include <catch2/catch_test_macros.hpp>
#include <cerrno>

#include "support/simulated_disk.h"

using namespace postern;
using namespace postern::spool;
using test::SimulatedDisk;

namespace {

constexpr std::uint64_t kSize = 64 << 10;

}  // namespace

TEST_CASE("Segments' names") {
  CHECK(segment_name(12) == "0000000000000012.log");
  CHECK(segment_number("0000000000000012.log") == 12);
  CHECK(segment_number("000000000000001x.log") == 0);
  CHECK(segment_number("12.log") == 0);
  CHECK(segment_number("0000000000000012.bin") == 0);
}

TEST_CASE("Files are used again under a new number, once nobody reads them") {
  SimulatedDisk disk;
  REQUIRE(disk.make_folder("/log"));
  Segments segments(disk, "/log", kSize, 2);
  auto first = *segments.next();
  CHECK(first->number == 1);
  CHECK((*first).file->size() == kSize);
  auto second = *segments.next();
  CHECK(segments.numbers() == std::vector<std::uint64_t>{1, 2});

  SECTION("read no more") {
    first.reset();
    REQUIRE(segments.retire(1));
    CHECK(segments.get(1) == nullptr);
    CHECK((*segments.next())->number == 3);
    CHECK(disk.paths() == std::vector<std::string>{"/log/0000000000000002.log", "/log/0000000000000003.log"});
  }
  SECTION("still being read") {
    REQUIRE(segments.retire(1));
    CHECK((*segments.next())->number == 3);
    CHECK(disk.paths().size() == 3);
    first.reset();
    CHECK((*segments.next())->number == 4);
    CHECK(disk.paths().size() == 3);
  }
}

TEST_CASE("Only so many spares are kept") {
  SimulatedDisk disk;
  REQUIRE(disk.make_folder("/log"));
  Segments segments(disk, "/log", kSize, 2);
  for (int i = 0; i < 6; ++i) REQUIRE(segments.next());
  for (std::uint64_t i = 1; i <= 6; ++i) REQUIRE(segments.retire(i));
  CHECK(disk.paths().size() == 2);
}

TEST_CASE("A prepared segment is the next one") {
  SimulatedDisk disk;
  REQUIRE(disk.make_folder("/log"));
  Segments segments(disk, "/log", kSize, 2);
  REQUIRE(segments.prepare());
  REQUIRE(segments.prepare());
  CHECK(disk.paths().size() == 1);
  CHECK(segments.numbers().empty());
  CHECK((*segments.next())->number == 1);
  segments.number_after(10);
  CHECK((*segments.next())->number == 11);
}

TEST_CASE("Without room there is no segment, and later there is") {
  SimulatedDisk disk;
  REQUIRE(disk.make_folder("/log"));
  Segments segments(disk, "/log", kSize, 2);
  disk.set_capacity(kSize + 100);
  REQUIRE(segments.next());
  CHECK(segments.next().error().code == ErrorCode::kNoSpace);
  CHECK(disk.paths().size() == 1);
  disk.set_capacity(4 * kSize);
  CHECK(segments.next());
}

TEST_CASE("Files found on the disk are taken over") {
  SimulatedDisk disk;
  REQUIRE(disk.make_folder("/log"));
  {
    Segments segments(disk, "/log", kSize, 2);
    for (int i = 0; i < 3; ++i) REQUIRE(segments.next());
  }
  Segments segments(disk, "/log", kSize, 2);
  REQUIRE(segments.adopt(1, false));
  REQUIRE(segments.adopt(2, true));
  REQUIRE(segments.adopt(3, true));
  CHECK(segments.numbers() == std::vector<std::uint64_t>{2, 3});
  CHECK((*segments.next())->number == 4);
  CHECK(disk.paths().size() == 3);
}
