#include "spool/record.h"

#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>
#include <vector>

using namespace postern::spool;

namespace {

StoreSecret secret() {
  StoreSecret made;
  for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<char>(i * 17);
  return made;
}

RecordHeader header() {
  RecordHeader made;
  made.body_length = 123;
  made.body_crc = 0xABCDEF01;
  made.type = RecordType::kMessage;
  made.flags = kEndsBatch;
  made.events = 2;
  made.number = 1'000'000'000'001;
  made.batch = 77;
  made.first_seq = 88;
  made.wall = 99;
  made.running = 111;
  return made;
}

}  // namespace

TEST_CASE("A record comes back as it was, and any changed bit shows") {
  const SegmentKey key = segment_key(secret(), 5);
  std::string bytes = begin_head({R"({"event":"a"})", R"({"event":"bb"})"}, 0);
  bytes += "operation";
  seal_record(bytes, header(), key);
  const auto back = read_header(bytes, key);
  REQUIRE(back);
  CHECK(back->head_length == bytes.size() - kRecordHeader);
  CHECK(back->length() == bytes.size() + 123);
  CHECK(back->body_crc == 0xABCDEF01);
  CHECK(back->type == RecordType::kMessage);
  CHECK(back->flags == kEndsBatch);
  CHECK(back->number == header().number);
  CHECK(back->batch == 77);
  CHECK(back->first_seq == 88);
  CHECK(back->wall == 99);
  CHECK(back->running == 111);
  CHECK(check_head(bytes, *back, key));

  std::vector<std::string_view> events;
  std::string_view operation;
  REQUIRE(split_head(std::string_view(bytes).substr(kRecordHeader), back->events, events, operation));
  CHECK(events == std::vector<std::string_view>{R"({"event":"a"})", R"({"event":"bb"})"});
  CHECK(operation == "operation");
  CHECK_FALSE(split_head(std::string_view(bytes).substr(kRecordHeader), 40, events, operation));

  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    const auto other = read_header(changed, key);
    CHECK_FALSE((other && check_head(changed, *other, key)));
  }
  CHECK_FALSE(check_head(std::string_view(bytes).substr(0, bytes.size() - 1), *back, key));
}

TEST_CASE("Another segment's record is none") {
  std::string bytes = begin_head({}, 0);
  seal_record(bytes, header(), segment_key(secret(), 5));
  CHECK_FALSE(read_header(bytes, segment_key(secret(), 6)));
  StoreSecret other = secret();
  other[15] ^= 1;
  CHECK_FALSE(read_header(bytes, segment_key(other, 5)));
  std::set<std::uint32_t> magics;
  for (std::uint64_t segment = 0; segment < 1000; ++segment) magics.insert(segment_key(secret(), segment).magic);
  CHECK(magics.size() == 1000);
  CHECK_FALSE(magics.contains(0));
}

TEST_CASE("A segment's header comes back as it was, and any changed bit shows") {
  const SegmentHeader made{7, 6, 123456, 999, secret()};
  const std::string block = encode(made);
  CHECK(block.size() == kBlock);
  const auto back = decode_segment_header(block);
  REQUIRE(back);
  CHECK(back->number == 7);
  CHECK(back->before == 6);
  CHECK(back->before_end == 123456);
  CHECK(back->first_record == 999);
  CHECK(back->secret == secret());
  for (std::size_t bit = 0; bit < 64 * 8; ++bit) {
    if (bit / 8 >= 12 && bit / 8 < 16) continue;  // reserved
    std::string changed = block;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    CHECK_FALSE(decode_segment_header(changed));
  }
  CHECK_FALSE(decode_segment_header(""));
}
