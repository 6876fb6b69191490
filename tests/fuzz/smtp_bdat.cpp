#include <algorithm>

#include "smtp_driver.h"

// BDAT, the framing by counts (RFC 3030), from where a recipient is accepted. Octet 0: size of reads; the rest: what
// the client sends, with "BDAT" written for it: each octet 0xF0 to 0xFF begins a chunk of that many of the octets that
// follow, up to 0xF7 as LAST; all others are sent as they are.
namespace {

using postern::smtp::ServerConfig;

const ServerConfig& config() {
  static const ServerConfig config = [] {
    ServerConfig made;
    made.hostname = "gate.example.org";
    made.limits.max_text_line = 40;
    made.limits.max_message_size = 120;
    return made;
  }();
  return config;
}

constexpr std::string_view kPrelude = "EHLO c\r\nAUTH PLAIN AGEAYg==\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";

std::string with_chunks(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    const auto head = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (head < 0xF0) {
      out += static_cast<char>(head);
      continue;
    }
    const std::size_t count = std::min<std::size_t>((head & 7U) * 5U, bytes.size());
    out += "BDAT " + std::to_string(count) + ((head & 8U) == 0 ? " LAST\r\n" : "\r\n");
    out += bytes.substr(0, count);
    bytes.remove_prefix(count);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string bytes = with_chunks(std::string(data + 1, data + size));
  const std::size_t piece = 1 + data[0] % 64U;
  postern::smtp::fuzz::compare_cuts(config(), true, ~0U, kPrelude, bytes, piece);
  return 0;
}
