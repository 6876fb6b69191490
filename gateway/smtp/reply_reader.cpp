#include "smtp/reply_reader.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "smtp/content.h"

namespace postern::smtp {

namespace {

/// RFC 2034: "5.7.1 " in front of the text, of the same class as the code. Takes it off.
std::optional<EnhancedCode> take_enhanced(std::string_view& text, unsigned code) {
  const std::string_view word = text.substr(0, text.find(' '));
  const std::size_t first = word.find('.');
  const std::size_t second = first == std::string_view::npos ? first : word.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto klass = parse_decimal<unsigned>(word.substr(0, first));
  const auto subject = parse_decimal<std::uint16_t>(word.substr(first + 1, second - first - 1));
  const auto detail = parse_decimal<std::uint16_t>(word.substr(second + 1));
  if (!klass || !subject || !detail || *klass != code / 100 || *subject > 999 || *detail > 999) return std::nullopt;
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return EnhancedCode{static_cast<std::uint8_t>(*klass), *subject, *detail};
}

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

}  // namespace

Reply RemoteReply::final() const {
  return {code, enhanced.value_or(EnhancedCode{static_cast<std::uint8_t>(code / 100), 0, 0}), text};
}

std::expected<std::optional<RemoteReply>, std::string_view> ReplyReader::take(std::string_view& input) {
  for (;;) {
    const std::string_view window = input.substr(0, max_line_ - 1);
    const std::size_t at = find_special(window);
    if (at == window.size()) {
      if (input.size() >= max_line_ - 1) return std::unexpected("reply line too long");
      return std::nullopt;
    }
    if (input[at] != '\r') return std::unexpected("reply with a bare LF or NUL");
    if (at + 1 == input.size()) return std::nullopt;
    if (input[at + 1] != '\n') return std::unexpected("reply with a bare CR");
    const std::string_view line = input.substr(0, at);
    input.remove_prefix(at + 2);
    if (const std::string_view wrong = take_line(line); !wrong.empty()) return std::unexpected(wrong);
    if (!last_) continue;
    lines_ = 0;
    return std::exchange(reply_, RemoteReply());
  }
}

std::string_view ReplyReader::take_line(std::string_view line) {
  const auto code = parse_decimal<unsigned>(line.substr(0, 3));
  const bool separated = line.size() == 3 || (line.size() > 3 && (line[3] == ' ' || line[3] == '-'));
  if (!code || line.size() < 3 || *code < 200 || *code > 599 || !separated) return "malformed reply";
  if (++lines_ > max_lines_) return "reply with too many lines";
  if (lines_ > 1 && *code != reply_.code) return "reply whose lines differ in their codes";
  reply_.code = *code;
  last_ = line.size() == 3 || line[3] == ' ';
  std::string_view text = line.substr(std::min<std::size_t>(4, line.size()));
  const auto enhanced = take_enhanced(text, *code);
  if (enhanced) reply_.enhanced = enhanced;
  if (lines_ > 1) reply_.text += '\n';
  for (const char c : text) reply_.text += is_control(c) ? '?' : c;
  return {};
}

}  // namespace postern::smtp
