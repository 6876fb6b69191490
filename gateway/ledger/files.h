#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/error.h"
#include "ledger/chain.h"

namespace postern::ledger {

/// A place in the ledger: behind the entry `seq`.
struct Position {
  std::uint64_t file = 1;    ///< first entry of the file, which is its name; 1 with offset 0: the very beginning
  std::uint64_t offset = 0;  ///< in bytes
  std::uint64_t seq = 0;
  Hash hash{};  ///< of that entry; zeros before the first

  bool operator==(const Position&) const = default;
};

/// The ledger's files, as their only writer sees them. They are derived from the vault's write-ahead log: what is
/// lost of them in a crash is written again, byte by byte the same, from there. Owned and used by one thread.
class Files {
 public:
  /// Goes on where the files end. `known` is a place up to which they are known to be on stable storage; entries
  /// behind it are kept as far as they form a chain, and the rest is cut off: it was never synced, and the caller
  /// appends it anew. Files that contradict `known` are renamed to "*.damaged" and the chain goes on from `known` in
  /// a new file. What was unusual is added to `notes`, for an alarm.
  static Result<std::unique_ptr<Files>> open(Disk& disk, std::string folder, std::uint64_t file_size,
                                             const Position& known, std::vector<std::string>& notes);

  /// Adds an entry to the buffer. `seq` must be the next. `event` has passed check_event().
  void append(std::uint64_t seq, WallTime time, std::string_view event);
  /// Leaves a gap: the next entry is `seq`, in a new file. For entries that are lost for good, so that verify() names
  /// the gap. The buffer must be empty and synced.
  void skip_to(std::uint64_t seq);
  /// Writes the buffer, beginning a new file where the current one has reached its size. On an error the buffer is
  /// kept; after kNoSpace it may be tried again.
  Result<void> flush();
  /// flush(), then makes all entries durable. After an error other than kNoSpace of the flush: never again.
  Result<void> sync();

  /// The last entry that was appended.
  std::uint64_t last_seq() const { return last_seq_; }
  /// Behind the last flushed entry.
  const Position& position() const { return position_; }
  /// Behind the last synced entry.
  const Position& synced() const { return synced_; }
  std::size_t buffered() const { return buffer_.size(); }

 private:
  Files(Disk& disk, std::string folder, std::uint64_t file_size)
      : disk_(disk), folder_(std::move(folder)), file_size_(file_size) {}
  Result<void> find_end(const Position& known, std::vector<std::string>& notes);
  Result<bool> opens_at(const Position& known);
  Result<bool> adopt_oldest(std::vector<std::string>& notes);
  Result<void> cut_off();
  Result<bool> read_on();
  Result<void> set_aside_from(std::uint64_t first, std::vector<std::string>& notes);
  Result<void> begin_file();

  Disk& disk_;
  std::string folder_;
  std::uint64_t file_size_;
  Hasher hasher_;
  std::unique_ptr<File> file_;  ///< of position_; none before the first entry
  Position position_;
  Position synced_;
  std::string buffer_;
  std::uint64_t last_seq_ = 0;
  Hash last_hash_{};
};

}  // namespace postern::ledger
