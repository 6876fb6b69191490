#include "ledger/lines.h"

#include <algorithm>
#include <format>

#include "base/text.h"
#include "ledger/chain.h"

namespace postern::ledger {

namespace {

constexpr std::size_t kStep = 256 << 10;
constexpr std::size_t kDigits = 16;
constexpr std::string_view kSuffix = ".jsonl";

}  // namespace

// Appends the next step to the buffer, after dropping what is done with. False at the end of the file.
Result<bool> Lines::fill() {
  buffer_.erase(0, at_);
  at_ = 0;
  const std::size_t have = buffer_.size();
  const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(kStep, end_ - next_));
  buffer_.resize(have + step);
  const auto got = file_.read(next_, std::span(buffer_).subspan(have));
  if (!got) return fail(got.error());
  buffer_.resize(have + *got);
  next_ += *got;
  return *got > 0;
}

Result<Lines::Kind> Lines::next() {
  std::size_t searched = at_;
  for (;;) {
    const std::size_t newline = buffer_.find('\n', searched);
    const bool found = newline != std::string::npos;
    const bool too_long = (found ? newline : buffer_.size()) - at_ > kMaxLine;
    if (found || too_long) {
      const std::size_t length = too_long ? kMaxLine + 1 : newline - at_;
      text_ = std::string_view(buffer_).substr(at_, length);
      offset_ = next_ - (buffer_.size() - at_);
      at_ += length + (too_long ? 0 : 1);
      ++number_;
      return too_long ? Kind::kUnfinished : Kind::kLine;
    }
    searched = buffer_.size() - at_;
    const auto more = fill();
    if (!more) return fail(more.error());
    if (*more) continue;
    if (buffer_.empty()) return Kind::kEnd;
    text_ = buffer_;
    offset_ = next_ - buffer_.size();
    at_ = buffer_.size();
    ++number_;
    return Kind::kUnfinished;
  }
}

std::string file_name(std::uint64_t seq) { return std::format("{:016}{}", seq, kSuffix); }

std::uint64_t first_seq_of(std::string_view name) {
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return 0;
  return parse_decimal<std::uint64_t>(name.substr(0, kDigits)).value_or(0);
}

Result<std::vector<std::uint64_t>> list_files(Disk& disk, const std::string& folder) {
  const auto names = disk.list(folder);
  if (!names) return fail(names.error());
  std::vector<std::uint64_t> files;
  for (const std::string& name : *names) {
    if (const std::uint64_t seq = first_seq_of(name); seq != 0) files.push_back(seq);
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace postern::ledger
