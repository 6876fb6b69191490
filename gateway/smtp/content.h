#pragma once

#include <cstddef>
#include <string_view>

/// The one place that decides what a line is. Used for command lines, DATA and BDAT alike, so that no two parts of
/// the server can have different ideas of where something ends (the root of SMTP smuggling).
namespace postern::smtp {

/// Position of the first CR, LF or NUL; the text's size if there is none. One pass, many bytes at a time.
std::size_t find_special(std::string_view text);

/// Where the content stands between two pieces.
struct LineState {
  bool at_start = true;     ///< the next byte is the first of a line
  std::size_t length = 0;   ///< octets of the line so far
  std::size_t longest = 0;  ///< of all lines, without CRLF
};

enum class Stop {
  kInput,        ///< all was scanned; a CR at the very end is held back, since its LF may still come
  kDot,          ///< a line begins with a dot (only when asked)
  kBareLineEnd,  ///< CR without LF or LF without CR
  kNul,
};

struct Run {
  std::size_t length;  ///< clean octets before the stop: whole CRLFs, no other CR or LF, no NUL
  Stop stop;
};

/// Scans content from its front. `dots`: stop at a line that begins with one.
Run scan_content(std::string_view text, LineState& line, bool dots);

}  // namespace postern::smtp
