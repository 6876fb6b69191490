#include "smtp/address.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace postern::smtp {

namespace {

std::string normal(std::string_view text) {
  const auto mailbox = Mailbox::parse(text);
  return mailbox ? mailbox->text() : "refused";
}

}  // namespace

TEST_CASE("a mailbox is held in one normal form") {
  CHECK(normal("Alice@Example.ORG") == "Alice@example.org");
  CHECK(normal("\"alice\"@example.org") == "alice@example.org");
  CHECK(normal("\"a\\l\\ice\"@example.org") == "alice@example.org");
  CHECK(normal("\"al ice\"@example.org") == "\"al ice\"@example.org");
  CHECK(normal("\"a\\ b\\\"\\\\\"@x") == "\"a b\\\"\\\\\"@x");
  CHECK(normal("\".a\"@x") == "\".a\"@x");
  CHECK(normal("\"\"@x") == "\"\"@x");
  CHECK(normal("a@[IPv6:2001:DB8:0:0::1]") == "a@[IPv6:2001:db8::1]");
  CHECK(normal("a@[ipv6:::ffff:192.0.2.1]") == "a@[192.0.2.1]");
  CHECK(normal("a@[192.0.2.1]") == "a@[192.0.2.1]");
  CHECK(Mailbox::parse("\"alice\"@EXAMPLE.org").value() == Mailbox::parse("alice@example.ORG").value());
  CHECK(Mailbox::parse("Alice@x").value() != Mailbox::parse("alice@x").value());
}

TEST_CASE("a mailbox gives its parts") {
  const Mailbox plain = Mailbox::parse("alice@Example.org").value();
  CHECK(plain.local() == "alice");
  CHECK(plain.local_unquoted() == "alice");
  CHECK(plain.domain() == "example.org");
  CHECK(plain.is_ascii());
  CHECK_FALSE(plain.is_literal());
  const Mailbox quoted = Mailbox::parse("\"a\\\"@b\"@[192.0.2.1]").value();
  CHECK(quoted.local() == "\"a\\\"@b\"");
  CHECK(quoted.local_unquoted() == "a\"@b");
  CHECK(quoted.domain() == "[192.0.2.1]");
  CHECK(quoted.is_literal());
  CHECK_FALSE(Mailbox::parse("j\xC3\xBCrgen@x").value().is_ascii());
}

TEST_CASE("non-ASCII addresses are told apart from malformed ones") {
  CHECK(Mailbox::parse("j\xC3\xBCrgen@x", Charset::kAscii).error().code == ErrorCode::kPermission);
  CHECK(Mailbox::parse("a@b\xC3\xBC.example", Charset::kAscii).error().code == ErrorCode::kPermission);
  CHECK(Mailbox::parse("j\xFCrgen@x", Charset::kAscii).error().code == ErrorCode::kInvalid);
  CHECK(Mailbox::parse("j\xC3\xBCrgen@", Charset::kAscii).error().code == ErrorCode::kInvalid);
}

TEST_CASE("no control character, blank or line end passes into a mailbox") {
  for (int c = 0; c <= 0x20; ++c) {
    CAPTURE(c);
    const std::string byte(1, static_cast<char>(c));
    CHECK_FALSE(Mailbox::parse("a" + byte + "b@example.org"));
    CHECK_FALSE(Mailbox::parse("ab@exa" + byte + "mple.org"));
    if (c < 0x20) {
      CHECK_FALSE(Mailbox::parse("\"a" + byte + "b\"@example.org"));
      CHECK_FALSE(Mailbox::parse("\"a\\" + byte + "b\"@example.org"));
    }
  }
  CHECK_FALSE(Mailbox::parse("a\x7F@b"));
  CHECK_FALSE(Mailbox::parse("\"a\x7F\"@b"));
  CHECK_FALSE(Mailbox::parse("a\xC2\x80@b"));
  CHECK_FALSE(Mailbox::parse("a\xE2\x80\xA9@b"));
}

TEST_CASE("lengths are those of RFC 5321") {
  CHECK(Mailbox::parse(std::string(64, 'l') + "@x"));
  CHECK_FALSE(Mailbox::parse(std::string(65, 'l') + "@x"));
  CHECK_FALSE(Mailbox::parse("\"" + std::string(63, 'l') + "\"@x"));
  const std::string label(63, 'd');
  const std::string domain = label + "." + label + "." + label;
  CHECK(Mailbox::parse("a@" + domain + "." + std::string(60, 'd')));
  CHECK_FALSE(Mailbox::parse("a@" + domain + "." + std::string(61, 'd')));
  CHECK_FALSE(Mailbox::parse("a@" + std::string(64, 'd')));
  CHECK(is_domain(domain + "." + label));
  CHECK_FALSE(is_domain(domain + "." + label + ".d"));
}

TEST_CASE("domains and literals") {
  for (const char* good : {"x", "example.org", "1.2.3.4", "a-b.c", "xn--bcher-kva.example"}) CHECK(is_domain(good));
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "a b", "b\xC3\xBC"})
    CHECK_FALSE(is_domain(bad));
  CHECK(is_domain("b\xC3\xBC.example", Charset::kUtf8));
  CHECK_FALSE(
      is_domain("a\xE3\x80\x82"
                "b",
                Charset::kUtf8));
  for (const char* good : {"[192.0.2.1]", "[IPv6:::1]", "[ipv6:2001:db8::1]"}) CHECK(is_address_literal(good));
  for (const char* bad :
       {"", "[]", "192.0.2.1", "[192.0.2.1", "[192.0.2.256]", "[::1]", "[IPv6:]", "[IPv6:192.0.2.1]", "[tag:x]"}) {
    CHECK_FALSE(is_address_literal(bad));
  }
}

}  // namespace postern::smtp
