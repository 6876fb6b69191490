#include "smtp/capabilities.h"

#include <utility>

#include "base/text.h"

namespace postern::smtp {

namespace {

void take_mechanisms(Capabilities& offered, std::string_view list) {
  for (const std::string_view name : split(list, ' ')) {
    if (equal_ignoring_case(name, "PLAIN")) offered.auth_plain = true;
    if (equal_ignoring_case(name, "LOGIN")) offered.auth_login = true;
  }
}

void take_limits(Capabilities& offered, std::string_view list) {
  constexpr std::string_view kRecipients = "RCPTMAX=";
  for (const std::string_view limit : split(list, ' ')) {
    if (!starts_with_ignoring_case(limit, kRecipients)) continue;
    offered.max_recipients = parse_decimal<std::size_t>(limit.substr(kRecipients.size())).value_or(0);
  }
}

void take_extension(Capabilities& offered, std::string_view line) {
  const std::string_view keyword = line.substr(0, line.find(' '));
  const std::string_view parameters = trim(line.substr(keyword.size()));
  const auto is = [keyword](std::string_view name) { return equal_ignoring_case(keyword, name); };
  if (is("STARTTLS")) offered.starttls = true;
  if (is("PIPELINING")) offered.pipelining = true;
  if (is("8BITMIME")) offered.eight_bit_mime = true;
  if (is("SMTPUTF8")) offered.smtputf8 = true;
  if (is("DSN")) offered.dsn = true;
  if (is("ENHANCEDSTATUSCODES")) offered.enhanced_codes = true;
  if (is("CHUNKING")) offered.chunking = true;
  if (is("AUTH")) take_mechanisms(offered, parameters);
  if (is("LIMITS")) take_limits(offered, parameters);
  if (is("SIZE")) {
    offered.size = true;
    offered.max_size = parse_decimal<std::uint64_t>(parameters).value_or(0);
  }
}

}  // namespace

Capabilities Capabilities::parse(std::string_view text) {
  Capabilities offered{.extended = true};
  bool first = true;
  for (const std::string_view line : split(text, '\n')) {
    if (!std::exchange(first, false)) take_extension(offered, trim(line));
  }
  return offered;
}

}  // namespace postern::smtp
