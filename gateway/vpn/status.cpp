#include "vpn/status.h"

#include <algorithm>

#include "base/text.h"

namespace postern::vpn {

namespace {

constexpr std::string_view kNone = "(none)";
constexpr std::size_t kInterfaceFields = 4;
constexpr std::size_t kPeerFields = 8;
constexpr auto kActiveAge = std::chrono::seconds(180);

/// One line of a peer: public key, preshared key, endpoint, allowed addresses, handshake, received, sent, keepalive.
std::optional<PeerStatus> parse_peer(std::string_view line) {
  const auto fields = split(line, '\t');
  if (fields.size() != kPeerFields || !is_key(fields[0])) return std::nullopt;
  PeerStatus status;
  status.peer.public_key = fields[0];
  if (fields[1] != kNone) status.peer.preshared = Secret(fields[1]);
  if (fields[2] != kNone) {
    const auto endpoint = IpEndpoint::parse(fields[2]);
    // A link-local endpoint carries a zone, which IpEndpoint does not hold: the peer is fine, its place not printable.
    if (endpoint) status.endpoint = *endpoint;
  }
  if (fields[3] != kNone) {
    for (const std::string_view text : split(fields[3], ',')) {
      const auto network = IpNetwork::parse(text);
      if (!network) return std::nullopt;
      status.peer.allowed.push_back(*network);
    }
  }
  const auto handshake = parse_decimal<std::int64_t>(fields[4]);
  const auto received = parse_decimal<std::uint64_t>(fields[5]);
  const auto sent = parse_decimal<std::uint64_t>(fields[6]);
  const auto keepalive = fields[7] == "off" ? std::optional<unsigned>(0) : parse_decimal<unsigned>(fields[7]);
  if (!handshake || !received || !sent || !keepalive) return std::nullopt;
  if (*handshake > 0) status.handshake = WallTime(std::chrono::seconds(*handshake));
  status.received = *received;
  status.sent = *sent;
  status.keepalive = *keepalive;
  std::ranges::sort(status.peer.allowed);
  return status;
}

}  // namespace

Result<TunnelStatus> parse_dump(std::string_view dump) {
  const auto lines = split(dump.ends_with('\n') ? dump.substr(0, dump.size() - 1) : dump, '\n');
  const auto head = split(lines[0], '\t');
  TunnelStatus status;
  const auto port = head.size() == kInterfaceFields ? parse_decimal<std::uint16_t>(head[2]) : std::nullopt;
  // The lines hold keys, so no error quotes them.
  if (!port) return fail(ErrorCode::kProtocol, "'wg show dump' printed an unknown first line");
  if (head[1] != kNone) status.public_key = head[1];
  status.port = *port;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    auto peer = parse_peer(lines[i]);
    if (!peer) return fail(ErrorCode::kProtocol, "'wg show dump' printed an unknown line " + std::to_string(i + 1));
    status.peers.push_back(std::move(*peer));
  }
  std::ranges::sort(status.peers, {},
                    [](const PeerStatus& peer) -> const std::string& { return peer.peer.public_key; });
  return status;
}

Presence presence_of(const PeerStatus& status, WallTime now) {
  if (!status.handshake) return Presence::kNever;
  return now - *status.handshake < kActiveAge ? Presence::kActive : Presence::kIdle;
}

std::string_view to_string(Presence presence) {
  switch (presence) {
    case Presence::kNever: return "never";
    case Presence::kIdle: return "idle";
    case Presence::kActive: return "active";
  }
  return "unknown";
}

}  // namespace postern::vpn
