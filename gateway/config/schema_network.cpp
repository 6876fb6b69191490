#include "config/schema.h"
#include "config/values.h"

// The sections gate, certificate, public_address and panel.
namespace postern::config {

namespace {

using namespace std::chrono_literals;

ValuePtr<Bans> bans_section() {
  auto section = std::make_shared<Section<Bans>>();
  section->key("strikes", &Bans::strikes, number(1U, 1000U), "Offences within the window that lead to a ban.")
      .key("window", &Bans::window, duration(10s, 24h), "How long an offence counts.")
      .key("duration", &Bans::duration, duration(10s, 7 * 24h), "How long a ban lasts.")
      .key("entries", &Bans::entries, number(100U, 1'000'000U), "Sources remembered at most.");
  return section;
}

ValuePtr<Acme> acme_section() {
  auto section = std::make_shared<Section<Acme>>();
  section->key("directory", &Acme::directory, https_url(), "The authority's directory.")
      .key("email", &Acme::email, text("an address", 0, 254), "Where the authority writes to; empty: nowhere.")
      .key("provider", &Acme::provider, provider_name(false),
           "How the record in the DNS is made: lego's name of the provider; rfc2136 is dynamic update with TSIG.")
      .key("secret_file", &Acme::secret_file, data_file(false),
           "File of root's with NAME=value lines, the settings and secrets of that provider.")
      .key("ca_file", &Acme::ca_file, data_file(true),
           "PEM file of the authorities for the directory's own certificate; empty: the system's.")
      .key("resolvers", &Acme::resolvers, list(ip_endpoint(), 0, 8),
           "Name servers that are asked whether the record is there; none: the system's.");
  return section;
}

ValuePtr<AddressDetection> detection_section() {
  using Detection = AddressDetection;
  auto section = std::make_shared<Section<Detection>>();
  section
      ->key(
          "ask", &Detection::ask,
          choice<AddressQuestion>(
              {{"none", AddressQuestion::kNone}, {"dns", AddressQuestion::kDns}, {"router", AddressQuestion::kRouter}}),
          "none: only the interface's own address is looked at; dns: a name server that answers with the asker's "
          "address; router: the office router, by UPnP.")
      .key("server", &Detection::server, optional(ip_address()), "For dns: the name server.")
      .key("name", &Detection::name, host_name(true), "For dns: the name whose A record is the asker's address.")
      .key("interval", &Detection::interval, duration(10s, 24h), "How often.");
  return section;
}

ValuePtr<DynamicName> dynamic_dns_section() {
  auto section = std::make_shared<Section<DynamicName>>();
  section
      ->key("method", &DynamicName::method,
            choice<DynamicDns>(
                {{"none", DynamicDns::kNone}, {"update", DynamicDns::kUpdate}, {"provider", DynamicDns::kProvider}}),
            "update: RFC 2136 with TSIG; provider: one of the usual ones.")
      .key("name", &DynamicName::name, host_name(true),
           "The name that follows the address; empty: the host of vpn.endpoint, else gateway.name.")
      .key("ttl", &DynamicName::ttl, number(10U, 86400U), "Seconds that others may remember the address.")
      .key("server", &DynamicName::server, optional(ip_endpoint()),
           "For update: who takes it; none: the zone's first name server.")
      .key("zone", &DynamicName::zone, host_name(true), "For update: the zone; empty: the one that holds the name.")
      .key("secret_file", &DynamicName::secret_file, data_file(false),
           "File of root's. For update: the TSIG key in BIND's form; for provider: the lines \"username = ...\" and "
           "\"password = ...\" of inadyn.")
      .key("provider", &DynamicName::provider, provider_name(true),
           "For provider: inadyn's name of it, such as default@freedns.afraid.org.");
  return section;
}

ValuePtr<PanelPorts> panel_ports_section() {
  auto section = std::make_shared<Section<PanelPorts>>();
  section->key("https", &PanelPorts::https, number<std::uint16_t>(0, 65535), "The panel; 0 switches it off.")
      .key("http", &PanelPorts::http, number<std::uint16_t>(0, 65535),
           "Sends browsers to the panel, and serves nothing; 0 switches it off.");
  return section;
}

}  // namespace

ValuePtr<Gate> gate_section() {
  auto section = std::make_shared<Section<Gate>>();
  section
      ->key("bans", &Gate::bans, bans_section(),
            "Sources that misbehave are not listened to for a while; IPv6 ones are counted by /64.")
      .key("connections_per_minute", &Gate::connections_per_minute, number(0U, 1'000'000U),
           "New connections of one source a minute; more are closed without a banner. 0: any number.");
  return section;
}

ValuePtr<Certificate> certificate_section() {
  auto section = std::make_shared<Section<Certificate>>();
  section
      ->key("source", &Certificate::source,
            choice<CertificateSource>({{"own", CertificateSource::kOwn}, {"acme", CertificateSource::kAcme}}),
            "own: the box's own authority, or an uploaded certificate; acme: a public authority (RFC 8555) with a "
            "record in the DNS.")
      .key("names", &Certificate::names, list(host_name(false), 0, 32),
           "Names that it is to be good for beside gateway.name.")
      .key("warn", &Certificate::warn, duration(24h, 90 * 24h),
           "Status and ledger tell of a certificate that ends so soon.")
      .key("acme", &Certificate::acme, acme_section(), "What the ACME client needs.");
  return section;
}

ValuePtr<PublicAddress> public_address_section() {
  auto section = std::make_shared<Section<PublicAddress>>();
  section
      ->key("detection", &PublicAddress::detection, detection_section(),
            "How the box learns the address that the internet knows it by.")
      .key("dynamic_dns", &PublicAddress::dynamic_dns, dynamic_dns_section(), "A name that follows the address.")
      .key("port_mapping", &PublicAddress::port_mapping,
           choice<PortMapping>(
               {{"none", PortMapping::kNone}, {"upnp", PortMapping::kUpnp}, {"nat-pmp", PortMapping::kNatPmp}}),
           "Asks the office router to forward the VPN's port here.");
  return section;
}

ValuePtr<Panel> panel_section() {
  auto section = std::make_shared<Section<Panel>>();
  section->key("ports", &Panel::ports, panel_ports_section(), "TCP ports, open on LAN and tunnel only.");
  return section;
}

}  // namespace postern::config
