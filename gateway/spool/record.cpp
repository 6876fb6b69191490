#include "spool/record.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/crc32c.h"
#include "ipc/codec.h"

namespace postern::spool {

namespace {

constexpr std::string_view kSegmentMagic = "PSTNLOG1";
constexpr std::size_t kSegmentFields = 64;
constexpr std::size_t kChecked = 8;  // where the CRC's range begins in a record header

template <class Integer>
void store(char*& at, Integer value) {
  for (std::size_t i = 0; i < sizeof value; ++i) *at++ = static_cast<char>(value >> (8 * i) & 0xFFU);
}

template <class Integer>
Integer load(const char*& at) {
  Integer value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) {
    value = static_cast<Integer>(value | static_cast<Integer>(static_cast<unsigned char>(*at++)) << (8 * i));
  }
  return value;
}

// The finalizer of splitmix64: each bit of the result depends on each bit of the input.
std::uint64_t mix(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15ULL;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
  return value ^ (value >> 31);
}

}  // namespace

SegmentKey segment_key(const StoreSecret& secret, std::uint64_t segment) {
  const char* at = secret.data();
  const auto first = load<std::uint64_t>(at);
  const auto second = load<std::uint64_t>(at);
  const std::uint64_t key = mix(mix(first ^ mix(segment)) ^ second);
  // No all-zero magic: zeros are what an unwritten file holds.
  return {static_cast<std::uint32_t>(key >> 32) | 1U, static_cast<std::uint32_t>(key)};
}

void seal_record(std::string& head, RecordHeader header, const SegmentKey& key) {
  header.head_length = static_cast<std::uint32_t>(head.size() - kRecordHeader);
  char* at = head.data();
  store(at, key.magic);
  store(at, std::uint32_t{0});
  store(at, header.head_length);
  store(at, header.body_length);
  store(at, header.body_crc);
  store(at, static_cast<std::uint8_t>(header.type));
  store(at, header.flags);
  store(at, header.events);
  store(at, header.number);
  store(at, header.batch);
  store(at, header.first_seq);
  store(at, header.wall);
  store(at, header.running);
  at = head.data() + 4;
  store(at, crc32c(std::string_view(head).substr(kChecked), key.start));
}

std::optional<RecordHeader> read_header(std::string_view bytes, const SegmentKey& key) {
  if (bytes.size() < kRecordHeader) return std::nullopt;
  const char* at = bytes.data();
  if (load<std::uint32_t>(at) != key.magic) return std::nullopt;
  at += 4;
  RecordHeader header;
  header.head_length = load<std::uint32_t>(at);
  header.body_length = load<std::uint32_t>(at);
  header.body_crc = load<std::uint32_t>(at);
  const auto type = load<std::uint8_t>(at);
  header.flags = load<std::uint8_t>(at);
  header.events = load<std::uint16_t>(at);
  header.number = load<std::uint64_t>(at);
  header.batch = load<std::uint64_t>(at);
  header.first_seq = load<std::uint64_t>(at);
  header.wall = load<std::uint64_t>(at);
  header.running = load<std::uint64_t>(at);
  if (type == 0 || type > static_cast<std::uint8_t>(kLastRecordType) || header.head_length > kMaxHead) {
    return std::nullopt;
  }
  header.type = static_cast<RecordType>(type);
  return header;
}

bool check_head(std::string_view bytes, const RecordHeader& header, const SegmentKey& key) {
  const std::size_t length = kRecordHeader + header.head_length;
  if (bytes.size() < length) return false;
  const char* at = bytes.data() + 4;
  const auto expected = load<std::uint32_t>(at);
  return crc32c(bytes.substr(kChecked, length - kChecked), key.start) == expected;
}

bool split_head(std::string_view head, std::uint16_t events, std::vector<std::string_view>& texts,
                std::string_view& operation) {
  texts.clear();
  for (std::uint16_t i = 0; i < events; ++i) {
    if (head.size() < 4) return false;
    const char* at = head.data();
    const auto length = load<std::uint32_t>(at);
    head.remove_prefix(4);
    if (head.size() < length) return false;
    texts.push_back(head.substr(0, length));
    head.remove_prefix(length);
  }
  operation = head;
  return true;
}

std::string begin_head(const std::vector<std::string>& events, std::size_t room) {
  std::size_t length = kRecordHeader + room;
  for (const std::string& event : events) length += 4 + event.size();
  std::string head;
  head.reserve(length);
  head.resize(kRecordHeader);
  ipc::Writer writer(head);
  for (const std::string& event : events) writer.text(event);
  return head;
}

std::string encode(const SegmentHeader& header) {
  std::string block(kBlock, '\0');
  std::ranges::copy(kSegmentMagic, block.data());
  char* at = block.data() + 16;
  store(at, header.number);
  store(at, header.before);
  store(at, header.before_end);
  store(at, header.first_record);
  std::ranges::copy(header.secret, at);
  at = block.data() + 8;
  store(at, crc32c(std::string_view(block).substr(16, kSegmentFields - 16)));
  return block;
}

std::optional<SegmentHeader> decode_segment_header(std::string_view block) {
  if (block.size() < kSegmentFields || !block.starts_with(kSegmentMagic)) return std::nullopt;
  const char* at = block.data() + 8;
  if (load<std::uint32_t>(at) != crc32c(block.substr(16, kSegmentFields - 16))) return std::nullopt;
  SegmentHeader header;
  at = block.data() + 16;
  header.number = load<std::uint64_t>(at);
  header.before = load<std::uint64_t>(at);
  header.before_end = load<std::uint64_t>(at);
  header.first_record = load<std::uint64_t>(at);
  std::copy_n(at, header.secret.size(), header.secret.begin());
  return header;
}

}  // namespace postern::spool
