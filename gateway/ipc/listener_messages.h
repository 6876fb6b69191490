#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ip.h"
#include "ipc/auth_messages.h"
#include "ipc/codec.h"

/// What postern-system tells postern-submit on the "listeners" socket. After the connection is made it sends a
/// ListenerAdd (each with a descriptor) for every listener that stands, then ListenersComplete; afterwards changes as
/// they happen. Submit sends nothing. When the connection breaks, submit keeps its listeners and connects again; the
/// new list replaces the old by key.
namespace postern::ipc {

/// A listening TCP socket, bound to one address on one device (SO_BINDTODEVICE); the descriptor comes with the frame.
struct ListenerAdd {
  static constexpr std::uint16_t kType = 0x0201;
  enum class Mode : std::uint8_t {
    kSubmissions = 0,  ///< implicit TLS (RFC 8314), port 465
    kSubmission = 1,   ///< STARTTLS, port 587
  };

  std::string key;            ///< names the listener for good: "<link> <address>:<port>"
  std::string link;           ///< the device it is bound to
  std::uint32_t ifindex = 0;  ///< that device's number, for the check of each connection (gate/arrival.h)
  NetworkKind network = NetworkKind::kTunnel;
  Mode mode = Mode::kSubmissions;
  IpEndpoint local;
  std::vector<IpNetwork> sources;  ///< only these source networks may speak
  std::vector<IpAddress> refused;  ///< but not these (the office router in one-armed mode)

  void encode(Writer& writer) const;
  static ListenerAdd decode(Reader& reader);
};

/// The listener is gone: stop accepting there. Sessions that stand go on.
struct ListenerRemove {
  static constexpr std::uint16_t kType = 0x0202;
  std::string key;

  void encode(Writer& writer) const { writer.text(key); }
  static ListenerRemove decode(Reader& reader) { return {std::string(reader.text())}; }
};

/// The list that a new connection begins with is complete: listeners not in it are gone.
struct ListenersComplete {
  static constexpr std::uint16_t kType = 0x0203;
  void encode(Writer&) const {}
  static ListenersComplete decode(Reader&) { return {}; }
};

/// A device was revoked or suspended, or a person: end its open sessions now.
struct EndSessions {
  static constexpr std::uint16_t kType = 0x0204;
  std::string person;              ///< sessions logged in as this person, empty: of anybody
  std::vector<IpAddress> sources;  ///< sessions from these addresses, empty: from anywhere
  std::string reason;              ///< for the ledger

  void encode(Writer& writer) const;
  static EndSessions decode(Reader& reader);
};

/// The certificate files were replaced: load them again. Sessions that stand go on.
struct ReloadCertificate {
  static constexpr std::uint16_t kType = 0x0205;
  void encode(Writer&) const {}
  static ReloadCertificate decode(Reader&) { return {}; }
};

}  // namespace postern::ipc
