#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/disk.h"
#include "base/error.h"

namespace postern::ledger {

/// Reads a file line by line in large steps, holding no more of it than one step and one line.
class Lines {
 public:
  /// `file` must outlive this. Stops before the byte `end`.
  Lines(File& file, std::uint64_t start, std::uint64_t end = UINT64_MAX) : file_(file), next_(start), end_(end) {}

  enum class Kind {
    kLine,        ///< a whole line; text() is without its newline
    kUnfinished,  ///< bytes without a newline at the end of the file, or more than kMaxLine bytes without one
    kEnd,
  };
  /// Goes to the next line. What text() showed before is gone.
  Result<Kind> next();
  std::string_view text() const { return text_; }
  /// Where the line that next() found begins, and its number in the part that is read, from 1.
  std::uint64_t offset() const { return offset_; }
  std::uint64_t number() const { return number_; }

 private:
  Result<bool> fill();

  File& file_;
  std::string buffer_;
  std::size_t at_ = 0;  // of the next line in buffer_
  std::uint64_t next_;  // file offset behind buffer_
  std::uint64_t end_;
  std::string_view text_;
  std::uint64_t offset_ = 0;
  std::uint64_t number_ = 0;
};

/// The name of the ledger file whose first entry is `seq`: 16 decimal digits and ".jsonl", so that names sort.
std::string file_name(std::uint64_t seq);
/// The reverse; 0 for a name of another form.
std::uint64_t first_seq_of(std::string_view name);
/// The ledger files of a folder by their first entries, ascending.
Result<std::vector<std::uint64_t>> list_files(Disk& disk, const std::string& folder);

}  // namespace postern::ledger
