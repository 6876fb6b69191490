#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace postern::config {

/// One thing that is wrong with a configuration text.
struct Problem {
  std::string file;
  std::size_t line = 0;    ///< from 1; 0 when no place can be named
  std::size_t column = 0;  ///< from 1, in bytes
  std::string key;         ///< "submission.limits.recipients", "network.lan[0].link"; empty for the text as a whole
  std::string found;       ///< what stands there, escaped and cut for printing
  std::string expected;    ///< what should
  std::string hint;        ///< a likely remedy, or empty

  /// "postern.yaml:12:5: login.pool: found "many"; expected a number from 1 to 64 (hint)".
  std::string to_string() const;
};

using Problems = std::vector<Problem>;

/// All of them, one a line.
std::string to_string(const Problems& problems);

}  // namespace postern::config
