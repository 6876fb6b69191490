#include "config/load.h"

#include <catch2/catch_test_macros.hpp>

using namespace postern;
using namespace postern::config;
using namespace std::chrono_literals;

namespace {

Config good(const std::string& text) {
  const Loaded loaded = load_text(text);
  INFO(to_string(loaded.problems));
  REQUIRE(loaded.config.has_value());
  return *loaded.config;
}

}  // namespace

TEST_CASE("the smallest file gives the defaults") { CHECK(good("version: 1\n") == Config{}); }

TEST_CASE("sections without keys give the defaults") {
  CHECK(good("version: 1\nlogin:\nsubmission:\n  limits:\nnetwork:\n  lan:\n") == Config{});
}

TEST_CASE("values reach their members") {
  const Config config = good(
      "version: 1\n"
      "gateway:\n  name: Mail.Example.ORG\n  log_level: debug\n  workers: 3\n"
      "network:\n  wan:\n    link: wan0\n  lan:\n"
      "    - link: lan0\n      networks: [192.168.7.0/24, 'fd07::/64']\n      router: 192.168.7.1\n"
      "    - link: lan1\n      networks: [10.1.2.3]\n      accept_router: true\n"
      "vpn:\n  implementation: userspace\n  addresses: [10.8.0.1/22]\n  keepalive: 0\n  dns: [10.8.0.1]\n"
      "submission:\n  ports: {submissions: 0, submission: 2525}\n  limits:\n    message_size: 25MiB\n"
      "  timeouts:\n    data: 90s\n  tls:\n    minimum: 1.3\n  hide_client_address: false\n"
      "login:\n  binding: off\n  lan_binding: strict\n"
      "delivery:\n  smart_host:\n    host: relay.example.net\n    verify: fingerprint\n"
      "    fingerprint: " +
      std::string("AB:") +
      std::string("CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:"
                  "23:45:67:89:AB:CD:EF:01:23:45:67:89") +
      "\n"
      "  retry:\n    factor: 1.5\n");
  CHECK(config.gateway.name == "mail.example.org");
  CHECK(config.gateway.log_level == LogLevel::kDebug);
  CHECK(config.gateway.workers == 3);
  CHECK(config.network.wan.link == "wan0");
  REQUIRE(config.network.lan.size() == 2);
  CHECK(config.network.lan[0].networks[1] == IpNetwork::parse("fd07::/64").value());
  CHECK(config.network.lan[0].router == IpAddress::parse("192.168.7.1").value());
  CHECK(config.network.lan[1].networks[0].prefix() == 32);
  CHECK(config.network.lan[1].accept_router);
  CHECK(config.vpn.implementation == VpnImplementation::kUserspace);
  CHECK(config.vpn.addresses.size() == 1);
  CHECK(config.vpn.addresses[0].network() == IpNetwork::parse("10.8.0.0/22").value());
  CHECK(config.vpn.keepalive == 0s);
  CHECK(config.submission.ports.submissions == 0);
  CHECK(config.submission.ports.submission == 2525);
  CHECK(config.submission.limits.message_size == 25U << 20);
  CHECK(config.submission.timeouts.data == 90s);
  CHECK(config.submission.tls.minimum == TlsVersion::kTls13);
  CHECK_FALSE(config.submission.hide_client_address);
  CHECK(config.login.binding == Binding::kOff);
  CHECK(config.login.lan_binding == LanBinding::kStrict);
  CHECK(config.delivery.smart_host.fingerprint.starts_with("abcdef0123456789"));
  CHECK(config.delivery.smart_host.fingerprint.size() == 64);
  CHECK(config.delivery.retry.factor == 1.5);
}

TEST_CASE("paths follow gateway.data wherever it stands in the file") {
  const Config config = good(
      "version: 1\n"
      "spool:\n  folder: queue\n"
      "ledger:\n  folder: /var/lib/postern/ledger\n"
      "gateway:\n  data: /srv/post\n");
  CHECK(config.spool.folder == "/srv/post/queue");
  CHECK(config.ledger.folder == "/var/lib/postern/ledger");
  CHECK(config.submission.tls.certificate == "/srv/post/tls/certificate.pem");
  CHECK(config.people.file == "/srv/post/people/people.json");
  CHECK(config.delivery.smart_host.ca_file.empty());
}

TEST_CASE("what was written loads to the same configuration") {
  Config config;
  config.gateway.data = "/srv/post";
  config.gateway.name = "mx.example.org";
  config.spool.folder = "/srv/post/spool";
  config.ledger.folder = "/elsewhere/ledger";
  config.submission.tls.certificate = "/srv/post/tls/c.pem";
  config.submission.tls.key = "/srv/post/tls/k.pem";
  config.submission.greeting = "say \"hi\" \\ # here";
  config.delivery.smart_host.secret_file = "/etc/secret";
  config.delivery.smart_host.host = "relay.example.net";
  config.delivery.smart_host.address = IpAddress::parse("2001:db8::5").value();
  config.delivery.retry.jitter = 0.00000035;
  config.people.file = "/srv/post/people.json";
  config.delivery.retry.factor = 1.0000001;
  config.login.failure_delay = 1001us;
  config.spool.flush_window = 750us;
  config.network.lan = {
      {.link = "eth1", .networks = {IpNetwork::parse("10.1.0.0/16").value()}, .router = {}, .accept_router = true},
      {.link = "eth2",
       .networks = {IpNetwork::parse("10.2.0.0/16").value(), IpNetwork::parse("fd02::/64").value()},
       .router = IpAddress::parse("fd02::1").value()}};
  for (const Comments comments : {Comments::kWith, Comments::kWithout}) {
    const std::string text = to_yaml(config, comments);
    INFO(text);
    CHECK(good(text) == config);
    CHECK(text.contains("# ") == (comments == Comments::kWith || text.contains("# here")));
  }
}

TEST_CASE("a file that is not there is a problem") {
  const Problems problems = check_file("/nowhere/postern.yaml");
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].to_string() ==
        "/nowhere/postern.yaml: found open /nowhere/postern.yaml: No such file or directory; expected a readable file");
}

TEST_CASE("at most a hundred problems are kept") {
  std::string text = "version: 1\n";
  for (int i = 0; i < 500; ++i) text += "unknown" + std::to_string(i) + ": 1\n";
  CHECK(check_text(text).size() == 100);
}

TEST_CASE("no cut of the reference makes the loader fail in another way than by problems") {
  const std::string text = to_yaml(Config{});
  for (std::size_t length = 0; length < text.size(); length += 97) {
    const Loaded loaded = load_text(std::string_view(text).substr(0, length));
    CHECK(loaded.config.has_value() == loaded.problems.empty());
  }
}
