#include "system/firewall.h"

#include <algorithm>
#include <format>

#include "base/mutant.h"
#include "base/text.h"
#include "system/process.h"

namespace postern::system {

namespace {

constexpr auto kNftDeadline = std::chrono::seconds(20);
constexpr std::size_t kLongestLinkName = 15;
constexpr std::string_view kReplace = "table inet postern\ndelete table inet postern\n";

bool is_link_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestLinkName &&
         std::ranges::all_of(name, [](char c) { return is_alnum(c) || std::string_view("_.-@").contains(c); });
}

/// "{ 10.9.0.0/24, 10.8.0.0/24 }" of one family; empty when there is none.
template <class Entries>
std::string set_of(const Entries& entries, bool v4) {
  std::string text;
  for (const auto& entry : entries) {
    bool same = false;
    if constexpr (requires { entry.base(); })
      same = entry.base().is_v4() == v4;
    else
      same = entry.is_v4() == v4;
    if (same) text += std::format("{}{}", text.empty() ? "" : ", ", entry.to_string());
  }
  return text.empty() ? text : std::format("{{ {} }}", text);
}

/// One rule for each family that has entries: `before` "ip saddr" operation set `after`.
template <class Entries>
void by_family(std::string& out, std::string_view before, std::string_view direction, std::string_view operation,
               const Entries& entries, std::string_view after) {
  for (const bool v4 : {true, false}) {
    const std::string set = set_of(entries, v4);
    if (set.empty()) continue;
    out += std::format("    {}{} {} {}{} {}\n", before, v4 ? "ip" : "ip6", direction, operation, set, after);
  }
}

std::string ports_of(const config::SubmissionPorts& ports) {
  std::string text;
  for (const auto port : {ports.submissions, ports.submission}) {
    if (port != 0) text += std::format("{}{}", text.empty() ? "" : ", ", port);
  }
  return text;
}

/// Who can't be where: before connection tracking, so that forgeries cost no memory.
std::string sources_chain(const config::Config& config, const std::vector<LinkAccess>& accesses) {
  std::string text =
      "  chain sources {\n"
      "    type filter hook prerouting priority raw; policy accept;\n"
      "    iifname \"lo\" accept\n"
      "    ip saddr { 127.0.0.0/8, 224.0.0.0/3 } counter drop\n"
      "    ip daddr 127.0.0.0/8 counter drop\n"
      "    ip6 saddr { ::1, ::ffff:0.0.0.0/96, ff00::/8 } counter drop\n";
  for (const auto& access : accesses) {
    const std::string here = std::format("iifname \"{}\" ", access.link);
    const std::string elsewhere = std::format("iifname != \"{}\" ", access.link);
    by_family(text, elsewhere, "saddr", "", access.sources, "counter drop");
    if (access.kind == ipc::NetworkKind::kTunnel) {
      by_family(text, here, "saddr", "!= ", access.sources, "counter drop");
      std::vector<IpAddress> own;
      for (const auto& address : config.vpn.addresses) own.push_back(address.address);
      by_family(text, elsewhere, "daddr", "", own, "counter drop");
    }
  }
  // IPv4 has the rp_filter sysctl; neighbour discovery comes from :: and link-local sources and must pass.
  text +=
      "    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, mld-listener-query } accept\n"
      "    meta nfproto ipv6 fib saddr . iif oif missing counter drop\n"
      "  }\n";
  return text;
}

std::string input_chain(const config::Config& config, const std::vector<LinkAccess>& accesses) {
  std::string vpn_links = std::format("\"{}\"", config.network.wan.link);
  std::string jumps;
  for (std::size_t i = 0; i < accesses.size(); ++i) {
    jumps += std::format("    iifname \"{}\" goto from_{}\n", accesses[i].link, i);
    if (accesses[i].kind == ipc::NetworkKind::kLan && accesses[i].link != config.network.wan.link) {
      vpn_links += std::format(", \"{}\"", accesses[i].link);
    }
  }
  return std::format(
      "  chain input {{\n"
      "    type filter hook input priority filter; policy drop;\n"
      "    iifname \"lo\" accept\n"
      "    ct state invalid counter drop\n"
      "    ct state established,related accept\n"
      "    fib daddr . iif type != {{ local, anycast, broadcast, multicast }} counter drop\n"
      "    icmp type {{ destination-unreachable, time-exceeded, parameter-problem }} accept\n"
      "    icmpv6 type {{ destination-unreachable, packet-too-big, time-exceeded, parameter-problem, "
      "nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, mld-listener-query }} accept\n"
      "    ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept\n"
      "    iifname {{ {} }} udp dport {} accept\n"
      "{}"
      "    counter drop\n"
      "  }}\n",
      vpn_links, config.vpn.port, jumps);
}

/// What one interface's own network may do, once it is known that the packet came in there.
std::string access_chain(const config::Config& config, const LinkAccess& access, std::size_t number) {
  std::string text = std::format("  chain from_{} {{\n", number);
  by_family(text, "", "saddr", "", access.refused, "counter drop");
  by_family(text, "", "saddr", "", access.sources,
            std::format("tcp dport {{ {} }} accept", ports_of(config.submission.ports)));
  by_family(text, "", "saddr", "", access.sources,
            "meta l4proto { icmp, ipv6-icmp } limit rate 20/second burst 40 packets accept");
  return text + "    counter drop\n  }\n";
}

}  // namespace

Result<std::string> firewall_rules(const config::Config& config, const std::vector<LinkAccess>& accesses) {
  if (mutant(Mutant::kFirewall)) return std::string(kReplace);
  std::vector<std::string> names = {config.network.wan.link};
  for (const auto& access : accesses) names.push_back(access.link);
  for (const auto& name : names) {
    if (!is_link_name(name)) {
      return fail(ErrorCode::kInvalid, std::format("'{}' can't be the name of an interface", printable(name)));
    }
  }
  std::string rules(kReplace);
  rules += "table inet postern {\n" + sources_chain(config, accesses);
  // Chains that input goes to must stand before it.
  for (std::size_t i = 0; i < accesses.size(); ++i) rules += access_chain(config, accesses[i], i);
  rules += input_chain(config, accesses);
  rules +=
      "  chain forward {\n"
      "    type filter hook forward priority filter; policy drop;\n"
      "  }\n"
      "  chain output {\n"
      "    type filter hook output priority filter; policy accept;\n"
      "  }\n"
      "}\n";
  return rules;
}

asio::awaitable<Result<void>> apply_firewall(std::string rules) {
  const auto applied = co_await run_checked(command("/usr/sbin/nft", "-f", "-"), rules, kNftDeadline);
  if (!applied) co_return fail(applied.error());
  co_return Result<void>{};
}

}  // namespace postern::system
