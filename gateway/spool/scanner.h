#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"
#include "spool/record.h"

namespace postern::spool {

/// A proven record, or one whose head is proven and whose body is not. The views are good until the next step.
struct RecordView {
  std::uint64_t offset = 0;
  RecordHeader header;
  std::string_view head;  ///< without the header
  std::string_view body;
  bool body_intact = true;
};

/// Bytes that should be records and are not.
struct Damage {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t records = 0;  ///< how many are missing, as the numbers of those around tell
  /// The earliest batch that they may have belonged to. If it is not the last one of the log, a later flush stands
  /// behind it, so it was on stable storage once: this is damage. What is in the last batch is most likely a write that
  /// a power cut tore.
  std::uint64_t batch = 0;
};

/// What a scan has seen so far; goes with it from segment to segment.
struct ScanState {
  std::uint64_t next_record = 0;  ///< number that the next record should have; 0: not known yet
  std::uint64_t batch = 0;        ///< of the last record
  bool batch_ended = true;
};

/// Reads the records of one segment in order. What is no record is stepped over: the scan goes on at the next record
/// that is proven and newer than those before. Holds a window of the file, not all of it.
class Scanner {
 public:
  /// Reads [start, end) of `file`; both at least kBlock. `end_is_known`: records are known to have reached up to `end`,
  /// so that what is missing there is damage. `state` is read and brought forward.
  Scanner(File& file, std::uint64_t segment, const SegmentKey& key, std::uint64_t start, std::uint64_t end,
          bool end_is_known, ScanState& state);

  /// The next record; nullopt at the end. An Error means that the file can't be read.
  Result<std::optional<RecordView>> next();
  /// Bytes stepped over so far, in order.
  const std::vector<Damage>& damages() const { return damages_; }
  /// Behind the last record.
  std::uint64_t records_end() const { return records_end_; }

 private:
  Result<std::string_view> window(std::uint64_t offset, std::uint64_t length);
  Result<std::optional<RecordView>> read_at(std::uint64_t offset);
  Result<std::optional<RecordView>> search(std::uint64_t from);
  void note_damage(std::uint64_t to, std::uint64_t records);
  void pass(const RecordView& record);

  File& file_;
  std::uint64_t segment_;
  SegmentKey key_;
  std::uint64_t at_;
  std::uint64_t end_;
  bool end_is_known_;
  std::uint64_t records_end_;
  ScanState& state_;
  std::vector<Damage> damages_;
  std::string buffer_;
  std::uint64_t buffer_at_ = 0;
};

}  // namespace postern::spool
