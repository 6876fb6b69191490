#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "ipc/auth_messages.h"

/// Who may speak at all. Pure rules: no sockets, no clock, no state.
namespace postern::gate {

/// What one listener allows. A connection must pass all of it before it gets a single byte from us.
struct GateRule {
  std::string link;      ///< the interface's name, for logs
  unsigned ifindex = 0;  ///< its number; 0 matches nothing, so an unset rule refuses everybody
  ipc::NetworkKind kind = ipc::NetworkKind::kTunnel;
  std::vector<IpNetwork> networks;  ///< sources that may speak
  std::vector<IpAddress> refused;   ///< single addresses that may not, although a network holds them
};

/// Where a connection comes from, as the kernel knows it (gate/arrival.h). IPv4-mapped addresses are IPv4 addresses
/// (base/ip.h), so there is no second spelling to slip through.
struct Arrival {
  unsigned ifindex = 0;  ///< the interface that its packets came in by; 0: not known
  IpAddress source;
  IpAddress local;
};

/// Why a connection is refused; kAllowed when it is not.
enum class Verdict : std::uint8_t {
  kAllowed = 0,
  kNoUnicastSource,  ///< loopback, unspecified, multicast, broadcast or reserved: nothing that a host may send from
  kOwnAddress,       ///< the box speaks to itself
  kWrongLink,        ///< right or wrong source, but it came in by another interface
  kRefusedAddress,   ///< named in `refused`: the router in one-armed mode
  kForeignNetwork,   ///< not in any of the networks
};

/// "allowed", "no-unicast-source", "own-address", "wrong-link", "refused-address", "foreign-network": the ledger's
/// words.
std::string_view to_string(Verdict verdict);

/// The decision. The checks run in the order of Verdict's values; the first that fails is the answer.
Verdict judge(const GateRule& rule, const Arrival& arrival);

/// Whether a host on a network may use this as its source at all. Link-local addresses may: a rule decides.
bool is_possible_source(const IpAddress& address);

}  // namespace postern::gate
