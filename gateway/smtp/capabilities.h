#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postern::smtp {

/// What a server offered in its reply to EHLO.
struct Capabilities {
  bool extended = false;  ///< EHLO was understood; false after a fall back to HELO
  bool starttls = false;
  bool pipelining = false;
  bool eight_bit_mime = false;
  bool smtputf8 = false;
  bool dsn = false;
  bool enhanced_codes = false;
  bool chunking = false;
  bool auth_plain = false;
  bool auth_login = false;
  bool size = false;
  std::uint64_t max_size = 0;      ///< octets; 0: no limit stated
  std::size_t max_recipients = 0;  ///< RFC 9422 RCPTMAX; 0: none stated

  /// From the reply's text: the first line is the server's name, each other an extension. Unknown ones and
  /// malformed parameters are passed over.
  static Capabilities parse(std::string_view text);
};

}  // namespace postern::smtp
