#include "gate/rule.h"

#include <algorithm>

namespace postern::gate {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAllowed: return "allowed";
    case Verdict::kNoUnicastSource: return "no-unicast-source";
    case Verdict::kOwnAddress: return "own-address";
    case Verdict::kWrongLink: return "wrong-link";
    case Verdict::kRefusedAddress: return "refused-address";
    case Verdict::kForeignNetwork: return "foreign-network";
  }
  return "unknown";
}

bool is_possible_source(const IpAddress& address) {
  if (address.is_unspecified() || address.is_loopback() || address.is_multicast()) return false;
  if (!address.is_v4()) return true;
  // RFC 1122 section 3.2.1.3: network 0 only means "this host"; 240/4 and the broadcast address are reserved.
  const std::uint8_t first = address.bytes()[12];
  return first != 0 && first < 240;
}

Verdict judge(const GateRule& rule, const Arrival& arrival) {
  if (!is_possible_source(arrival.source)) return Verdict::kNoUnicastSource;
  if (arrival.source == arrival.local) return Verdict::kOwnAddress;
  if (rule.ifindex == 0 || arrival.ifindex != rule.ifindex) return Verdict::kWrongLink;
  if (std::ranges::contains(rule.refused, arrival.source)) return Verdict::kRefusedAddress;
  const bool known =
      std::ranges::any_of(rule.networks, [&](const IpNetwork& network) { return network.contains(arrival.source); });
  return known ? Verdict::kAllowed : Verdict::kForeignNetwork;
}

}  // namespace postern::gate
