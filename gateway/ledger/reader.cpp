#include "ledger/reader.h"

#include <algorithm>

#include "base/text.h"
#include "ledger/chain.h"
#include "ledger/lines.h"

namespace postern::ledger {

namespace {

constexpr std::string_view kStart = "{\"seq\":";
constexpr std::uint64_t kNear = 128 << 10;  // from here on reading line by line is quicker than another seek

// Without checking the rest of the line: 0 if it does not begin as an entry does.
std::uint64_t seq_of(std::string_view line) {
  if (!line.starts_with(kStart)) return 0;
  line.remove_prefix(kStart.size());
  return parse_decimal<std::uint64_t>(line.substr(0, line.find(','))).value_or(0);
}

// An offset at or before the line of `seq`, by halving: the first whole line behind a point tells on which side it is.
Result<std::uint64_t> near(File& file, std::uint64_t seq) {
  const auto size = file.size();
  if (!size) return fail(size.error());
  std::uint64_t low = 0;
  std::uint64_t high = *size;
  while (high - low > kNear) {
    const std::uint64_t middle = low + (high - low) / 2;
    Lines lines(file, middle);
    auto kind = lines.next();  // most likely a part of a line
    if (kind && *kind == Lines::Kind::kLine) kind = lines.next();
    if (!kind) return fail(kind.error());
    const std::uint64_t there = *kind == Lines::Kind::kLine ? seq_of(lines.text()) : UINT64_MAX;
    if (there <= seq && there != 0) {
      low = lines.offset();
    } else {
      high = middle;
    }
  }
  return low;
}

// Lines of one file from `from` on, until `into` has `limit`.
Result<void> collect(File& file, std::uint64_t from, std::size_t limit, std::vector<std::string>& into) {
  const auto start = near(file, from);
  if (!start) return fail(start.error());
  Lines lines(file, *start);
  while (into.size() < limit) {
    const auto kind = lines.next();
    if (!kind) return fail(kind.error());
    if (*kind != Lines::Kind::kLine) break;
    if (seq_of(lines.text()) >= from) into.emplace_back(lines.text());
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> read_entries(Disk& disk, const std::string& folder, std::uint64_t from,
                                              std::size_t limit) {
  const auto files = list_files(disk, folder);
  if (!files) return fail(files.error());
  auto file = std::ranges::upper_bound(*files, from);
  if (file != files->begin()) --file;
  std::vector<std::string> entries;
  for (; file != files->end() && entries.size() < limit; ++file) {
    auto opened = disk.open(folder + "/" + file_name(*file), OpenMode::kRead);
    if (!opened) return fail(opened.error());
    if (const auto read = collect(**opened, from, limit, entries); !read) return fail(read.error());
  }
  return entries;
}

Result<std::uint64_t> last_entry(Disk& disk, const std::string& folder) {
  const auto files = list_files(disk, folder);
  if (!files) return fail(files.error());
  for (std::size_t i = files->size(); i > 0; --i) {
    auto file = disk.open(folder + "/" + file_name((*files)[i - 1]), OpenMode::kRead);
    if (!file) return fail(file.error());
    const auto size = (*file)->size();
    if (!size) return fail(size.error());
    // Two of the longest lines: the last whole line begins in there.
    Lines lines(**file, *size - std::min<std::uint64_t>(*size, 2 * (kMaxLine + 1)));
    std::uint64_t last = 0;
    for (auto kind = lines.next(); kind && *kind == Lines::Kind::kLine; kind = lines.next()) {
      last = std::max(last, seq_of(lines.text()));
    }
    if (last != 0) return last;
  }
  return 0;
}

}  // namespace postern::ledger
