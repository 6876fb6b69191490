#include "base/text.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdint>

using namespace postern;

TEST_CASE("printable text is one line whatever goes in") {
  CHECK(printable("a\r\nb") == "a\\x0D\\x0Ab");
  CHECK(printable("back\\slash") == "back\\\\slash");
  CHECK(printable("gr\xC3\xBC\xC3\x9F") == "gr\xC3\xBC\xC3\x9F");
  CHECK(printable("\xC0\x80") == "\\xC0\\x80");
  CHECK(printable(std::string(600, 'a'), 10) == "aaaaaaaaaa...");
}

TEST_CASE("UTF-8 is checked to RFC 3629") {
  CHECK(is_utf8("plain"));
  CHECK(is_utf8("\xF0\x9F\x93\xAC"));
  for (const char* bad : {"\xC1\x81", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80", "\xF8\x88\x80\x80\x80"}) {
    CHECK_FALSE(is_utf8(bad));
  }
}

TEST_CASE("decimals are whole, unsigned and in range") {
  CHECK(parse_decimal<std::uint16_t>("65535") == std::uint16_t{65535});
  for (const char* bad : {"", "65536", "+1", " 1", "1 ", "0x1", "-1"}) CHECK_FALSE(parse_decimal<std::uint16_t>(bad));
}

TEST_CASE("splitting and trimming") {
  CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(split("", ',').size() == 1);
  CHECK(trim(" \t x y \r\n") == "x y");
  CHECK(equal_ignoring_case("EhLo", "eHlO"));
  CHECK_FALSE(equal_ignoring_case("EHLO", "EHLO "));
  CHECK(starts_with_ignoring_case("mail FROM:<>", "MAIL from:"));
}
