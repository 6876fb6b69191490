#include "spool/scanner.h"

#include <algorithm>
#include <cstring>

#include "base/crc32c.h"

namespace postern::spool {

namespace {

constexpr std::uint64_t kWindow = 1 << 20;

}  // namespace

Scanner::Scanner(File& file, std::uint64_t segment, const SegmentKey& key, std::uint64_t start, std::uint64_t end,
                 bool end_is_known, ScanState& state)
    : file_(file),
      segment_(segment),
      key_(key),
      at_(align_up(start, kRecordAlignment)),
      end_(end),
      end_is_known_(end_is_known),
      records_end_(start),
      state_(state) {}

// The bytes from `offset` on, at least `length` of them unless the segment or the file ends before.
Result<std::string_view> Scanner::window(std::uint64_t offset, std::uint64_t length) {
  length = std::min(length, end_ - std::min(end_, offset));
  const bool inside = offset >= buffer_at_ && offset + length <= buffer_at_ + buffer_.size();
  if (!inside) {
    buffer_.resize(static_cast<std::size_t>(std::min(std::max(length, kWindow), end_ - std::min(end_, offset))));
    buffer_at_ = offset;
    const auto got = file_.read(offset, buffer_);
    if (!got) return fail(got.error());
    buffer_.resize(*got);
  }
  return std::string_view(buffer_).substr(static_cast<std::size_t>(offset - buffer_at_));
}

// The record at `offset`, if a proven one is there that is newer than all before.
Result<std::optional<RecordView>> Scanner::read_at(std::uint64_t offset) {
  auto bytes = window(offset, kRecordHeader);
  if (!bytes) return fail(bytes.error());
  const auto header = read_header(*bytes, key_);
  if (!header || header->number < state_.next_record || header->batch < state_.batch) return std::nullopt;
  if (header->length() > end_ - offset) return std::nullopt;
  bytes = window(offset, kRecordHeader + header->head_length);
  if (!bytes) return fail(bytes.error());
  if (!check_head(*bytes, *header, key_)) return std::nullopt;
  bytes = window(offset, header->length());
  if (!bytes) return fail(bytes.error());
  RecordView record{offset, *header, bytes->substr(kRecordHeader, header->head_length), {}, true};
  bytes->remove_prefix(kRecordHeader + header->head_length);
  record.body = bytes->substr(0, header->body_length);
  record.body_intact = record.body.size() == header->body_length && crc32c(record.body) == header->body_crc;
  return record;
}

// Looks for the magic at every place where a record may stand.
Result<std::optional<RecordView>> Scanner::search(std::uint64_t from) {
  const std::uint32_t magic = key_.magic;
  std::array<char, 4> wanted{};
  for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = static_cast<char>(magic >> (8 * i) & 0xFFU);
  while (from + kRecordHeader <= end_) {
    const auto bytes = window(from, kRecordHeader);
    if (!bytes) return fail(bytes.error());
    if (bytes->size() < kRecordHeader) break;
    std::uint64_t step = 0;
    for (; step + kRecordHeader <= bytes->size(); step += kRecordAlignment) {
      if (std::memcmp(bytes->data() + step, wanted.data(), wanted.size()) == 0) break;
    }
    from += step;
    if (step + kRecordHeader > bytes->size()) continue;
    auto record = read_at(from);
    if (!record || *record) return record;
    from += kRecordAlignment;
  }
  return std::nullopt;
}

void Scanner::note_damage(std::uint64_t to, std::uint64_t records) {
  damages_.push_back({segment_, at_, to - at_, records, state_.batch_ended ? state_.batch + 1 : state_.batch});
}

void Scanner::pass(const RecordView& record) {
  const std::uint64_t end = record.offset + record.header.length();
  state_.next_record = record.header.number + 1;
  state_.batch = record.header.batch;
  state_.batch_ended = (record.header.flags & kEndsBatch) != 0;
  records_end_ = end;
  at_ = align_up(end, state_.batch_ended ? kBlock : kRecordAlignment);
}

Result<std::optional<RecordView>> Scanner::next() {
  if (at_ + kRecordHeader > end_) return std::nullopt;
  auto record = read_at(at_);
  if (record && !*record) record = search(at_ + kRecordAlignment);
  if (!record) return record;
  if (!*record) {
    if (end_is_known_ && at_ < end_) note_damage(end_, 0);
    at_ = end_;
    return record;
  }
  const RecordHeader& header = (*record)->header;
  const std::uint64_t missing = state_.next_record == 0 ? 0 : header.number - state_.next_record;
  if (missing > 0 || (*record)->offset > at_) note_damage((*record)->offset, missing);
  pass(**record);
  return record;
}

}  // namespace postern::spool
