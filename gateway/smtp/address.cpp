#include "smtp/address.h"

#include <algorithm>

#include "base/ip.h"
#include "base/text.h"
#include "smtp/utf8.h"

namespace postern::smtp {

namespace {

constexpr std::size_t kMaxLabel = 63;
constexpr std::string_view kIpv6Tag = "IPv6:";

/// RFC 5322 atext, and what RFC 6531 adds to it.
bool is_atext(char c) { return is_alnum(c) || is_high(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").contains(c); }

bool is_dot_string(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.' ? text[i - 1] == '.' : !is_atext(text[i])) return false;
  }
  return true;
}

/// Takes a Quoted-string off the front of `rest` and gives what it means; false if it is none.
bool take_quoted(std::string_view& rest, std::string& meaning) {
  for (std::size_t i = 1; i < rest.size(); ++i) {
    char c = rest[i];
    if (c == '"') {
      rest.remove_prefix(i + 1);
      return true;
    }
    if (c == '\\') {
      if (++i == rest.size()) return false;
      c = rest[i];
      if (is_high(c)) return false;
    }
    if (!is_high(c) && (c < ' ' || c > '~')) return false;
    meaning += c;
  }
  return false;
}

void append_quoted(std::string& out, std::string_view meaning) {
  out += '"';
  for (const char c : meaning) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> sequences) {
  return std::ranges::any_of(sequences, [text](std::string_view sequence) { return text.contains(sequence); });
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kMaxLabel || label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) { return is_alnum(c) || c == '-' || is_high(c); });
}

/// The address within a literal's brackets; nullopt if it isn't one.
std::optional<IpAddress> literal_address(std::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return std::nullopt;
  std::string_view inside = text.substr(1, text.size() - 2);
  const bool tagged = starts_with_ignoring_case(inside, kIpv6Tag);
  if (tagged) inside.remove_prefix(kIpv6Tag.size());
  if (inside.contains(':') != tagged) return std::nullopt;
  const auto address = IpAddress::parse(inside);
  return address ? std::optional(*address) : std::nullopt;
}

Result<std::string> normal_domain(std::string_view text) {
  if (text.starts_with('[')) {
    const auto address = literal_address(text);
    if (!address) return fail(ErrorCode::kInvalid, "malformed address literal");
    return (address->is_v4() ? "[" : "[" + std::string(kIpv6Tag)) + address->to_string() + "]";
  }
  if (!is_domain(text, Charset::kUtf8)) return fail(ErrorCode::kInvalid, "malformed domain");
  return to_lower(text);
}

/// Takes the local part and the "@" off the front; gives the local part's normal form.
Result<std::string> take_local(std::string_view& rest) {
  const std::size_t before = rest.size();
  std::string normal;
  if (rest.starts_with('"')) {
    std::string meaning;
    if (!take_quoted(rest, meaning)) return fail(ErrorCode::kInvalid, "malformed quoted local part");
    if (is_dot_string(meaning)) {
      normal = std::move(meaning);
    } else {
      append_quoted(normal, meaning);
    }
  } else {
    const std::string_view local = rest.substr(0, rest.find('@'));
    if (!is_dot_string(local)) return fail(ErrorCode::kInvalid, "malformed local part");
    normal = local;
    rest.remove_prefix(local.size());
  }
  if (before - rest.size() > kMaxLocalPart) return fail(ErrorCode::kInvalid, "local part longer than 64 octets");
  if (!rest.starts_with('@')) return fail(ErrorCode::kInvalid, "no @ behind the local part");
  rest.remove_prefix(1);
  return normal;
}

}  // namespace

Result<Mailbox> Mailbox::parse(std::string_view text, Charset charset) {
  if (text.size() > kMaxMailbox) return fail(ErrorCode::kInvalid, "address longer than 254 octets");
  const bool ascii = smtp::is_ascii(text);
  if (!ascii && !is_printable_utf8(text)) return fail(ErrorCode::kInvalid, "not printable UTF-8");
  std::string_view rest = text;
  auto local = take_local(rest);
  if (!local) return fail(std::move(local.error()));
  auto domain = normal_domain(rest);
  if (!domain) return fail(std::move(domain.error()));
  if (!ascii && charset == Charset::kAscii) return fail(ErrorCode::kPermission, "not an ASCII address");
  const std::size_t at = local->size();
  return Mailbox(std::move(*local) + '@' + *domain, at, ascii);
}

std::string Mailbox::local_unquoted() const {
  std::string_view rest = local();
  if (!rest.starts_with('"')) return std::string(rest);
  std::string meaning;
  take_quoted(rest, meaning);
  return meaning;
}

bool is_domain(std::string_view text, Charset charset) {
  if (text.empty() || text.size() > kMaxDomain) return false;
  if (!is_ascii(text)) {
    if (charset == Charset::kAscii || !is_printable_utf8(text)) return false;
    // IDNA maps these to the full stop: what reads as one label here would be two names there.
    if (contains_any(text, {"\xE3\x80\x82", "\xEF\xBC\x8E", "\xEF\xBD\xA1"})) return false;
  }
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_address_literal(std::string_view text) { return literal_address(text).has_value(); }

}  // namespace postern::smtp
