#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/types.h"

namespace postern::config {

/// "90s", "1h30m", "500us": numbers with the units d, h, m, s, ms, us, each at most once and in that order; or "0".
/// nullopt for anything else, and for what doesn't fit.
std::optional<Duration> parse_duration(std::string_view text);
/// The shortest such text that means exactly that; `time` must not be negative.
std::string format_duration(Duration time);

/// "512" (bytes), "64KiB", "25MiB", "1GiB", "2TiB". nullopt for anything else, and for what doesn't fit.
std::optional<Bytes> parse_size(std::string_view text);
/// With the largest unit that divides it.
std::string format_size(Bytes size);

}  // namespace postern::config
