#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"

/// The header block of a message as a client submits it (RFC 5322, RFC 6532): found in a stream, cut into fields,
/// never changed. Lines end in CRLF; smtp/ has refused bare CR, bare LF and NUL before, and they are refused here
/// again, since all that follows relies on it.
///
/// Plain values and views, no I/O, any thread.
namespace postern::message {

struct HeaderLimits {
  std::size_t size = 256 << 10;  ///< bytes, the empty line included
  std::size_t fields = 1000;
};

/// Looks for the empty line in a stream that arrives in pieces.
class HeaderEnd {
 public:
  /// `bytes` is all of the message that is there so far, beginning with its first byte; each call only looks at what
  /// is new. The answer is how many bytes the header block has, with its empty line; nullopt: not complete yet. When
  /// the message ends and there was no empty line, all of it is header block.
  std::optional<std::size_t> scan(std::string_view bytes);

 private:
  std::size_t seen_ = 0;
};

/// One header field, folding included.
struct Field {
  std::string_view name;  ///< as written, without blanks
  std::string_view raw;   ///< from the name's first byte to the last CRLF
  std::string_view body;  ///< after the colon, up to but without the last CRLF: may have folds and outer blanks

  /// Compares the name, ASCII case ignored.
  bool is(std::string_view other) const;
};

/// The block, cut into fields. Views into the bytes that were given: they must outlive it.
class HeaderBlock {
 public:
  /// Errors, whose context may be shown to the client: kInvalid when a line is neither a field nor the continuation of
  /// one, when a field name is not RFC 5322's ftext, for bare CR, bare LF, NUL, malformed UTF-8 in a field, text after
  /// the empty line; kLimit when a limit of `limits` is passed.
  static Result<HeaderBlock> parse(std::string_view bytes, const HeaderLimits& limits = {});

  const std::vector<Field>& fields() const { return fields_; }
  /// The first field of that name; nullptr when there is none.
  const Field* find(std::string_view name) const;
  /// How many fields have that name.
  std::size_t count(std::string_view name) const;
  /// All bytes, the empty line included if there is one.
  std::string_view bytes() const { return bytes_; }
  bool has_empty_line() const { return empty_line_; }
  /// Whether no field has bytes above 127: such a message needs no SMTPUTF8 (RFC 6532).
  bool is_ascii() const { return ascii_; }

 private:
  std::string_view bytes_;
  std::vector<Field> fields_;
  bool empty_line_ = false;
  bool ascii_ = true;
};

}  // namespace postern::message
