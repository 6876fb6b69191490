#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "system/access.h"

namespace postern::system {

namespace asio = boost::asio;

/// The box's packet filter as one nftables transaction: `table inet postern`, replaced as a whole. Other tables are
/// left alone. What it does:
///  - input is dropped by default; replies to our own connections, the loopback device and the ICMP that IPv4 and IPv6
///    can't work without pass;
///  - from the internet only the VPN's UDP port, which stays silent to whoever is no peer; no TCP, no ping;
///  - the submission ports only by the interface whose network the source belongs to;
///  - sources that can't have come in by their interface (tunnel and LAN addresses elsewhere, martians, no reverse
///    path), and destinations that belong to another interface (Linux would accept them), are dropped first;
///  - nothing is forwarded: peers reach the box, not one another nor the LAN.
/// kInvalid when an interface has a name that can't be written into a rule.
Result<std::string> firewall_rules(const config::Config& config, const std::vector<LinkAccess>& accesses);

/// Hands rules to the kernel; on an error the former rules stand.
asio::awaitable<Result<void>> apply_firewall(std::string rules);

}  // namespace postern::system
