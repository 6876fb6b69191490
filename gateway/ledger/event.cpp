#include "ledger/event.h"

#include <charconv>
#include <utility>

#include "base/encoding.h"
#include "base/text.h"

namespace postern::ledger {

namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += "\\u00";
  out += kHex[byte >> 4];
  out += kHex[byte & 0xFU];
}

// DEL is legal in JSON, but terminals act on it.
bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == '\x7f'; }

template <class Number>
void append_number(std::string& out, Number value) {
  char digits[24];
  const auto result = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, result.ptr);
}

// The longest prefix of at most `limit` bytes that does not end inside a UTF-8 sequence.
std::string_view cut(std::string_view text, std::size_t limit) {
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
  return text.substr(0, limit);
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  std::size_t clean = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!needs_escape(text[i])) continue;
    out += text.substr(clean, i - clean);
    append_escaped(out, text[i]);
    clean = i + 1;
  }
  out += text.substr(clean);
  out += '"';
}

Event::Event(std::string_view name) {
  json_.reserve(256);
  json_ = "{\"event\":";
  append_json_text(json_, name);
}

void Event::key(std::string_view name) {
  json_ += ',';
  append_json_text(json_, name);
  json_ += ':';
}

Event& Event::field(std::string_view name, std::string_view value) {
  if (value.empty()) return *this;
  key(name);
  if (!is_utf8(value)) {
    append_json_text(json_, printable(value, kMaxText));
  } else if (value.size() > kMaxText) {
    append_json_text(json_, std::string(cut(value, kMaxText)) + "...");
  } else {
    append_json_text(json_, value);
  }
  return *this;
}

Event& Event::number(std::string_view name, std::int64_t value) {
  key(name);
  append_number(json_, value);
  return *this;
}

Event& Event::number(std::string_view name, std::uint64_t value) {
  key(name);
  append_number(json_, value);
  return *this;
}

Event& Event::flag(std::string_view name, bool value) {
  key(name);
  json_ += value ? "true" : "false";
  return *this;
}

Event& Event::id(std::string_view name, std::uint64_t value) {
  return value == 0 ? *this : field(name, base32_id(value));
}

Event& Event::time(std::string_view name, WallTime value) { return field(name, format_rfc3339(value)); }

std::string Event::take() {
  json_ += '}';
  return std::exchange(json_, {});
}

}  // namespace postern::ledger
