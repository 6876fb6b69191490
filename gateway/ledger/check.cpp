#include "ledger/check.h"

#include <algorithm>
#include <array>
#include <format>
#include <string>

#include "base/text.h"

namespace postern::ledger {

namespace {

constexpr int kMaxDepth = 4;
constexpr std::array<std::string_view, 4> kReserved = {"seq", "time", "prev", "hash"};

bool is_hex(char c) { return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f'); }

// A recognizer of RFC 8259's grammar without insignificant blanks: it builds nothing.
class Recognizer {
 public:
  explicit Recognizer(std::string_view text) : rest_(text) {}

  bool object(int depth);
  bool at_end() const { return rest_.empty(); }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// A string's content, escapes unresolved.
  bool text(std::string_view& content);
  bool value(int depth);

 private:
  bool word(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  bool digits();
  bool number();
  bool array(int depth);
  bool escape(std::size_t& at) const;

  std::string_view rest_;
};

// `at` is the backslash; moves it to the escape's last character.
bool Recognizer::escape(std::size_t& at) const {
  if (++at >= rest_.size()) return false;
  if (rest_[at] != 'u') return std::string_view("\"\\/bfnrt").contains(rest_[at]);
  if (rest_.size() - at < 5) return false;
  const std::string_view hex = rest_.substr(at + 1, 4);
  at += 4;
  return std::ranges::all_of(hex, is_hex);
}

bool Recognizer::text(std::string_view& content) {
  if (!take('"')) return false;
  for (std::size_t i = 0; i < rest_.size(); ++i) {
    if (rest_[i] == '"') {
      content = rest_.substr(0, i);
      rest_.remove_prefix(i + 1);
      return true;
    }
    if (static_cast<unsigned char>(rest_[i]) < 0x20) return false;
    if (rest_[i] == '\\' && !escape(i)) return false;
  }
  return false;
}

bool Recognizer::digits() {
  std::size_t count = 0;
  while (count < rest_.size() && is_digit(rest_[count])) ++count;
  rest_.remove_prefix(count);
  return count > 0;
}

bool Recognizer::number() {
  take('-');
  if (!take('0') && !digits()) return false;
  if (take('.') && !digits()) return false;
  if (!take('e') && !take('E')) return true;
  if (!take('+')) take('-');
  return digits();
}

bool Recognizer::array(int depth) {
  if (!take('[') || depth > kMaxDepth) return false;
  if (take(']')) return true;
  do {
    if (!value(depth)) return false;
  } while (take(','));
  return take(']');
}

bool Recognizer::object(int depth) {
  if (!take('{') || depth > kMaxDepth) return false;
  if (take('}')) return true;
  do {
    std::string_view name;
    if (!text(name) || !take(':') || !value(depth)) return false;
  } while (take(','));
  return take('}');
}

bool Recognizer::value(int depth) {
  if (rest_.empty()) return false;
  std::string_view ignored;
  switch (rest_.front()) {
    case '{': return object(depth + 1);
    case '[': return array(depth + 1);
    case '"': return text(ignored);
    case 't': return word("true");
    case 'f': return word("false");
    case 'n': return word("null");
    default: return number();
  }
}

bool is_member_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
  });
}

/// The names of the members seen so far.
class Names {
 public:
  Result<void> add(std::string_view name) {
    if (!is_member_name(name)) return fail(ErrorCode::kInvalid, std::format("bad member name '{}'", printable(name)));
    if (std::ranges::contains(kReserved, name)) {
      return fail(ErrorCode::kInvalid, std::format("member '{}' is the ledger's own", name));
    }
    if (std::ranges::contains(names_.begin(), names_.begin() + count_, name)) {
      return fail(ErrorCode::kInvalid, std::format("member '{}' appears twice", name));
    }
    if (static_cast<std::size_t>(count_) == names_.size()) return fail(ErrorCode::kLimit, "too many members");
    names_[static_cast<std::size_t>(count_++)] = name;
    return {};
  }
  bool empty() const { return count_ == 0; }

 private:
  std::array<std::string_view, kMaxMembers> names_;
  std::ptrdiff_t count_ = 0;
};

}  // namespace

Result<void> check_event(std::string_view json) {
  if (json.size() > kMaxEvent) return fail(ErrorCode::kLimit, std::format("event of {} bytes", json.size()));
  if (!is_utf8(json)) return fail(ErrorCode::kInvalid, "event is not valid UTF-8");
  Recognizer recognizer(json);
  const auto malformed = [] { return fail(ErrorCode::kInvalid, "event is not a compact JSON object"); };
  if (!recognizer.take('{')) return malformed();
  Names names;
  do {
    std::string_view name;
    std::string_view text;
    if (!recognizer.text(name) || !recognizer.take(':')) return malformed();
    const bool first = names.empty();
    if (first != (name == "event")) return fail(ErrorCode::kInvalid, "the first member of an event must be \"event\"");
    if (const auto added = names.add(name); !added) return added;
    if (first ? !recognizer.text(text) || text.empty() : !recognizer.value(1)) return malformed();
  } while (recognizer.take(','));
  if (!recognizer.take('}') || !recognizer.at_end()) return malformed();
  return {};
}

}  // namespace postern::ledger
