#include "config/rules.h"

#include <array>
#include <format>
#include <string>

#include "config/units.h"

namespace postern::config {

namespace {

std::string lan_key(std::size_t index, std::string_view key) { return std::format("network.lan[{}].{}", index, key); }

std::string network_key(std::size_t lan, std::size_t network) {
  return std::format("network.lan[{}].networks[{}]", lan, network);
}

/// All source networks of all LANs against each other and against the tunnel: an address must tell where it is from.
void check_overlaps(const Config& config, Reader& reader) {
  if (!reader.good({"network.lan", "vpn.addresses"})) return;
  struct Named {
    std::string key;
    IpNetwork network;
  };
  std::vector<Named> seen;
  for (std::size_t i = 0; i < config.vpn.addresses.size(); ++i) {
    seen.push_back({std::format("vpn.addresses[{}]", i), config.vpn.addresses[i].network()});
  }
  const auto add = [&](std::string key, const IpNetwork& network) {
    for (const Named& other : seen) {
      if (!network.overlaps(other.network)) continue;
      reader.contradiction(key, network.to_string(), "a network that overlaps no other",
                           std::format("{} is {}", other.key, other.network.to_string()));
      break;
    }
    seen.push_back({std::move(key), network});
  };
  for (std::size_t i = 0; i < config.network.lan.size(); ++i) {
    const auto& networks = config.network.lan[i].networks;
    for (std::size_t j = 0; j < networks.size(); ++j) add(network_key(i, j), networks[j]);
  }
}

void check_tunnel_addresses(const Vpn& vpn, Reader& reader) {
  if (!reader.good({"vpn.addresses"})) return;
  bool v6 = false;
  for (std::size_t i = 0; i < vpn.addresses.size(); ++i) {
    v6 = v6 || !vpn.addresses[i].address.is_v4();
    for (std::size_t j = 0; j < i; ++j) {
      if (!vpn.addresses[i].network().overlaps(vpn.addresses[j].network())) continue;
      reader.contradiction(std::format("vpn.addresses[{}]", i), vpn.addresses[i].to_string(),
                           "a network that overlaps no other",
                           std::format("vpn.addresses[{}] is {}", j, vpn.addresses[j].to_string()));
    }
  }
  if (v6 && vpn.mtu < 1280 && reader.good({"vpn.mtu"})) {
    reader.contradiction("vpn.mtu", std::to_string(vpn.mtu), "at least 1280 where vpn.addresses has an IPv6 address");
  }
}

/// The interfaces of tunnel, WAN and LANs are different ones, but for one_armed.
void check_links(const Config& config, Reader& reader) {
  if (!reader.good({"network", "vpn.link"})) return;
  const Network& network = config.network;
  if (network.wan.link == config.vpn.link) {
    reader.contradiction("vpn.link", config.vpn.link, "an interface of its own", "network.wan.link has this name");
  }
  bool lan_on_wan = false;
  for (std::size_t i = 0; i < network.lan.size(); ++i) {
    const std::string& link = network.lan[i].link;
    if (link == config.vpn.link) {
      reader.contradiction(lan_key(i, "link"), link, "an interface that is not the tunnel's", "vpn.link has this name");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (network.lan[j].link != link) continue;
      reader.contradiction(lan_key(i, "link"), link, "an interface of its own",
                           std::format("put its networks under network.lan[{}]", j));
      break;
    }
    if (link != network.wan.link) continue;
    lan_on_wan = true;
    if (network.one_armed) continue;
    reader.contradiction(lan_key(i, "link"), link, "an interface that is not the WAN's",
                         "with one network card, set network.one_armed: true");
  }
  if (network.one_armed && !lan_on_wan) {
    reader.contradiction("network.one_armed", "true", std::format("a LAN whose link is {}", network.wan.link),
                         "with two network cards, set it to false");
  }
}

void check_routers(const Network& network, Reader& reader) {
  if (!reader.good({"network"})) return;
  for (std::size_t i = 0; i < network.lan.size(); ++i) {
    const Lan& lan = network.lan[i];
    bool inside = !lan.router;
    for (const IpNetwork& range : lan.networks) inside = inside || range.contains(*lan.router);
    if (!inside) {
      reader.contradiction(lan_key(i, "router"), lan.router->to_string(), "an address of the LAN's networks");
    }
    if (network.one_armed && lan.link == network.wan.link && !lan.router && !lan.accept_router) {
      reader.contradiction(lan_key(i, "router"), "none", "the router's address, which one_armed refuses",
                           "or accept_router: true, if you know that it forwards nothing here");
    }
  }
}

void check_ports(const SubmissionPorts& ports, Reader& reader) {
  if (!reader.good({"submission.ports"})) return;
  if (ports.submissions == 0 && ports.submission == 0) {
    reader.contradiction("submission.ports", "both ports 0", "at least one port", "465 and 587 are the usual ones");
  } else if (ports.submissions == ports.submission) {
    reader.contradiction("submission.ports.submission", std::to_string(ports.submission),
                         "another port than submission.ports.submissions");
  }
}

/// Pairs of which the first must not be above the second.
struct Ordered {
  std::string_view lower;
  std::string_view upper;
  std::int64_t low;
  std::int64_t high;
  std::string (*print)(std::int64_t);
};

std::string print_time(std::int64_t value) { return format_duration(Duration(value)); }
std::string print_size(std::int64_t value) { return format_size(static_cast<Bytes>(value)); }
std::string print_number(std::int64_t value) { return std::to_string(value); }

void check_order(const Config& config, Reader& reader) {
  const auto time = [](std::string_view lower, std::string_view upper, Duration low, Duration high) {
    return Ordered{lower, upper, low.count(), high.count(), print_time};
  };
  const auto bytes = [](std::string_view lower, std::string_view upper, Bytes low, Bytes high) {
    return Ordered{lower, upper, static_cast<std::int64_t>(low), static_cast<std::int64_t>(high), print_size};
  };
  const auto count = [](std::string_view lower, std::string_view upper, unsigned low, unsigned high) {
    return Ordered{lower, upper, low, high, print_number};
  };
  const auto& [limits, timeouts] = std::tie(config.submission.limits, config.submission.timeouts);
  const std::array pairs{
      bytes("submission.limits.header_size", "submission.limits.message_size", limits.header_size, limits.message_size),
      bytes("submission.limits.message_size", "spool.max_size", limits.message_size, config.spool.max_size),
      bytes("spool.inline_limit", "spool.segment_size", config.spool.inline_limit * 4, config.spool.segment_size),
      count("submission.limits.connections_per_address", "submission.limits.connections",
            limits.connections_per_address, limits.connections),
      count("submission.limits.connections_before_login", "submission.limits.connections",
            limits.connections_before_login, limits.connections),
      time("submission.timeouts.data", "submission.timeouts.message", timeouts.data, timeouts.message),
      time("submission.timeouts.message", "submission.timeouts.session", timeouts.message, timeouts.session),
      time("submission.timeouts.command", "submission.timeouts.session", timeouts.command, timeouts.session),
      time("submission.timeouts.before_login", "submission.timeouts.session", timeouts.before_login, timeouts.session),
      time("login.throttle.wait", "login.throttle.maximum_wait", config.login.throttle.wait,
           config.login.throttle.maximum_wait),
      time("ledger.checkpoint_interval", "ledger.epoch", config.ledger.checkpoint_interval, config.ledger.epoch),
      time("delivery.retry.first", "delivery.retry.maximum", config.delivery.retry.first,
           config.delivery.retry.maximum),
      time("delivery.retry.route_first", "delivery.retry.route_maximum", config.delivery.retry.route_first,
           config.delivery.retry.route_maximum),
      time("delivery.retry.maximum", "delivery.expire", config.delivery.retry.maximum, config.delivery.expire)};
  for (const Ordered& pair : pairs) {
    if (pair.low <= pair.high || !reader.good({std::string(pair.lower), std::string(pair.upper)})) continue;
    const bool quarter = pair.lower == "spool.inline_limit";
    reader.contradiction(
        std::string(pair.lower), pair.print(quarter ? pair.low / 4 : pair.low),
        std::format("at most {}{} ({})", quarter ? "a quarter of " : "", pair.upper, pair.print(pair.high)));
  }
}

void check_smart_host(const SmartHost& host, Reader& reader) {
  const std::string at = "delivery.smart_host.";
  if (!reader.good({"delivery.smart_host"})) return;
  const bool pinned = host.verify == SmartHostVerify::kFingerprint;
  if (pinned && host.fingerprint.empty()) {
    reader.contradiction(at + "fingerprint", "none", "the fingerprint that verify: fingerprint needs");
  }
  if (!pinned && !host.fingerprint.empty()) {
    reader.contradiction(at + "fingerprint", "one that nothing looks at", "verify: fingerprint, or no fingerprint");
  }
  if (pinned && !host.ca_file.empty()) {
    reader.contradiction(at + "ca_file", "one that nothing looks at", "verify: ca, or no ca_file");
  }
  if (host.port == 465 && host.tls == SmartHostTls::kStartTls) {
    reader.contradiction(at + "tls", "starttls on port 465", "implicit, which is what port 465 speaks");
  }
  if (host.port == 587 && host.tls == SmartHostTls::kImplicit) {
    reader.contradiction(at + "tls", "implicit on port 587", "starttls, which is what port 587 speaks");
  }
  if (host.host.empty() && host.address) {
    reader.contradiction(at + "host", "none", "the name of the host at " + host.address->to_string(),
                         "the certificate is checked against it");
  }
}

bool is_inside(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder + "/");
}

void check_folders(const Config& config, Reader& reader) {
  if (!reader.good({"gateway.data", "gateway.run", "spool.folder", "ledger.folder", "submission.tls"})) return;
  if (is_inside(config.gateway.run, config.gateway.data) || is_inside(config.gateway.data, config.gateway.run)) {
    reader.contradiction("gateway.run", config.gateway.run, "a folder outside gateway.data",
                         "sockets must not survive a restart");
  }
  if (is_inside(config.ledger.folder, config.spool.folder) || is_inside(config.spool.folder, config.ledger.folder)) {
    reader.contradiction("ledger.folder", config.ledger.folder,
                         "a folder that is not within spool.folder, nor around it");
  }
  if (config.submission.tls.certificate == config.submission.tls.key) {
    reader.contradiction("submission.tls.key", config.submission.tls.key,
                         "another file than submission.tls.certificate", "everybody may read a certificate");
  }
}

void check_ledger(const Ledger& ledger, Reader& reader) {
  if (!reader.good({"ledger.file_size", "ledger.max_size"}) || ledger.max_size == 0) return;
  if (ledger.file_size <= ledger.max_size / 4) return;
  reader.contradiction("ledger.file_size", format_size(ledger.file_size),
                       std::format("at most a quarter of ledger.max_size ({})", format_size(ledger.max_size)));
}

void check_panel(const Config& config, Reader& reader) {
  if (!reader.good({"panel.ports", "submission.ports"})) return;
  const auto& [panel, mail] = std::tie(config.panel.ports, config.submission.ports);
  const auto taken = [&](std::uint16_t port) {
    return port != 0 && (port == mail.submissions || port == mail.submission);
  };
  if (taken(panel.https) || (panel.http != 0 && panel.http == panel.https)) {
    reader.contradiction("panel.ports.https", std::to_string(panel.https), "a port of its own");
  }
  if (taken(panel.http)) reader.contradiction("panel.ports.http", std::to_string(panel.http), "a port of its own");
}

void check_public_address(const PublicAddress& address, Reader& reader) {
  if (!reader.good({"public_address"})) return;
  const AddressDetection& detection = address.detection;
  if (detection.ask == AddressQuestion::kDns && (!detection.server || detection.name.empty())) {
    reader.contradiction("public_address.detection.ask", "dns", "a server and a name to ask it for");
  }
  if (address.dynamic_dns.method == DynamicDns::kProvider && address.dynamic_dns.provider.empty()) {
    reader.contradiction("public_address.dynamic_dns.provider", "none", "the provider that method: provider needs");
  }
}

}  // namespace

void check_rules(const Config& config, Reader& reader) {
  check_links(config, reader);
  check_tunnel_addresses(config.vpn, reader);
  check_overlaps(config, reader);
  check_routers(config.network, reader);
  check_ports(config.submission.ports, reader);
  check_panel(config, reader);
  check_public_address(config.public_address, reader);
  check_order(config, reader);
  check_folders(config, reader);
  check_ledger(config.ledger, reader);
  check_smart_host(config.delivery.smart_host, reader);
}

}  // namespace postern::config
