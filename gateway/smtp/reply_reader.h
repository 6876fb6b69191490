#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "smtp/reply.h"

namespace postern::smtp {

/// A reply as a server sent it; unlike Reply it may be a 3xx and lack an enhanced code.
struct RemoteReply {
  unsigned code = 0;
  std::optional<EnhancedCode> enhanced;  ///< only if its class fits the code
  std::string text;                      ///< lines parted by '\n', enhanced codes off, controls as '?'

  /// The typed form; X.0.0 where the server gave no enhanced code. Not for 3xx.
  Reply final() const;
};

/// Gathers (multi-line) replies, RFC 5321 section 4.2.1. Strict but bounded: only CRLF ends a line, the codes of a
/// reply's lines must be the same, lines and their number are limited.
class ReplyReader {
 public:
  ReplyReader(std::size_t max_line, std::size_t max_lines) : max_line_(max_line), max_lines_(max_lines) {}

  /// Takes complete lines off the front of `input`. Gives a reply when its last line is there, nothing if more is
  /// needed, or what is wrong.
  std::expected<std::optional<RemoteReply>, std::string_view> take(std::string_view& input);

 private:
  std::string_view take_line(std::string_view line);

  std::size_t max_line_;
  std::size_t max_lines_;
  RemoteReply reply_;
  std::size_t lines_ = 0;
  bool last_ = false;
};

}  // namespace postern::smtp
