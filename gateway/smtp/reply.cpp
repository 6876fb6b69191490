#include "smtp/reply.h"

#include <charconv>

namespace postern::smtp {

namespace {

/// Octets of text on one line: with code, enhanced code and CRLF it stays below RFC 5321's 512.
constexpr std::size_t kMaxText = 400;

void append_number(std::string& out, unsigned value) {
  char digits[12];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  assert(error == std::errc{});
  out.append(digits, end);
}

void append_enhanced(std::string& out, const EnhancedCode& enhanced) {
  append_number(out, enhanced.klass);
  out += '.';
  append_number(out, enhanced.subject);
  out += '.';
  append_number(out, enhanced.detail);
}

void append_line(std::string& out, const ReplyView& reply, std::string_view line, bool last) {
  append_number(out, reply.code);
  out += last ? ' ' : '-';
  append_enhanced(out, reply.enhanced);
  out += ' ';
  for (const char c : line.substr(0, kMaxText)) out += c >= ' ' && c <= '~' ? c : '?';
  out += "\r\n";
}

}  // namespace

std::string EnhancedCode::to_string() const {
  std::string out;
  append_enhanced(out, *this);
  return out;
}

std::string ReplyView::to_string() const {
  std::string out;
  append_number(out, code);
  out += ' ';
  append_enhanced(out, enhanced);
  out += ' ';
  for (const char c : text) out += c == '\n' ? ' ' : c;
  return out;
}

void append_reply(std::string& out, const ReplyView& reply) {
  std::string_view rest = reply.text;
  for (;;) {
    const std::size_t end = rest.find('\n');
    const bool last = end == std::string_view::npos;
    append_line(out, reply, rest.substr(0, end), last);
    if (last) return;
    rest.remove_prefix(end + 1);
  }
}

}  // namespace postern::smtp
