#pragma once

#include <string>
#include <string_view>

namespace postern::smtp {

/// Makes the wire form of a message's content for DATA: each line end anew as CRLF (a CR or LF alone counts as one),
/// each dot at a line's start doubled (RFC 5321 section 4.5.2). So nothing in the content can end it, whatever any
/// server takes for a line end. Whole runs are appended at once.
class DotWriter {
 public:
  /// Appends the next piece, split anywhere.
  void append(std::string& out, std::string_view bytes);
  /// Completes the last line, appends the final dot and is as new.
  void finish(std::string& out);

 private:
  bool at_start_ = true;
  bool held_cr_ = false;  ///< the last piece ended in CR
};

}  // namespace postern::smtp
