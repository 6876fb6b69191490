#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The write-ahead log's format (README.md has the reasons).
///
/// A segment is a file of fixed size. Its first 4096 bytes are the segment header; records follow in batches. A batch
/// is what one flush made durable; each begins at a multiple of 4096, so no block is ever written twice once it is
/// synced. Records stand at multiples of 16. A record is one transaction:
///
///    0  u32  magic, derived from the store's secret and the segment's number
///    4  u32  CRC-32C of the header from byte 8 on and of the head; its start value is derived as the magic is
///    8  u32  length of the head
///   12  u32  length of the body
///   16  u32  CRC-32C of the body
///   20  u8   type; 21 u8 flags; 22 u16 number of ledger events
///   24  u64  number of the record, +1 each
///   32  u64  number of the batch, ascending
///   40  u64  ledger number of the first event
///   48  u64  wall clock, microseconds since 1970: the events' time
///   56  u64  running time of the store, microseconds
///   64  head: the events as (u32 length, bytes), then the operation (change.h)
///       body: content of a message, else empty
///
/// All integers are little-endian. Magic and CRC start value differ between segments, so what an earlier use of the
/// same file left behind is no record; and they are secret, so nobody can mail a record.
namespace postern::spool {

inline constexpr std::size_t kBlock = 4096;
inline constexpr std::size_t kRecordAlignment = 16;
inline constexpr std::size_t kRecordHeader = 64;
inline constexpr std::size_t kMaxHead = 16 << 20;

constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t to) { return (value + to - 1) / to * to; }

enum class RecordType : std::uint8_t {
  kNote = 1,     ///< ledger events only
  kMessage = 2,  ///< a message is accepted
  kMoved = 3,    ///< a copy of a kMessage at a new place, from compaction
  kState = 4,    ///< delivery state of a message
};
inline constexpr auto kLastRecordType = RecordType::kState;

enum RecordFlags : std::uint8_t {
  kEndsBatch = 1,  ///< the next record begins at the next multiple of kBlock
};

/// The store's secret; where it is kept, see identity in README.md.
using StoreSecret = std::array<char, 16>;

/// What marks the records of one segment.
struct SegmentKey {
  std::uint32_t magic = 0;
  std::uint32_t start = 0;
};
SegmentKey segment_key(const StoreSecret& secret, std::uint64_t segment);

struct RecordHeader {
  std::uint32_t head_length = 0;
  std::uint32_t body_length = 0;
  std::uint32_t body_crc = 0;
  RecordType type = RecordType::kNote;
  std::uint8_t flags = 0;
  std::uint16_t events = 0;
  std::uint64_t number = 0;
  std::uint64_t batch = 0;
  std::uint64_t first_seq = 0;
  std::uint64_t wall = 0;
  std::uint64_t running = 0;

  /// Length in the log, without what aligns the next record.
  std::uint64_t length() const { return kRecordHeader + std::uint64_t{head_length} + body_length; }
};

/// Writes the header into the first kRecordHeader bytes of `head`, which hold nothing yet; the rest of `head` is the
/// record's head.
void seal_record(std::string& head, RecordHeader header, const SegmentKey& key);

/// Reads a header; nullopt if the bytes can't be one of this segment. Proves nothing yet: see check_head().
std::optional<RecordHeader> read_header(std::string_view bytes, const SegmentKey& key);
/// Whether header and head, as they stand one behind the other in `bytes`, are as they were sealed.
bool check_head(std::string_view bytes, const RecordHeader& header, const SegmentKey& key);

/// Splits a proven head into the ledger events and the operation. False if it is malformed, which only a bug of ours
/// can cause.
bool split_head(std::string_view head, std::uint16_t events, std::vector<std::string_view>& texts,
                std::string_view& operation);

/// Starts a head: room for the header, then the events.
std::string begin_head(const std::vector<std::string>& events, std::size_t room);

/// The segment header: what its first block says.
///    0  8 bytes  "PSTNLOG1"
///    8  u32      CRC-32C of the rest of the fields
///   12  u32      0
///   16  u64      number of the segment
///   24  u64      number of the segment used before it, 0: none
///   32  u64      end of the records in that segment, in bytes
///   40  u64      number of the first record here
///   48  16 bytes the store's secret
struct SegmentHeader {
  std::uint64_t number = 0;
  std::uint64_t before = 0;
  std::uint64_t before_end = 0;
  std::uint64_t first_record = 0;
  StoreSecret secret{};
};

/// A whole block.
std::string encode(const SegmentHeader& header);
std::optional<SegmentHeader> decode_segment_header(std::string_view block);

}  // namespace postern::spool
