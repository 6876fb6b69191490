#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::config {

/// How many letters must be changed, added, left out or swapped with their neighbour to make one word the other
/// (optimal string alignment), ASCII case ignored.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that was most likely meant, or an empty text when none is near: at most a third of the letters may
/// differ. Hyphens and blanks count as underscores.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace postern::config
