#include "config/units.h"

#include <array>
#include <limits>

#include "base/text.h"

namespace postern::config {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t worth;
};

constexpr std::array<Unit, 6> kTimes{
    {{"d", 86'400'000'000}, {"h", 3'600'000'000}, {"m", 60'000'000}, {"s", 1'000'000}, {"ms", 1'000}, {"us", 1}}};
constexpr std::array<Unit, 5> kSizes{
    {{"TiB", 1ULL << 40}, {"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1ULL << 10}, {"", 1}}};

/// Takes digits off the front; nullopt when there are none or too many.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && is_digit(text[length])) ++length;
  const auto number = parse_decimal<std::uint64_t>(text.substr(0, length));
  text.remove_prefix(length);
  return number;
}

/// Takes letters off the front.
std::string_view take_word(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && is_alpha(text[length])) ++length;
  const std::string_view word = text.substr(0, length);
  text.remove_prefix(length);
  return word;
}

std::optional<std::uint64_t> multiply(std::uint64_t a, std::uint64_t b, std::uint64_t limit) {
  if (a != 0 && b > limit / a) return std::nullopt;
  return a * b;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (text == "0") return Duration::zero();
  if (text.empty()) return std::nullopt;
  std::uint64_t total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    const std::string_view word = take_word(text);
    while (next_unit < kTimes.size() && kTimes[next_unit].name != word) ++next_unit;
    if (!number || next_unit == kTimes.size()) return std::nullopt;
    const auto part = multiply(*number, kTimes[next_unit].worth, kMost);
    if (!part || *part > kMost - total) return std::nullopt;
    total += *part;
    ++next_unit;
  }
  return Duration(static_cast<std::int64_t>(total));
}

std::string format_duration(Duration time) {
  std::string text;
  auto rest = static_cast<std::uint64_t>(time.count());
  for (const Unit& unit : kTimes) {
    if (rest < unit.worth) continue;
    // Days and seconds with a remainder read worse than hours and milliseconds: "36h", not "1d12h".
    const bool exact = rest % unit.worth == 0;
    if (!exact && (unit.name == "d" || unit.name == "s" || unit.name == "ms")) continue;
    text += std::to_string(rest / unit.worth) + std::string(unit.name);
    rest %= unit.worth;
  }
  return text.empty() ? "0" : text;
}

std::optional<Bytes> parse_size(std::string_view text) {
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  for (const Unit& unit : kSizes) {
    if (text == unit.name) return multiply(*number, unit.worth, std::numeric_limits<Bytes>::max());
  }
  return std::nullopt;
}

std::string format_size(Bytes size) {
  if (size == 0) return "0";
  for (const Unit& unit : kSizes) {
    if (size % unit.worth == 0) return std::to_string(size / unit.worth) + std::string(unit.name);
  }
  return {};
}

}  // namespace postern::config
