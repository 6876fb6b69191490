#include <algorithm>

#include "smtp_driver.h"

// A whole server session. Octets 0 to 3: the driver's decisions; 4: TLS from the start, size of reads; the rest: what
// the client sends.
namespace {

using postern::smtp::ServerConfig;

const ServerConfig& config() {
  static const ServerConfig config = [] {
    ServerConfig made;
    made.hostname = "gate.example.org";
    made.limits.max_command_line = 512;
    made.limits.max_auth_line = 600;
    made.limits.max_text_line = 80;
    made.limits.max_message_size = 300;
    made.limits.max_recipients = 3;
    made.limits.max_refused_recipients = 5;
    made.limits.max_idle_commands = 20;
    made.limits.max_messages = 4;
    return made;
  }();
  return config;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 5) return 0;
  std::uint32_t decisions = 0;
  for (std::size_t i = 0; i < 4; ++i) decisions = decisions << 8U | data[i];
  const bool tls = (data[4] & 1U) != 0;
  const std::size_t piece = std::max<std::size_t>(1, data[4] >> 1U);
  const std::string bytes(data + 5, data + size);
  // Read line by line, as a client that waits for each reply sends it; then in two other cuts.
  postern::smtp::fuzz::compare_cuts(config(), tls, decisions, bytes.substr(0, bytes.rfind('\n') + 1), {}, 1);
  postern::smtp::fuzz::compare_cuts(config(), tls, decisions, {}, bytes, piece);
  return 0;
}
