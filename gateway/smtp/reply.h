#pragma once

#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace postern::smtp {

/// RFC 3463 enhanced status code: class.subject.detail. Only the classes 2, 4 and 5 exist.
struct EnhancedCode {
  std::uint8_t klass = 2;
  std::uint16_t subject = 0;
  std::uint16_t detail = 0;

  friend constexpr bool operator==(const EnhancedCode&, const EnhancedCode&) = default;
  /// "5.7.8"
  std::string to_string() const;
};

/// A final SMTP reply that owns nothing: what the machines take and show. There is no way to make one without an
/// enhanced code, and the code's first digit is the enhanced code's class (RFC 2034 section 4).
///
/// `text` may hold several lines parted by '\n'. Whatever it holds, the wire sees only well-formed lines: controls
/// and bytes above 126 are replaced by '?', long lines are cut at 400 octets.
struct ReplyView {
  std::uint16_t code;
  EnhancedCode enhanced;
  std::string_view text;

  constexpr ReplyView(unsigned reply_code, EnhancedCode enhanced_code, std::string_view reply_text)
      : code(static_cast<std::uint16_t>(reply_code)), enhanced(enhanced_code), text(reply_text) {
    assert(reply_code / 100 == enhanced_code.klass);
  }

  constexpr bool positive() const { return code < 300; }
  constexpr bool transient() const { return code / 100 == 4; }
  constexpr bool permanent() const { return code / 100 == 5; }
  /// "550 5.7.1 text" on one line, for the ledger ('\n' becomes a space).
  std::string to_string() const;
};

/// The same, owning its text.
struct Reply {
  std::uint16_t code = 250;
  EnhancedCode enhanced;
  std::string text;

  Reply() = default;
  Reply(unsigned reply_code, EnhancedCode enhanced_code, std::string reply_text)
      : code(static_cast<std::uint16_t>(reply_code)), enhanced(enhanced_code), text(std::move(reply_text)) {
    assert(reply_code / 100 == enhanced_code.klass);
  }
  explicit Reply(const ReplyView& view) : code(view.code), enhanced(view.enhanced), text(view.text) {}

  // Implicit on purpose: each function that takes a reply takes either.
  operator ReplyView() const { return {code, enhanced, text}; }  // NOLINT(google-explicit-constructor)

  bool positive() const { return code < 300; }
  bool transient() const { return code / 100 == 4; }
  bool permanent() const { return code / 100 == 5; }
  std::string to_string() const { return ReplyView(*this).to_string(); }
};

/// Appends the wire form: "550-5.7.1 first\r\n550 5.7.1 last\r\n".
void append_reply(std::string& out, const ReplyView& reply);

}  // namespace postern::smtp
