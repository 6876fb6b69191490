#include "smtp/parameters.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "smtp/replies.h"
#include "smtp/utf8.h"
#include "smtp/xtext.h"

namespace postern::smtp {

namespace {

/// Characters, RFC 3461 sections 4.4 and 4.2.
constexpr std::size_t kMaxEnvid = 100;
constexpr std::size_t kMaxOrcpt = 500;

constexpr Refusal kBad{Fault::kParameter, replies::kBadParameter};
constexpr Refusal kUnknown{Fault::kParameter, replies::kUnknownParameter};

struct Parameter {
  std::string_view keyword;
  std::string_view value;
  bool has_value;
};

bool is_keyword(std::string_view word) {
  if (word.empty() || !is_alnum(word.front())) return false;
  return std::ranges::all_of(word, [](char c) { return is_alnum(c) || c == '-'; });
}

bool is_value(std::string_view text, Charset charset) {
  if (text.empty()) return false;
  const bool plain = std::ranges::all_of(text, [](char c) { return is_high(c) || (c > ' ' && c <= '~' && c != '='); });
  return plain && (is_ascii(text) || (charset == Charset::kUtf8 && is_printable_utf8(text)));
}

/// Takes the next parameter off the front of `rest`; nullopt if it is malformed.
std::optional<Parameter> take_parameter(std::string_view& rest, Charset charset) {
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  const std::size_t equals = word.find('=');
  Parameter parameter{word.substr(0, equals), {}, equals != std::string_view::npos};
  if (parameter.has_value) parameter.value = word.substr(equals + 1);
  if (!is_keyword(parameter.keyword)) return std::nullopt;
  if (parameter.has_value && !is_value(parameter.value, charset)) return std::nullopt;
  return parameter;
}

/// Runs `take(parameter)` for each; it gives the refusal, if any.
template <class Take>
std::optional<Refusal> for_each_parameter(std::string_view text, bool extended, Charset charset, Take take) {
  for (;;) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    if (text.empty()) return std::nullopt;
    if (!extended) return kUnknown;
    const auto parameter = take_parameter(text, charset);
    if (!parameter) return kBad;
    if (auto refusal = take(*parameter)) return refusal;
  }
}

/// Notes that a parameter came; true if it came before.
bool repeated(unsigned& seen, unsigned bit) {
  const bool before = (seen & bit) != 0;
  seen |= bit;
  return before;
}

std::optional<Refusal> check(bool good) { return good ? std::nullopt : std::optional(kBad); }

std::optional<Refusal> take_size(const Parameter& parameter, Sender& sender) {
  const auto size = parse_decimal<std::uint64_t>(parameter.value);
  // 20 digits are legal (RFC 1870 section 4) and may be beyond 64 bits: then it is too large, not malformed.
  const bool digits = std::ranges::all_of(parameter.value, is_digit) && !parameter.value.empty();
  if (!size && digits && parameter.value.size() <= 20) return Refusal{Fault::kSizeLimit, replies::kTooLarge};
  if (size && *size > 0) sender.size = size;
  return check(size.has_value());
}

std::optional<Refusal> take_body(const Parameter& parameter, Sender& sender) {
  const bool eight = equal_ignoring_case(parameter.value, "8BITMIME");
  if (eight) sender.body = Body::k8BitMime;
  return check(eight || equal_ignoring_case(parameter.value, "7BIT"));
}

std::optional<Refusal> take_ret(const Parameter& parameter, Sender& sender) {
  const bool full = equal_ignoring_case(parameter.value, "FULL");
  const bool headers = equal_ignoring_case(parameter.value, "HDRS");
  sender.ret = full ? DsnReturn::kFull : headers ? DsnReturn::kHeaders : DsnReturn::kUnset;
  return check(full || headers);
}

std::optional<Refusal> take_envid(const Parameter& parameter, Sender& sender) {
  auto envid = xtext_decode(parameter.value);
  if (!envid || envid->empty() || envid->size() > kMaxEnvid) return kBad;
  sender.envid = std::move(*envid);
  return std::nullopt;
}

std::optional<Refusal> take_auth(const Parameter& parameter) {
  if (parameter.value == "<>") return std::nullopt;
  const auto address = xtext_decode(parameter.value);
  return check(address && Mailbox::parse(*address).has_value());
}

std::optional<Refusal> take_notify(const Parameter& parameter, Recipient& recipient) {
  Notify& notify = recipient.notify;
  std::string_view rest = parameter.value;
  for (;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view word = rest.substr(0, comma);
    bool* flag = equal_ignoring_case(word, "NEVER")     ? &notify.never
                 : equal_ignoring_case(word, "SUCCESS") ? &notify.success
                 : equal_ignoring_case(word, "FAILURE") ? &notify.failure
                 : equal_ignoring_case(word, "DELAY")   ? &notify.delay
                                                        : nullptr;
    if (flag == nullptr || *flag) return kBad;
    *flag = true;
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return check(!notify.never || !(notify.success || notify.failure || notify.delay));
}

std::optional<Refusal> take_orcpt(const Parameter& parameter, Recipient& recipient) {
  const std::size_t semicolon = parameter.value.find(';');
  if (semicolon == std::string_view::npos || parameter.value.size() > kMaxOrcpt) return kBad;
  std::string type = to_lower(parameter.value.substr(0, semicolon));
  if (!is_keyword(type)) return kBad;
  const std::string_view encoded = parameter.value.substr(semicolon + 1);
  auto address = type == "utf-8" ? utf8_address_decode(encoded) : xtext_decode(encoded);
  if (!address || address->empty()) return kBad;
  recipient.original = OriginalRecipient{std::move(type), std::move(*address)};
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> parse_mail_parameters(std::string_view text, bool extended, Sender& sender) {
  unsigned seen = 0;
  const auto take = [&](const Parameter& parameter) -> std::optional<Refusal> {
    const auto is = [&](std::string_view keyword) { return equal_ignoring_case(parameter.keyword, keyword); };
    if (is("SIZE")) return repeated(seen, 1) ? kBad : take_size(parameter, sender);
    if (is("BODY")) return repeated(seen, 2) ? kBad : take_body(parameter, sender);
    if (is("RET")) return repeated(seen, 4) ? kBad : take_ret(parameter, sender);
    if (is("ENVID")) return repeated(seen, 8) ? kBad : take_envid(parameter, sender);
    if (is("AUTH")) return repeated(seen, 16) ? kBad : take_auth(parameter);
    if (!is("SMTPUTF8")) return kUnknown;
    sender.smtputf8 = true;
    return check(!repeated(seen, 32) && !parameter.has_value);
  };
  return for_each_parameter(text, extended, Charset::kAscii, take);
}

std::optional<Refusal> parse_rcpt_parameters(std::string_view text, bool extended, Charset charset,
                                             Recipient& recipient) {
  unsigned seen = 0;
  const auto take = [&](const Parameter& parameter) -> std::optional<Refusal> {
    const auto is = [&](std::string_view keyword) { return equal_ignoring_case(parameter.keyword, keyword); };
    if (is("NOTIFY")) return repeated(seen, 1) ? kBad : take_notify(parameter, recipient);
    if (is("ORCPT")) return repeated(seen, 2) ? kBad : take_orcpt(parameter, recipient);
    return kUnknown;
  };
  return for_each_parameter(text, extended, charset, take);
}

}  // namespace postern::smtp
