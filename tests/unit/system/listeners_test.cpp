#include "system/listeners.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "support.h"

using namespace postern;
using namespace postern::system;
using namespace postern::system::test;

namespace {

std::vector<ipc::ListenerAdd> wanted(const config::Config& config, const Links& links) {
  return wanted_listeners(config, link_accesses(config, links), links);
}

std::set<std::string> keys(const std::vector<ipc::ListenerAdd>& listeners) {
  std::set<std::string> result;
  for (const auto& listener : listeners) result.insert(listener.key);
  return result;
}

/// Listeners on the loopback device, the only one that every test has.
std::vector<ipc::ListenerAdd> on_loopback(std::uint16_t port, std::vector<IpNetwork> sources = {}) {
  ipc::ListenerAdd v4;
  v4.link = "lo";
  v4.ifindex = 1;
  v4.local = {ip("127.0.0.1"), port};
  v4.key = "lo " + v4.local.to_string();
  v4.sources = std::move(sources);
  ipc::ListenerAdd v6 = v4;
  v6.local.address = ip("::1");
  v6.key = "lo " + v6.local.to_string();
  return {v4, v6};
}

constexpr std::uint16_t kPort = 40465;

}  // namespace

TEST_CASE("listeners stand on tunnel and LAN, never on the internet's side or on link-local addresses") {
  CHECK(keys(wanted(two_armed(), usual_links())) ==
        std::set<std::string>{"wg0 10.9.0.1:465", "wg0 10.9.0.1:587", "wg0 [fd09::1]:465", "wg0 [fd09::1]:587",
                              "lan0 192.168.7.1:465", "lan0 192.168.7.1:587", "lan0 [fd07::1]:465",
                              "lan0 [fd07::1]:587"});
}

TEST_CASE("each listener carries the rules of its own interface") {
  for (const auto& listener : wanted(one_armed(), usual_links())) {
    CAPTURE(listener.key);
    const bool tunnel = listener.network == ipc::NetworkKind::kTunnel;
    CHECK(listener.link == (tunnel ? "wg0" : "lan0"));
    CHECK(listener.ifindex == (tunnel ? 7 : 3));
    CHECK(listener.refused == (tunnel ? std::vector<IpAddress>{} : std::vector{ip("192.168.7.254")}));
    CHECK(listener.sources.size() == 2);
    CHECK((listener.mode == ipc::ListenerAdd::Mode::kSubmissions) == (listener.local.port == 465));
  }
}

TEST_CASE("what is down, gone or not ours has no listener") {
  auto links = usual_links();
  links[2].up = false;
  links[3].addresses.push_back({ip("10.200.0.1"), 24});
  auto config = two_armed();
  config.submission.ports.submission = 0;
  CHECK(keys(wanted(config, links)) == std::set<std::string>{"wg0 10.9.0.1:465", "wg0 [fd09::1]:465"});
  links.pop_back();
  CHECK(wanted(config, links).empty());
}

TEST_CASE("a socket is bound to device and address and takes no IPv4 on IPv6") {
  for (const auto& description : on_loopback(kPort)) {
    CAPTURE(description.key);
    const auto socket = open_listener(description);
    if (!socket && socket.error().code == ErrorCode::kPermission) SKIP("needs CAP_NET_RAW");
    REQUIRE(socket);
    std::array<char, 32> device{};
    socklen_t length = device.size();
    REQUIRE(::getsockopt(socket->get(), SOL_SOCKET, SO_BINDTODEVICE, device.data(), &length) == 0);
    CHECK(std::string(device.data()) == "lo");
    int listening = 0;
    length = sizeof listening;
    REQUIRE(::getsockopt(socket->get(), SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0);
    CHECK(listening == 1);
  }
}

TEST_CASE("only what differs is opened and closed") {
  Listeners listeners;
  auto change = listeners.apply(on_loopback(kPort));
  if (!change.failed.empty()) SKIP("needs CAP_NET_RAW");
  CHECK(change.opened.size() == 2);
  const int socket = listeners.all().begin()->second.socket.get();
  const auto generation = listeners.all().begin()->second.generation;

  change = listeners.apply(on_loopback(kPort));
  CHECK(change.opened.empty());
  CHECK(change.closed.empty());
  CHECK(listeners.all().begin()->second.generation == generation);

  // Other rules: the same socket, told again.
  change = listeners.apply(on_loopback(kPort, {net("127.0.0.0/8")}));
  CHECK(change.opened.empty());
  CHECK(listeners.all().begin()->second.socket.get() == socket);
  CHECK(listeners.all().begin()->second.generation > generation);

  change = listeners.apply(on_loopback(kPort + 1));
  CHECK(change.opened.size() == 2);
  CHECK(change.closed.size() == 2);
  change = listeners.apply({});
  CHECK(change.closed.size() == 2);
  CHECK(listeners.all().empty());
}

TEST_CASE("an interface that was made anew loses its old socket even when a new one can't be opened") {
  Listeners listeners;
  if (!listeners.apply(on_loopback(kPort)).failed.empty()) SKIP("needs CAP_NET_RAW");
  auto renewed = on_loopback(kPort);
  for (auto& description : renewed) description.ifindex = 4'000'000;
  const auto change = listeners.apply(renewed);
  // Linux lets an IPv4 socket be bound to a device that does not exist; it hears nobody.
  CHECK(change.failed.size() + change.opened.size() == 2);
  CHECK_FALSE(change.failed.empty());
  for (const auto& [key, listener] : listeners.all()) CHECK(listener.description.ifindex == 4'000'000);
  CHECK(listeners.apply(on_loopback(kPort)).opened.size() == 2);
}
