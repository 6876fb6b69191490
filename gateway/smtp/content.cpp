#include "smtp/content.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

namespace postern::smtp {

namespace {

/// Compared lane by lane into all-ones or zero bytes: the compiler makes SSE2 or NEON of it.
using Block = unsigned char __attribute__((vector_size(16)));
constexpr std::size_t kBlock = sizeof(Block);

static_assert(std::endian::native == std::endian::little, "the first set byte is searched from the low end");

bool is_special(char c) { return c == '\r' || c == '\n' || c == '\0'; }

/// Position of the first special byte of a block, kBlock if none.
std::size_t find_in_block(const char* at) {
  Block block;
  std::memcpy(&block, at, kBlock);
  const auto hits = (block == '\r') | (block == '\n') | (block == '\0');
  std::uint64_t halves[2];
  static_assert(sizeof hits == sizeof halves);
  std::memcpy(halves, &hits, sizeof halves);
  if (halves[0] != 0) return static_cast<std::size_t>(std::countr_zero(halves[0])) / 8;
  if (halves[1] != 0) return 8 + static_cast<std::size_t>(std::countr_zero(halves[1])) / 8;
  return kBlock;
}

}  // namespace

std::size_t find_special(std::string_view text) {
  std::size_t at = 0;
  for (; text.size() - at >= kBlock; at += kBlock) {
    const std::size_t found = find_in_block(text.data() + at);
    if (found != kBlock) return at + found;
  }
  while (at < text.size() && !is_special(text[at])) ++at;
  return at;
}

Run scan_content(std::string_view text, LineState& line, bool dots) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (dots && line.at_start && text[at] == '.') return {at, Stop::kDot};
    const std::size_t plain = find_special(text.substr(at));
    at += plain;
    line.length += plain;
    line.longest = std::max(line.longest, line.length);
    if (plain > 0) line.at_start = false;
    if (at == text.size()) break;
    if (text[at] == '\0') return {at, Stop::kNul};
    if (text[at] == '\n') return {at, Stop::kBareLineEnd};
    if (at + 1 == text.size()) break;
    if (text[at + 1] != '\n') return {at, Stop::kBareLineEnd};
    at += 2;
    line.at_start = true;
    line.length = 0;
  }
  return {at, Stop::kInput};
}

}  // namespace postern::smtp
