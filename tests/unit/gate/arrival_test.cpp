#include "gate/arrival.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include "base/fd.h"

using namespace postern;

namespace {

/// A connection through the loopback device that is accepted on a socket bound to no device.
template <class Sockaddr>
UniqueFd accept_over_loopback(Sockaddr address) {
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof address;
  const int family = generic->sa_family;
  UniqueFd listener(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  UniqueFd client(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(listener.get(), generic, length) == 0);
  REQUIRE(::listen(listener.get(), 1) == 0);
  REQUIRE(::getsockname(listener.get(), generic, &length) == 0);
  REQUIRE(::connect(client.get(), generic, length) == 0);
  UniqueFd accepted(::accept(listener.get(), nullptr, nullptr));
  REQUIRE(accepted);
  return accepted;
}

}  // namespace

TEST_CASE("the kernel tells by which interface a connection came in") {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto accepted = accept_over_loopback(v4);
  const auto arrival = gate::arrival_of(accepted.get());
  REQUIRE(arrival);
  CHECK(arrival->ifindex == ::if_nametoindex("lo"));
  CHECK(arrival->source.to_string() == "127.0.0.1");
  CHECK(arrival->local.to_string() == "127.0.0.1");
}

TEST_CASE("the same over IPv6") {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  const auto accepted = accept_over_loopback(v6);
  const auto arrival = gate::arrival_of(accepted.get());
  REQUIRE(arrival);
  CHECK(arrival->ifindex == ::if_nametoindex("lo"));
  CHECK(arrival->source.to_string() == "::1");
}

TEST_CASE("a socket without a peer is an error") {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
  CHECK_FALSE(gate::arrival_of(socket.get()));
}
