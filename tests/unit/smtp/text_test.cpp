#include <catch2/catch_test_macros.hpp>
#include <string>

#include "smtp/envelope.h"
#include "smtp/reply.h"
#include "smtp/server.h"
#include "smtp/utf8.h"
#include "smtp/xtext.h"

// The small text forms: replies, xtext, UTF-8, names.
namespace postern::smtp {

namespace {

std::string wire(const ReplyView& reply) {
  std::string out;
  append_reply(out, reply);
  return out;
}

std::string unitext(std::string_view address, bool utf8) {
  std::string out;
  append_utf8_address(out, address, utf8);
  return out;
}

}  // namespace

TEST_CASE("a reply's wire form is well-formed whatever its text") {
  CHECK(wire({250, {2, 1, 0}, "ok"}) == "250 2.1.0 ok\r\n");
  CHECK(wire({550, {5, 7, 123}, ""}) == "550 5.7.123 \r\n");
  CHECK(wire({550, {5, 7, 1}, "a\nb"}) == "550-5.7.1 a\r\n550 5.7.1 b\r\n");
  CHECK(wire({451, {4, 0, 0}, "a\r\nb\n"}) == "451-4.0.0 a?\r\n451-4.0.0 b\r\n451 4.0.0 \r\n");
  CHECK(wire({550, {5, 0, 0}, std::string_view("\0\x7F\xC3\xA9\t", 5)}) == "550 5.0.0 ?????\r\n");
  CHECK(wire({550, {5, 0, 0}, std::string(1000, 'x')}).size() < 512);
  CHECK(ReplyView(550, {5, 7, 1}, "a\nb").to_string() == "550 5.7.1 a b");
  const Reply owned(ReplyView(421, {4, 3, 2}, "bye"));
  CHECK(owned.transient());
  CHECK_FALSE(owned.positive());
  CHECK_FALSE(owned.permanent());
  CHECK(owned.to_string() == "421 4.3.2 bye");
}

TEST_CASE("xtext decodes to printable ASCII or not at all") {
  CHECK(xtext_decode("a+2Bb+3D+20c") == "a+b= c");
  CHECK(xtext_decode("") == "");
  for (const char* bad : {"a=b", "a b", "+", "+2", "+2b", "+0A", "+7F", "+80", "+00", "\xC3\xA9", "\x01"}) {
    CAPTURE(bad);
    CHECK_FALSE(xtext_decode(bad));
  }
  for (int c = 0x20; c < 0x7F; ++c) {
    const std::string byte(1, static_cast<char>(c));
    std::string encoded;
    append_xtext(encoded, byte);
    CHECK(xtext_decode(encoded) == byte);
  }
}

TEST_CASE("utf-8 addresses of ORCPT go there and back in both forms") {
  const std::string address = "g\xC3\xBC\\+=\xE7\x94\xA8\xF0\x9F\x93\xA7@x";
  CHECK(unitext(address, true) == "g\xC3\xBC\\x{5C}\\x{2B}\\x{3D}\xE7\x94\xA8\xF0\x9F\x93\xA7@x");
  CHECK(unitext(address, false) == "g\\x{FC}\\x{5C}\\x{2B}\\x{3D}\\x{7528}\\x{1F4E7}@x");
  CHECK(utf8_address_decode(unitext(address, true)) == address);
  CHECK(utf8_address_decode(unitext(address, false)) == address);
  CHECK(utf8_address_decode("\\x{20}") == " ");
  for (const char* bad : {"+", "a b", "\\", "\\x", "\\x{}", "\\x{1}", "\\x{0A}", "\\x{7F}", "\\x{85}", "\\x{2029}",
                          "\\x{DFFF}", "\\x{110000}", "\\x{1234567}", "\\x{fc}", "\xC3", "\xC2\x9F", "\n"}) {
    CAPTURE(bad);
    CHECK_FALSE(utf8_address_decode(bad));
  }
}

TEST_CASE("printable UTF-8 ends no line") {
  CHECK(is_printable_utf8(""));
  CHECK(is_printable_utf8("a b\xC3\xA9\xC2\xA0"));
  for (const char* bad :
       {"\n", "\r", "\t", "\x1B", "\x7F", "\xC2\x80", "\xC2\x9F", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xFF", "a\xC3"}) {
    CHECK_FALSE(is_printable_utf8(bad));
  }
  CHECK_FALSE(is_printable_utf8(std::string_view("\0", 1)));
}

TEST_CASE("names for the ledger") {
  CHECK(to_string(Fault::kNone) == "none");
  CHECK(to_string(Fault::kBareLineEnd) == "bare-line-end");
  CHECK(to_string(Fault::kDriver) == "driver");
  CHECK(to_string(Verb::kStartTls) == "STARTTLS");
  CHECK(to_string(State::kChunking) == "chunking");
  CHECK(to_string(ReversePath()) == "<>");
  CHECK(to_string(ReversePath(Mailbox::parse("a@b").value())) == "<a@b>");
  CHECK(to_string(Notify{}).empty());
  CHECK(to_string(Notify{.success = true, .failure = true, .delay = true}) == "SUCCESS,FAILURE,DELAY");
}

}  // namespace postern::smtp
