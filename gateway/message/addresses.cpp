#include <format>
#include <utility>

#include "base/text.h"
#include "message/authors.h"
#include "smtp/utf8.h"

namespace postern::message {

namespace {

/// Deeper nesting of comments is an attack or a mistake.
constexpr unsigned kMaxCommentDepth = 8;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// RFC 5322 atext with RFC 6532's UTF8-non-ascii.
bool is_atext(char c) { return is_alnum(c) || smtp::is_high(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").contains(c); }

std::unexpected<Error> refuse(std::string_view why) { return fail(ErrorCode::kInvalid, std::string(why)); }

/// RFC 5322 section 3.4, without the obsolete forms. One pass, no recursion.
class ListParser {
 public:
  explicit ListParser(std::string_view text) : rest_(text) {}

  Result<std::vector<smtp::Mailbox>> run() {
    for (;;) {
      if (auto taken = take_address(); !taken) return fail(taken.error());
      if (auto skipped = skip_blanks(); !skipped) return fail(skipped.error());
      if (rest_.empty() && !in_group_) return std::move(mailboxes_);
      if (rest_.empty()) return refuse("a group does not end in a semicolon");
      if (!take(',')) return refuse("something stands between two addresses where a comma should");
    }
  }

 private:
  bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
  bool take(char c) {
    if (!next_is(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// Folding white space and comments.
  Result<void> skip_blanks() {
    unsigned depth = 0;
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (depth == 0 && !is_blank(c) && c != '(') break;
      if (c == '(' && ++depth > kMaxCommentDepth) return refuse("comments are nested too deeply");
      if (c == ')') --depth;
      if (c == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      rest_.remove_prefix(1);
    }
    if (depth != 0) return refuse("a comment does not end");
    return {};
  }

  /// Length of a quoted string at the front, its quotes included; 0 if it does not end.
  std::size_t quoted_length() const {
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') return i + 1;
      if (rest_[i] == '\\') ++i;
    }
    return 0;
  }

  /// Length of atext and dots at the front.
  std::size_t atom_length() const {
    std::size_t length = 0;
    while (length < rest_.size() && (is_atext(rest_[length]) || rest_[length] == '.')) ++length;
    return length;
  }

  /// Length of the word at the front: a quoted string, or atoms with dots.
  Result<std::size_t> word_length() const {
    if (rest_.empty()) return refuse("an address is missing");
    if (rest_.front() == '"') {
      const std::size_t length = quoted_length();
      if (length == 0) return refuse("a quotation mark is missing");
      return length;
    }
    const std::size_t length = atom_length();
    if (length == 0) {
      return refuse(std::format("'{}' can't stand there", printable(rest_.substr(0, 1))));
    }
    return length;
  }

  /// A mailbox, or a group with its mailboxes; of a group that goes on, only its beginning.
  Result<void> take_address() {
    if (auto skipped = skip_blanks(); !skipped) return skipped;
    bool name = false;
    for (;;) {
      if (next_is('<')) return take_angle_address();
      if (name && next_is(':')) return take_group();
      const auto length = word_length();
      if (!length) return fail(length.error());
      if (!name && rest_.substr(*length).starts_with('@')) return take_spec(*length);
      rest_.remove_prefix(*length);
      name = true;
      if (auto skipped = skip_blanks(); !skipped) return skipped;
      if (next_is('@')) return refuse("words stand before an address without angle brackets");
      if (rest_.empty() || next_is(',') || next_is(';')) return refuse("a name has no address");
    }
  }

  Result<void> take_angle_address() {
    take('<');
    if (next_is('@')) return refuse("an address has an obsolete route");
    if (next_is('>')) return refuse("an address is empty");
    const auto length = word_length();
    if (!length) return fail(length.error());
    if (!rest_.substr(*length).starts_with('@')) return refuse("an address between angle brackets has no @");
    if (auto taken = take_mailbox(*length); !taken) return taken;
    if (!take('>')) return refuse("an address does not end in an angle bracket");
    return after_mailbox();
  }

  Result<void> take_spec(std::size_t local) {
    if (auto taken = take_mailbox(local); !taken) return taken;
    return after_mailbox();
  }

  /// local@domain, of which the local part is `local` bytes long.
  Result<void> take_mailbox(std::size_t local) {
    const std::string_view whole = rest_;
    rest_.remove_prefix(local + 1);
    std::size_t domain = atom_length();
    if (next_is('[')) domain = rest_.find(']') + 1;
    auto mailbox = smtp::Mailbox::parse(whole.substr(0, local + 1 + domain));
    if (!mailbox) return fail(mailbox.error());
    rest_.remove_prefix(domain);
    mailboxes_.push_back(std::move(*mailbox));
    return {};
  }

  Result<void> after_mailbox() {
    if (!in_group_) return {};
    if (auto skipped = skip_blanks(); !skipped) return skipped;
    if (take(';')) in_group_ = false;
    return {};
  }

  Result<void> take_group() {
    if (in_group_) return refuse("a group stands within a group");
    take(':');
    if (auto skipped = skip_blanks(); !skipped) return skipped;
    if (take(';')) return {};
    in_group_ = true;
    return take_address();
  }

  std::string_view rest_;
  std::vector<smtp::Mailbox> mailboxes_;
  bool in_group_ = false;
};

}  // namespace

Result<std::vector<smtp::Mailbox>> parse_address_list(std::string_view body) { return ListParser(body).run(); }

}  // namespace postern::message
