#include "message/authors.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace postern;
using namespace postern::message;

namespace {

/// What ownership says to these fields, for a person with the addresses of the tests.
std::string verdict(const std::string& fields) {
  static const Ownership ownership({"Ann@Example.org", "office@example.org", "*@ann.example", "\"a b\"@example.org"});
  const std::string bytes = fields + "\r\n";
  const auto block = HeaderBlock::parse(bytes);
  if (!block) return block.error().context;
  const auto authors = find_authors(*block);
  if (!authors) return authors.error().context;
  const auto checked = check_ownership(*authors, ownership);
  if (checked) return "ok";
  CHECK(checked.error().code == ErrorCode::kPermission);
  return checked.error().context;
}

smtp::Mailbox mailbox(std::string_view text) { return smtp::Mailbox::parse(text).value(); }

}  // namespace

TEST_CASE("the person's own addresses pass") {
  CHECK(verdict("From: ann@example.org\r\n") == "ok");
  CHECK(verdict("FROM:Ann <ANN@EXAMPLE.ORG>\r\n") == "ok");
  CHECK(verdict("From:\r\n Ann\r\n <ann@example.org>\r\n") == "ok");
  CHECK(verdict("From: \"office\"@example.org\r\n") == "ok");
  CHECK(verdict("From: \"a\\ b\"@example.org\r\n") == "ok");
  CHECK(verdict("From: anything@ann.example\r\n") == "ok");
  CHECK(verdict("From: ann@example.org, office@example.org\r\nSender: ann@example.org\r\n") == "ok");
  CHECK(verdict("From: Team: ann@example.org;\r\n") == "ok");
  CHECK(verdict("From: ann@example.org\r\nReply-To: whoever@example.net\r\n") == "ok");
}

TEST_CASE("foreign addresses do not, in whatever place") {
  CHECK(verdict("From: boss@example.org\r\n") == "From <boss@example.org> is not an address of yours");
  CHECK(verdict("From: ann@example.org, boss@example.org\r\nSender: ann@example.org\r\n") ==
        "From <boss@example.org> is not an address of yours");
  CHECK(verdict("From: ann@example.org\r\nSender: boss@example.org\r\n") ==
        "Sender <boss@example.org> is not an address of yours");
  CHECK(verdict("From: ann@example.org\r\nResent-From: boss@example.org\r\n") ==
        "Resent-From or Resent-Sender <boss@example.org> is not an address of yours");
  CHECK(verdict("From: ann@example.org\r\nResent-From: ann@example.org\r\nResent-Sender: boss@example.org\r\n") ==
        "Resent-From or Resent-Sender <boss@example.org> is not an address of yours");
  CHECK(verdict("From: Team: ann@example.org, boss@example.org;\r\nSender: ann@example.org\r\n") ==
        "From <boss@example.org> is not an address of yours");
  CHECK(verdict("From: ann@sub.example.org\r\n") == "From <ann@sub.example.org> is not an address of yours");
  CHECK(verdict("From: x@sub.ann.example\r\n") == "From <x@sub.ann.example> is not an address of yours");
  CHECK(verdict("From: \"ann@example.org\"@evil.example\r\n") ==
        "From <\"ann@example.org\"@evil.example> is not an address of yours");
  CHECK(verdict("From: \"ann@example.org\" <boss@example.org> (ann@example.org)\r\n") ==
        "From <boss@example.org> is not an address of yours");
}

TEST_CASE("an ambiguous origin is refused") {
  CHECK(verdict("Subject: x\r\n") == "no From field");
  CHECK(verdict("From:\r\n") == "From: an address is missing");
  CHECK(verdict("From: nobody:;\r\n") == "From names nobody");
  CHECK(verdict("From: ann@example.org\r\nfrom: boss@example.org\r\n") == "more than one From field");
  CHECK(verdict("From: ann@example.org\r\nFrom: ann@example.org\r\n") == "more than one From field");
  CHECK(verdict("From: ann@example.org, office@example.org\r\n") ==
        "From names several authors, but there is no Sender");
  CHECK(verdict("From: ann@example.org\r\nSender: ann@example.org\r\nSender: ann@example.org\r\n") ==
        "more than one Sender field");
  CHECK(verdict("From: ann@example.org\r\nSender: ann@example.org, office@example.org\r\n") ==
        "Sender is not one address");
  CHECK(verdict("From: ann@example.org\r\nSender: nobody:;\r\n") == "Sender names nobody");
  CHECK(verdict("From: ann@example.org\r\nResent-From: x\r\n") == "Resent-From: a name has no address");
  CHECK(verdict("From : ann@example.org\r\n") == "header line 1 has no valid field name");
}

TEST_CASE("the number of authors is bounded") {
  std::string from = "From: ann@example.org";
  for (int i = 0; i < 100; ++i) from += ",\r\n ann@example.org";
  CHECK(verdict(from + "\r\nSender: ann@example.org\r\n") == "From has too many addresses");
}

TEST_CASE("ownership compares as it says") {
  const Ownership ownership({"Ann@Example.org", "*@Wild.example", "not an address", "*@", "j\xc3\xb6rg@example.org"});
  CHECK(ownership.owns(mailbox("ann@example.org")));
  CHECK(ownership.owns(mailbox("ANN@example.ORG")));
  CHECK(ownership.owns(mailbox("\"ann\"@example.org")));
  CHECK(ownership.owns(mailbox("who@wild.example")));
  CHECK(ownership.owns(mailbox("\"w@evil.example\"@wild.example")));
  CHECK(ownership.owns(mailbox("j\xc3\xb6rg@example.org")));
  CHECK_FALSE(ownership.owns(mailbox("J\xc3\x96RG@example.org")));
  CHECK_FALSE(ownership.owns(mailbox("ann@example.net")));
  CHECK_FALSE(ownership.owns(mailbox("an@example.org")));
  CHECK_FALSE(ownership.owns(mailbox("ann+x@example.org")));
  CHECK_FALSE(ownership.owns(mailbox("who@xwild.example")));
  CHECK_FALSE(ownership.owns(mailbox("who@wild.example.org")));
  CHECK_FALSE(ownership.owns(mailbox("\"who@wild.example\"@evil.example")));
  CHECK_FALSE(Ownership({}).owns(mailbox("ann@example.org")));
}
