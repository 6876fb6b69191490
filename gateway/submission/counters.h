#pragma once

#include <atomic>
#include <cstdint>

namespace postern::submission {

/// What happened since the start, for the administration's status. Thread-safe.
struct Counters {
  using Count = std::atomic<std::uint64_t>;
  Count accepted{0};     ///< connections that passed the gate
  Count refused{0};      ///< by the gate: not a byte was sent
  Count turned_away{0};  ///< passed the gate, but a limit was reached
  Count handshakes{0};   ///< TLS, completed
  Count resumed{0};      ///< of those, with a ticket
  Count tls_failures{0};
  Count logins{0};  ///< granted
  Count login_failures{0};
  Count messages{0};       ///< committed
  Count message_bytes{0};  ///< of those
  Count rejected{0};       ///< messages refused after their content
  Count aborted{0};        ///< messages that the client did not finish
};

}  // namespace postern::submission
