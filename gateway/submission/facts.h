#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip.h"
#include "ipc/listener_messages.h"
#include "ledger/event.h"
#include "message/authors.h"
#include "submission/tls.h"

namespace postern::submission {

/// How a client came in.
struct Origin {
  IpEndpoint client;
  IpEndpoint local;
  std::string link;  ///< the interface it arrived on
  ipc::NetworkKind network = ipc::NetworkKind::kTunnel;
  ipc::ListenerAdd::Mode mode = ipc::ListenerAdd::Mode::kSubmissions;

  bool implicit_tls() const { return mode == ipc::ListenerAdd::Mode::kSubmissions; }
};

/// What is known of a session; grows as it goes on. Texts that the client chose (helo, tls.server_name) are not
/// trusted.
struct SessionFacts {
  std::uint64_t id = 0;
  Origin origin;
  std::string client;  ///< origin.client's address as text
  std::string helo;
  TlsFacts tls;
  std::string person;                           ///< canonical; empty before the login
  std::string device;                           ///< empty for a LAN host
  std::optional<message::Ownership> ownership;  ///< what the person may send as; there after the login

  /// Begins a ledger event with what each event of a session says: session, client, link, person and device as far as
  /// they are known.
  ledger::Event event(std::string_view name) const {
    ledger::Event made(name);
    made.id("session", id).field("client", client).field("link", origin.link);
    made.field("person", person).field("device", device);
    return made;
  }
};

}  // namespace postern::submission
