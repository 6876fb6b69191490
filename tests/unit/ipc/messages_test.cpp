#include <catch2/catch_test_macros.hpp>

#include "ipc/auth_messages.h"
#include "ipc/frame.h"
#include "ipc/listener_messages.h"
#include "ipc/vault_messages.h"

using namespace postern;
using namespace postern::ipc;

namespace {

/// Encodes, checks that every truncation and one byte more are refused, and decodes.
template <Message M>
M there_and_back(const M& message, const std::string& keep = {}) {
  static std::string bytes;  // messages that point into the payload stay valid until the next call
  bytes = keep;
  Writer writer(bytes);
  message.encode(writer);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CHECK_FALSE(parse<M>({M::kType, std::string_view(bytes).substr(0, length)}));
  }
  CHECK_FALSE(parse<M>({M::kType, bytes + "x"}));
  CHECK_FALSE(parse<M>({M::kType + 1, bytes}));
  auto parsed = parse<M>({M::kType, bytes});
  REQUIRE(parsed);
  return std::move(*parsed);
}

}  // namespace

TEST_CASE("login messages") {
  LoginRequest request;
  request.service = LoginRequest::Service::kPanel;
  request.session = 42;
  request.user = "ada";
  request.password = Secret("pa\0ss");
  request.client = *IpAddress::parse("10.9.0.2");
  request.link = "wg0";
  request.network = NetworkKind::kLan;
  const auto copy = there_and_back(request);
  CHECK(copy.service == request.service);
  CHECK(copy.session == 42);
  CHECK(copy.user == "ada");
  CHECK(copy.password.reveal() == request.password.reveal());
  CHECK(copy.client == request.client);
  CHECK(copy.link == "wg0");
  CHECK(copy.network == NetworkKind::kLan);

  LoginReply reply;
  reply.granted = true;
  reply.reason = LoginReply::Reason::kOk;
  reply.person = "ada";
  reply.device = "laptop";
  reply.addresses = {"ada@example.org", "office@example.org"};
  CHECK(there_and_back(reply).addresses == reply.addresses);
}

TEST_CASE("a login reply that contradicts itself is refused") {
  LoginReply reply;
  reply.granted = true;
  reply.reason = LoginReply::Reason::kBadPassword;
  std::string bytes;
  Writer writer(bytes);
  reply.encode(writer);
  CHECK_FALSE(parse<LoginReply>({LoginReply::kType, bytes}));
}

TEST_CASE("listener messages") {
  ListenerAdd add;
  add.key = "wg0 10.9.0.1:465";
  add.link = "wg0";
  add.mode = ListenerAdd::Mode::kSubmission;
  add.local = {*IpAddress::parse("10.9.0.1"), 587};
  add.sources = {*IpNetwork::parse("10.9.0.0/24"), *IpNetwork::parse("fd00::/64")};
  add.refused = {*IpAddress::parse("10.9.0.254")};
  const auto copy = there_and_back(add);
  CHECK(copy.key == add.key);
  CHECK(copy.mode == add.mode);
  CHECK(copy.local == add.local);
  CHECK(copy.sources == add.sources);
  CHECK(copy.refused == add.refused);
  CHECK(there_and_back(ListenerRemove{"k"}).key == "k");
  const EndSessions end{"ada", {*IpAddress::parse("10.9.0.2")}, "revoked"};
  const auto end_copy = there_and_back(end);
  CHECK(end_copy.person == "ada");
  CHECK(end_copy.sources == end.sources);
  CHECK(end_copy.reason == "revoked");
}

TEST_CASE("a prefix that no address has is refused") {
  ListenerAdd add;
  add.sources = {*IpNetwork::parse("10.9.0.0/24")};
  std::string bytes;
  Writer writer(bytes);
  add.encode(writer);
  const auto at = bytes.find('\x18');
  REQUIRE(at != std::string::npos);
  bytes[at] = 33;
  CHECK_FALSE(parse<ListenerAdd>({ListenerAdd::kType, bytes}));
}

TEST_CASE("vault messages") {
  CHECK(there_and_back(Begin{7, 4096, "envelope"}).envelope == "envelope");
  CHECK(there_and_back(Chunk{"bytes"}).bytes == "bytes");
  CHECK(there_and_back(Commit{"e", {"{}", "{\"a\":1}"}}).events.size() == 2);
  CHECK(there_and_back(Recorded{true}).ok);
  CHECK(there_and_back(Committed{9}).id == 9);
  CHECK(there_and_back(Refused{Refused::Kind::kFull, "disk"}).kind == Refused::Kind::kFull);
  CHECK(there_and_back(Event{{"{}"}}).events.size() == 1);
  CHECK(there_and_back(Probe{5}).size == 5);
  CHECK(there_and_back(Claim{20}).credit == 20);
  CHECK(there_and_back(Read{1, 2, 3}).length == 3);
  CHECK(there_and_back(Content{"bytes"}).bytes == "bytes");
  CHECK(there_and_back(Settled{1, true}).ok);

  const Claimed claimed{1, 5000, 2, 1'795'488'426'000, "envelope", {0, 3}, "head"};
  const auto claimed_copy = there_and_back(claimed);
  CHECK(claimed_copy.due == claimed.due);
  CHECK(claimed_copy.head == "head");

  Settle settle;
  settle.id = 1;
  settle.recipients = {{0, Settle::Outcome::kDelivered, "250 ok"}, {3, Settle::Outcome::kFailed, "550 no"}};
  settle.retry_after_ms = 300'000;
  settle.events = {"{}"};
  const auto settle_copy = there_and_back(settle);
  REQUIRE(settle_copy.recipients.size() == 2);
  CHECK(settle_copy.recipients[1].outcome == Settle::Outcome::kFailed);
  CHECK(settle_copy.recipients[1].reply == "550 no");
  CHECK(settle_copy.retry_after_ms == 300'000);
}
