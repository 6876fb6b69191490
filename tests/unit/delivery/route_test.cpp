#include "delivery/route.h"

#include <catch2/catch_test_macros.hpp>

#include "certificates.h"
#include "delivery/envelope.h"
#include "delivery/results.h"

using namespace postern;
using namespace postern::delivery;
using namespace postern::delivery::test;

namespace {

config::Config configured() {
  config::Config config;
  config.gateway.name = "gate.example";
  config.delivery.smart_host.host = "smart.example";
  return config;
}

smtp::RecipientResult result(smtp::Outcome outcome, smtp::Stage stage, unsigned code) {
  return {outcome, stage, smtp::Reply(code, {static_cast<std::uint8_t>(code / 100), 0, 0}, "x")};
}

}  // namespace

TEST_CASE("the secret is the first line of its file") {
  const auto read = [](std::string_view content) {
    const TemporaryFile file(content);
    auto secret = read_secret(file.path());
    return secret ? std::string(secret->reveal()) : "error";
  };
  CHECK(read("hunter2\n") == "hunter2");
  CHECK(read("hunter2") == "hunter2");
  CHECK(read("hunter2\r\nmore\n") == "hunter2");
  CHECK(read(" with blanks \n") == " with blanks ");
  CHECK(read("") == "error");
  CHECK(read("\nsecond\n") == "error");
  CHECK(read(std::string_view("a\0b\n", 4)) == "error");
  CHECK(read(std::string(5000, 'x')) == "error");
  CHECK_FALSE(read_secret("/nonexistent/secret"));
}

TEST_CASE("a configuration gives a route that verifies, or none") {
  config::Config config = configured();
  SECTION("no smart host") {
    config.delivery.smart_host.host.clear();
    const auto route = smart_host_route(config);
    REQUIRE(route);
    CHECK(*route == nullptr);
  }
  SECTION("without a login no secret is read") {
    config.delivery.smart_host.secret_file = "/nonexistent";
    const auto route = smart_host_route(config);
    REQUIRE(route);
    CHECK((*route)->tls == smtp::TlsUse::kRequired);
    CHECK((*route)->verifier != nullptr);
    CHECK_FALSE((*route)->credentials);
    CHECK((*route)->hello_name == "gate.example");
  }
  SECTION("with a login") {
    const TemporaryFile secret("hunter2\n");
    config.delivery.smart_host.user = "postern";
    config.delivery.smart_host.secret_file = secret.path();
    config.delivery.smart_host.tls = config::SmartHostTls::kImplicit;
    const auto route = smart_host_route(config);
    REQUIRE(route);
    CHECK((*route)->tls == smtp::TlsUse::kImplicit);
    CHECK((*route)->credentials->password.reveal() == "hunter2");
  }
  SECTION("a secret that is missing is an error, not a route without a login") {
    config.delivery.smart_host.user = "postern";
    config.delivery.smart_host.secret_file = "/nonexistent";
    CHECK_FALSE(smart_host_route(config));
  }
  SECTION("authorities that can't be read are an error") {
    config.delivery.smart_host.ca_file = "/nonexistent";
    CHECK_FALSE(smart_host_route(config));
  }
}

TEST_CASE("what a reply means for a recipient") {
  using smtp::Stage;
  using Kind = ipc::Settle::Outcome;
  CHECK(outcome_of(result(smtp::Outcome::kAccepted, Stage::kFinal, 250), false) == Kind::kDelivered);
  CHECK(outcome_of(result(smtp::Outcome::kAccepted, Stage::kFinal, 250), true) == Kind::kDelivered);
  CHECK(outcome_of(result(smtp::Outcome::kDeferred, Stage::kRcpt, 451), false) == Kind::kDeferred);
  CHECK(outcome_of(result(smtp::Outcome::kDeferred, Stage::kRcpt, 451), true) == Kind::kFailed);
  CHECK(outcome_of(result(smtp::Outcome::kFailed, Stage::kRcpt, 550), false) == Kind::kFailed);
  CHECK(outcome_of(result(smtp::Outcome::kUncertain, Stage::kFinal, 450), false) == Kind::kDeferred);
  // RFC 5321 section 4.5.3.1.10: 552 to RCPT means 452.
  CHECK(outcome_of(result(smtp::Outcome::kFailed, Stage::kRcpt, 552), false) == Kind::kDeferred);
  CHECK(outcome_of(result(smtp::Outcome::kFailed, Stage::kFinal, 552), false) == Kind::kFailed);
}

TEST_CASE("a stored envelope becomes what the SMTP client sends") {
  spool::Envelope stored;
  stored.reverse_path = "alice@example.com";
  stored.flags = spool::kEightBit | spool::kSmtpUtf8;
  stored.returns = spool::Return::kHeaders;
  stored.envelope_id = "QQ+3D314159";
  const auto sender = to_sender(stored);
  REQUIRE(sender);
  CHECK(sender->path->text() == "alice@example.com");
  CHECK(sender->body == smtp::Body::k8BitMime);
  CHECK(sender->smtputf8);
  CHECK(sender->ret == smtp::DsnReturn::kHeaders);
  CHECK(sender->envid == "QQ=314159");

  stored.reverse_path.clear();
  CHECK_FALSE(to_sender(stored)->path);
  stored.reverse_path = "a b@example.com";
  CHECK_FALSE(to_sender(stored));

  const auto recipient =
      to_recipient({"bob@example.org", "RFC822;bob+2Bx@example.org", spool::kNotifyFailure | spool::kNotifyDelay});
  REQUIRE(recipient);
  CHECK(recipient->mailbox.text() == "bob@example.org");
  CHECK(recipient->notify.failure);
  CHECK(recipient->notify.delay);
  CHECK_FALSE(recipient->notify.success);
  CHECK_FALSE(recipient->notify.never);
  REQUIRE(recipient->original);
  CHECK(recipient->original->type == "rfc822");
  CHECK(recipient->original->address == "bob+x@example.org");

  CHECK_FALSE(to_recipient({"bob@example.org", "rfc822;broken+", 0})->original);
  CHECK_FALSE(to_recipient({"bob@example.org", "nothing", 0})->original);
  CHECK_FALSE(to_recipient({"not an address", "", 0}));
}
