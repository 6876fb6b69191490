#include "spool/scanner.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "support/simulated_disk.h"

using namespace postern;
using namespace postern::spool;
using test::SimulatedDisk;

namespace {

constexpr std::uint64_t kSegment = 9;
constexpr std::uint64_t kSize = 256 << 10;

/// Writes batches of records as the log does.
struct Writer {
  Writer() {
    REQUIRE(disk.make_folder("/d"));
    file = std::move(*disk.open("/d/segment", OpenMode::kCreate));
    REQUIRE(file->allocate(kSize));
  }

  void batch(std::vector<std::string> bodies) {
    ++batch_number;
    at = align_up(at, kBlock);
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      std::string bytes = begin_head({}, 0) + "op";
      RecordHeader header;
      header.type = RecordType::kMessage;
      header.body_length = static_cast<std::uint32_t>(bodies[i].size());
      header.body_crc = crc32c(bodies[i]);
      header.flags = i + 1 == bodies.size() ? kEndsBatch : 0;
      header.number = ++number;
      header.batch = batch_number;
      seal_record(bytes, header, key);
      bytes += bodies[i];
      at = align_up(at, kRecordAlignment);
      REQUIRE(file->write(at, bytes));
      offsets.push_back(at);
      at += bytes.size();
    }
  }

  struct Found {
    std::vector<std::string> bodies;
    std::vector<Damage> damages;
    std::uint64_t end = 0;
    ScanState state;
  };
  Found scan(bool end_known = false, ScanState state = {1, 0, true}) {
    Scanner scanner(*file, kSegment, key, kBlock, end_known ? at : kSize, end_known, state);
    Found found;
    for (auto record = scanner.next(); record && *record; record = scanner.next()) {
      found.bodies.push_back(((*record)->body_intact ? "" : "bad:") + std::string((*record)->body));
    }
    found.damages = scanner.damages();
    found.end = scanner.records_end();
    found.state = state;
    return found;
  }

  void damage(std::uint64_t offset, std::size_t length) { REQUIRE(file->write(offset, std::string(length, '#'))); }

  SegmentKey key = segment_key(StoreSecret{1, 2, 3}, kSegment);
  SimulatedDisk disk;
  std::unique_ptr<File> file;
  std::uint64_t at = kBlock;
  std::uint64_t number = 0;
  std::uint64_t batch_number = 0;
  std::vector<std::uint64_t> offsets;
};

using Bodies = std::vector<std::string>;

}  // namespace

TEST_CASE("All records are found, in one batch and over many") {
  Writer writer;
  writer.batch({"a", std::string(5000, 'b'), ""});
  writer.batch({"c"});
  writer.batch({"d", "e"});
  const auto found = writer.scan();
  CHECK(found.bodies == Bodies{"a", std::string(5000, 'b'), "", "c", "d", "e"});
  CHECK(found.damages.empty());
  CHECK(found.end == writer.at);
  CHECK(found.state.next_record == 7);
  CHECK(found.state.batch == 3);
  CHECK(found.state.batch_ended);
  CHECK(writer.scan(true).damages.empty());
}

TEST_CASE("An empty segment has no records") {
  Writer writer;
  CHECK(writer.scan().bodies.empty());
  CHECK(writer.scan().damages.empty());
  CHECK(writer.scan().end == kBlock);
}

TEST_CASE("A damaged head is stepped over") {
  Writer writer;
  writer.batch({"a", "b", "c"});
  writer.batch({"d"});
  const std::size_t victim = GENERATE(0U, 1U, 2U, 3U);
  const std::size_t byte = GENERATE(0U, 9U, 12U, 64U);
  writer.damage(writer.offsets[victim] + byte, 1);
  const auto found = writer.scan();
  Bodies expected = {"a", "b", "c", "d"};
  expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(victim));
  CHECK(found.bodies == expected);
  if (victim == 3) {
    CHECK(found.damages.empty());  // the end of the log can't be told from a record that never was
    const auto known = writer.scan(true);
    REQUIRE(known.damages.size() == 1);
    CHECK(known.damages[0].batch == 2);
    return;
  }
  REQUIRE(found.damages.size() == 1);
  CHECK(found.damages[0].offset == writer.offsets[victim]);
  CHECK(found.damages[0].records == 1);
  CHECK(found.damages[0].batch == 1);
}

TEST_CASE("A damaged body is given with its head") {
  Writer writer;
  writer.batch({"aaaa", "bbbb"});
  writer.damage(writer.offsets[0] + kRecordHeader + 2, 1);
  const auto found = writer.scan();
  CHECK(found.bodies == Bodies{"bad:#aaa", "bbbb"});
  CHECK(found.damages.empty());
}

TEST_CASE("A whole batch can be missing") {
  Writer writer;
  writer.batch({"a"});
  writer.batch({"b", "b2"});
  writer.batch({"c"});
  writer.damage(writer.offsets[1], 4096);
  const auto found = writer.scan();
  CHECK(found.bodies == Bodies{"a", "c"});
  REQUIRE(found.damages.size() == 1);
  CHECK(found.damages[0].records == 2);
  CHECK(found.damages[0].batch == 2);
}

TEST_CASE("A record that content pretends to be is none") {
  Writer writer;
  // A whole record of another segment, and one of this very segment with a forged checksum.
  std::string foreign = begin_head({}, 0);
  RecordHeader header;
  header.number = 3;
  header.batch = 1;
  seal_record(foreign, header, segment_key(StoreSecret{1, 2, 3}, kSegment + 1));
  std::string forged = begin_head({}, 0);
  seal_record(forged, header, writer.key);
  forged[5] = static_cast<char>(forged[5] ^ 1);
  const std::string content = foreign + forged + std::string(100, 'x');
  writer.batch({"a", content, "b"});
  writer.damage(writer.offsets[1], 16);
  CHECK(writer.scan().bodies == Bodies{"a", "b"});
}

TEST_CASE("What is older than what stands before it does not count") {
  Writer writer;
  writer.batch({"a"});
  writer.batch({"old", "old2", std::string(6000, 'o')});  // a batch that was refused for want of room ...
  writer.at = writer.offsets[1];
  writer.number = 1;
  writer.batch({"new"});  // ... and what was written over it
  const auto found = writer.scan();
  CHECK(found.bodies == Bodies{"a", "new"});
  CHECK(found.damages.empty());
  ScanState later{100, 50, true};
  CHECK(writer.scan(false, later).bodies.empty());
}

TEST_CASE("Records across the window's edge are read") {
  Writer writer;
  for (int i = 0; i < 20; ++i) writer.batch({std::string(9000, static_cast<char>('a' + i))});
  CHECK(writer.scan().bodies.size() == 20);
}
