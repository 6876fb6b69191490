#include "base/clock.h"

#include <format>

#include "base/text.h"

namespace postern {

namespace {

class SystemClock final : public Clock {
 public:
  WallTime wall() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  MonoTime mono() const override { return std::chrono::steady_clock::now(); }
};

/// "123" of a fraction as 123000 microseconds.
std::optional<unsigned> parse_fraction(std::string_view digits) {
  constexpr std::size_t kDigits = 6;
  if (digits.empty() || digits.size() > kDigits) return std::nullopt;
  std::string padded(digits);
  padded.resize(kDigits, '0');
  return parse_decimal<unsigned>(padded);
}

}  // namespace

const Clock& Clock::system() {
  static const SystemClock clock;
  return clock;
}

std::string format_rfc3339(WallTime time) { return std::format("{:%FT%T}Z", time); }

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00";
  if (text.size() <= kShape.size() || text.back() != 'Z') return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == '0' ? !is_digit(text[i]) : text[i] != kShape[i]) return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t length) { return *parse_decimal<int>(text.substr(at, length)); };
  const std::chrono::year_month_day date(std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2))));
  if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59) return std::nullopt;
  std::chrono::microseconds fraction{0};
  if (text[kShape.size()] == '.') {
    const auto digits = parse_fraction(text.substr(kShape.size() + 1, text.size() - kShape.size() - 2));
    if (!digits) return std::nullopt;
    fraction = std::chrono::microseconds(*digits);
  } else if (text.size() != kShape.size() + 1) {
    return std::nullopt;
  }
  return WallTime(std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(number(11, 2)) +
                  std::chrono::minutes(number(14, 2)) + std::chrono::seconds(number(17, 2)) + fraction);
}

std::string format_rfc5322(WallTime time) {
  return std::format("{:%a, %d %b %Y %T} +0000", std::chrono::floor<std::chrono::seconds>(time));
}

}  // namespace postern
