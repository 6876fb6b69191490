#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>

#include "delivery/connect.h"
#include "office.h"

using namespace postern;
using namespace postern::delivery;
using namespace postern::delivery::test;
using namespace std::chrono_literals;

namespace {

/// What a handshake with a server that shows `certificate` comes to.
Result<TlsFacts> handshake(const Certificate& certificate, TlsPolicy policy, int max_version = TLS1_3_VERSION) {
  const FakeServer server(
      {.tls = certificate.server_context(max_version), .implicit = true, .capabilities = {}, .auth = {}});
  auto client = TlsClient::create(std::move(policy));
  if (!client) return fail(client.error());
  Route route;
  route.address = IpAddress::parse("127.0.0.1").value();
  route.port = server.port();
  asio::io_context io;
  auto facts = asio::co_spawn(
      io,
      [](const Route& to, const TlsClient& tls) -> asio::awaitable<Result<TlsFacts>> {
        auto connected = co_await connect(to, 5s);
        if (!connected) co_return fail(connected.error());
        const auto done = co_await connected->stream.start_tls(tls, std::chrono::steady_clock::now() + 5s);
        if (!done) co_return fail(done.error());
        const TlsFacts made = *connected->stream.tls();
        connected->stream.close();
        co_return made;
      }(route, *client),
      asio::use_future);
  io.run();
  return facts.get();
}

std::string reason(const Result<TlsFacts>& result) { return result ? "accepted" : result.error().context; }

}  // namespace

TEST_CASE("certificates are accepted by authority and name, and by nothing less") {
  const auto authority = Certificate::make({.common_name = "A", .subject_alt_name = {}, .authority = true});
  const auto stranger = Certificate::make({.common_name = "B", .subject_alt_name = {}, .authority = true});
  const TemporaryFile accepted(authority.pem());
  const TlsPolicy policy{TlsTrust::kCa, "smart.example", accepted.path(), {}};
  const auto leaf = [&](std::string names) {
    return Certificate::make({.common_name = "smart.example", .subject_alt_name = std::move(names)}, &authority);
  };

  SECTION("good") {
    const auto facts = handshake(leaf("DNS:smart.example"), policy);
    REQUIRE(facts);
    CHECK(facts->verified == "ca");
    CHECK(facts->peer == "smart.example");
    CHECK(facts->version == "TLSv1.3");
    CHECK_FALSE(facts->cipher.empty());
    CHECK_FALSE(facts->group.empty());
    CHECK(facts->fingerprint.size() == 64);
  }
  SECTION("good by wildcard of one label") {
    const auto facts = handshake(leaf("DNS:*.example.net"), {TlsTrust::kCa, "smart.example.net", accepted.path(), {}});
    REQUIRE(facts);
    CHECK(facts->peer == "*.example.net");
  }
  SECTION("good by address") {
    const auto facts = handshake(leaf("IP:127.0.0.1"), {TlsTrust::kCa, "127.0.0.1", accepted.path(), {}});
    REQUIRE(facts);
    CHECK(facts->verified == "ca");
  }
  SECTION("good with TLS 1.2") {
    const auto facts = handshake(leaf("DNS:smart.example"), policy, TLS1_2_VERSION);
    REQUIRE(facts);
    CHECK(facts->version == "TLSv1.2");
  }
  SECTION("wrong name") { CHECK(reason(handshake(leaf("DNS:other.example"), policy)).contains("hostname mismatch")); }
  SECTION("name of a subdomain") {
    CHECK(reason(handshake(leaf("DNS:a.smart.example"), policy)).contains("hostname mismatch"));
  }
  SECTION("partial wildcard") {
    CHECK(reason(handshake(leaf("DNS:sm*.example"), policy)).contains("hostname mismatch"));
  }
  SECTION("name in the common name alone") { CHECK(reason(handshake(leaf(""), policy)).contains("hostname mismatch")); }
  SECTION("address as a DNS name") {
    CHECK(reason(handshake(leaf("DNS:127.0.0.1"), {TlsTrust::kCa, "127.0.0.1", accepted.path(), {}}))
              .contains("IP address mismatch"));
  }
  SECTION("expired") {
    const auto certificate = Certificate::make(
        {.common_name = "x", .subject_alt_name = "DNS:smart.example", .not_before = -2h, .not_after = -1h}, &authority);
    CHECK(reason(handshake(certificate, policy)).contains("expired"));
  }
  SECTION("not yet valid") {
    const auto certificate = Certificate::make(
        {.common_name = "x", .subject_alt_name = "DNS:smart.example", .not_before = 1h, .not_after = 2h}, &authority);
    CHECK(reason(handshake(certificate, policy)).contains("not yet valid"));
  }
  SECTION("self-signed") {
    const auto certificate = Certificate::make({.common_name = "x", .subject_alt_name = "DNS:smart.example"});
    CHECK(reason(handshake(certificate, policy)).contains("self-signed"));
  }
  SECTION("another authority") {
    const auto certificate =
        Certificate::make({.common_name = "x", .subject_alt_name = "DNS:smart.example"}, &stranger);
    CHECK(reason(handshake(certificate, policy)).contains("unable to get local issuer"));
  }
  SECTION("TLS 1.1") { CHECK(reason(handshake(leaf("DNS:smart.example"), policy, TLS1_1_VERSION)).contains("TLS")); }
}

TEST_CASE("a pinned certificate or key is accepted whatever else it says, and no other") {
  const auto expired =
      Certificate::make({.common_name = "x", .subject_alt_name = "DNS:elsewhere", .not_before = -2h, .not_after = -1h});
  const auto pinned = [](std::string fingerprint) {
    return TlsPolicy{TlsTrust::kFingerprint, "smart.example", {}, std::move(fingerprint)};
  };
  SECTION("by certificate") {
    const auto facts = handshake(expired, pinned(certificate_fingerprint(expired.get())));
    REQUIRE(facts);
    CHECK(facts->verified == "fingerprint");
    CHECK(facts->fingerprint == certificate_fingerprint(expired.get()));
  }
  SECTION("by key") {
    const auto facts = handshake(expired, pinned(key_fingerprint(expired.get())));
    REQUIRE(facts);
    CHECK(facts->verified == "fingerprint");
  }
  SECTION("another certificate") {
    const auto other = Certificate::make({.common_name = "x", .subject_alt_name = "DNS:smart.example"});
    CHECK(reason(handshake(other, pinned(certificate_fingerprint(expired.get())))) ==
          "TLS: the server's certificate is not the pinned one");
  }
}

TEST_CASE("a policy that can't be checked is refused when it is made") {
  const auto made = [](TlsPolicy policy) { return TlsClient::create(std::move(policy)).has_value(); };
  CHECK_FALSE(made({TlsTrust::kCa, "", {}, {}}));
  CHECK_FALSE(made({TlsTrust::kCa, "a.example", "/nonexistent", {}}));
  CHECK_FALSE(made({TlsTrust::kFingerprint, "a.example", {}, "abc"}));
  CHECK_FALSE(made({TlsTrust::kFingerprint, "a.example", {}, std::string(64, 'G')}));
  CHECK(made({TlsTrust::kFingerprint, "a.example", {}, std::string(64, 'a')}));
  CHECK(made({TlsTrust::kCa, "a.example", {}, {}}));
}
