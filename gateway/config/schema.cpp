#include "config/schema.h"

#include "config/values.h"

namespace postern::config {

namespace {

using namespace std::chrono_literals;

constexpr Bytes kKiB = 1ULL << 10;
constexpr Bytes kMiB = 1ULL << 20;
constexpr Bytes kGiB = 1ULL << 30;

ValuePtr<Gateway> gateway_section() {
  auto section = std::make_shared<Section<Gateway>>();
  section
      ->key("name", &Gateway::name, host_name(false),
            "Fully qualified name: in greetings, EHLO, Received, Message-ID and the certificate.")
      .key("data", &Gateway::data, absolute_path(512),
           "Folder of everything that must survive a restart. Relative paths of other keys are below it.")
      .key("run", &Gateway::run, absolute_path(80), "Folder of the local sockets.")
      .key("log_level", &Gateway::log_level,
           choice<LogLevel>({{"debug", LogLevel::kDebug},
                             {"info", LogLevel::kInfo},
                             {"notice", LogLevel::kNotice},
                             {"warning", LogLevel::kWarning},
                             {"error", LogLevel::kError}}),
           "Least urgent diagnostics that reach the journal. What happens to mail is in the ledger whatever this "
           "says.")
      .key("workers", &Gateway::workers, number(0U, 256U), "Threads for TLS handshakes; 0 means one per processor.");
  return section;
}

ValuePtr<Wan> wan_section() {
  auto section = std::make_shared<Section<Wan>>();
  section->key("link", &Wan::link, link_name(), "Interface towards the internet.");
  return section;
}

ValuePtr<Lan> lan_section() {
  auto section = std::make_shared<Section<Lan>>();
  section
      ->required("link", &Lan::link, link_name(),
                 "Interface on which its connections arrive; others are refused even with a right source address.")
      .required("networks", &Lan::networks, list(source_network(), 1, 64), "Source addresses that may speak.")
      .key("router", &Lan::router, optional(ip_address()),
           "The network's router. With one_armed it must be named and is refused: a port-forward on it would make the "
           "internet look local.")
      .key("accept_router", &Lan::accept_router, flag(),
           "Accepts the router all the same: a weaker guarantee, shown by posternctl status.");
  return section;
}

ValuePtr<Network> network_section() {
  auto section = std::make_shared<Section<Network>>();
  const Lan sample{.link = "eth1",
                   .networks = {IpNetwork::parse("192.168.10.0/24").value(), IpNetwork::parse("fd00:10::/64").value()},
                   .router = IpAddress::parse("192.168.10.1").value()};
  section->key("wan", &Network::wan, wan_section(), "The link to the internet. Nobody can submit mail from there.")
      .sampled("lan", &Network::lan, list(lan_section(), 0, 16),
               "Local networks whose hosts may submit mail after a login. None: only the tunnel.", {sample})
      .key("one_armed", &Network::one_armed, flag(), "One network card: wan.link is also the link of a LAN.");
  return section;
}

ValuePtr<Vpn> vpn_section() {
  auto section = std::make_shared<Section<Vpn>>();
  section->key("link", &Vpn::link, link_name(), "Name of the tunnel's interface.")
      .key("implementation", &Vpn::implementation,
           choice<VpnImplementation>({{"auto", VpnImplementation::kAuto},
                                      {"kernel", VpnImplementation::kKernel},
                                      {"userspace", VpnImplementation::kUserspace}}),
           "WireGuard of the kernel or wireguard-go; auto: the kernel's where it has one.")
      .key("port", &Vpn::port, number<std::uint16_t>(1, 65535), "UDP port.")
      .key("endpoint", &Vpn::endpoint, host_and_port(),
           "What client configurations connect to; empty: gateway.name and port.")
      .key("addresses", &Vpn::addresses, list(interface_address(), 1, 8),
           "The box's own addresses in the tunnel; devices get addresses of the same networks.")
      .key("mtu", &Vpn::mtu, number(576U, 9000U), "Largest packet in the tunnel, in bytes.")
      .key("keepalive", &Vpn::keepalive, duration(1s, 65535s, "none"), "PersistentKeepalive in client configurations.")
      .key("dns", &Vpn::dns, list(ip_address(), 0, 8), "Name servers in client configurations.");
  return section;
}

ValuePtr<Spool> spool_section() {
  auto section = std::make_shared<Section<Spool>>();
  section->key("folder", &Spool::folder, data_file(false), "Where the queue is kept.")
      .key("segment_size", &Spool::segment_size, size(1 * kMiB, 4 * kGiB), "Preallocated size of one log segment.")
      .key("inline_limit", &Spool::inline_limit, size(4 * kKiB, 16 * kMiB),
           "Messages up to this size go into the log; larger ones get a file of their own.")
      .key("reserve_free", &Spool::reserve_free, size(16 * kMiB, 1024 * kGiB),
           "Free disk space below which new mail gets 452.")
      .key("max_messages", &Spool::max_messages, number(1U, 10'000'000U),
           "Messages in the queue above which new mail gets 452.")
      .key("max_size", &Spool::max_size, size(16 * kMiB, 16384 * kGiB),
           "Size of all messages in the queue above which new mail gets 452.")
      .key("flush_window", &Spool::flush_window, duration(1us, 100ms, "no time"),
           "How long a flush waits for company beyond the flush before it.")
      .key("checkpoint_every", &Spool::checkpoint_every, size(1 * kMiB, 64 * kGiB),
           "Log written since the last checkpoint that starts a new one.");
  return section;
}

ValuePtr<Ledger> ledger_section() {
  auto section = std::make_shared<Section<Ledger>>();
  section->key("folder", &Ledger::folder, data_file(false), "Where the transaction log is kept.")
      .key("file_size", &Ledger::file_size, size(1 * kMiB, 4 * kGiB), "Size at which a new file is begun.")
      .key("retention", &Ledger::retention, duration(24h, 36500 * 24h, "ever"), "Entries are kept at least so long.")
      .key("max_size", &Ledger::max_size, size(16 * kMiB, 16384 * kGiB, "no bound"),
           "The oldest files go, loudly, when all together are larger, retention or not.")
      .key("checkpoint_entries", &Ledger::checkpoint_entries, number(1U, 1'000'000U),
           "Entries after which a signed checkpoint is written.")
      .key("checkpoint_interval", &Ledger::checkpoint_interval, duration(1s, 24h),
           "Time after which a signed checkpoint is written, if there are new entries.")
      .key("epoch", &Ledger::epoch, duration(1h, 366 * 24h),
           "Age at which the signing key is replaced by a fresh one and destroyed.");
  return section;
}

ValuePtr<People> people_section() {
  auto section = std::make_shared<Section<People>>();
  section->key("file", &People::file, data_file(false), "Names, addresses and devices, written by postern-system.")
      .key("passwords", &People::passwords, absolute_path(512),
           "Password store of libnss-extrausers: passwd, shadow and group. That module reads no other folder.");
  return section;
}

Section<Config> make_schema() {
  Section<Config> root;
  root.required("version", &Config::version, number(1U, 1U), "Version of this format.")
      .key("gateway", &Config::gateway, gateway_section(), "The box itself.")
      .key("network", &Config::network, network_section(), "Where connections come from.")
      .key("gate", &Config::gate, gate_section(), "What becomes of sources that misbehave.")
      .key("vpn", &Config::vpn, vpn_section(), "The WireGuard tunnel of the remote workers.")
      .key("public_address", &Config::public_address, public_address_section(),
           "The address that the internet knows the box by. Unless told here, nobody is asked and nobody is told.")
      .key("certificate", &Config::certificate, certificate_section(), "Where the server's certificate comes from.")
      .key("panel", &Config::panel, panel_section(), "The administration in the browser.")
      .key("submission", &Config::submission, submission_section(), "Receiving mail from the clients.")
      .key("login", &Config::login, login_section(), "Who may log in, from where, and how often.")
      .key("spool", &Config::spool, spool_section(), "The durable queue.")
      .key("ledger", &Config::ledger, ledger_section(), "The transaction log.")
      .key("delivery", &Config::delivery, delivery_section(), "Sending mail on.")
      .key("people", &Config::people, people_section(), "The people of this office.");
  return root;
}

}  // namespace

const Section<Config>& schema() {
  static const Section<Config> root = make_schema();
  return root;
}

const std::vector<KeyDoc>& key_docs() {
  static const std::vector<KeyDoc> docs = [] {
    std::vector<KeyDoc> all;
    schema().describe("", Config{}, all);
    return all;
  }();
  return docs;
}

}  // namespace postern::config
