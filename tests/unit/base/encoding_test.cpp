#include "base/encoding.h"

#include <catch2/catch_test_macros.hpp>
#include <limits>

using namespace postern;

TEST_CASE("base64 follows RFC 4648 section 10") {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    CHECK(base64_encode(plain) == encoded);
    CHECK(base64_decode(encoded) == plain);
  }
}

TEST_CASE("base64 refuses what is not canonical") {
  for (const char* bad : {"Zg", "Zg=", "Z===", "====", "Zh==", "Zm9=", "Zm9v\n", "Zm 9", "Zg==Zg==", "Zm9-"}) {
    CAPTURE(bad);
    CHECK_FALSE(base64_decode(bad));
  }
}

TEST_CASE("hex goes both ways and refuses odd input") {
  CHECK(hex_encode(std::string("\x00\xff\x10", 3)) == "00ff10");
  CHECK(hex_decode("00FF10") == std::string("\x00\xff\x10", 3));
  CHECK_FALSE(hex_decode("0"));
  CHECK_FALSE(hex_decode("0g"));
}

TEST_CASE("ids keep the order of their numbers and come back") {
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  CHECK(base32_id(0) == "0000000000000");
  CHECK(parse_base32_id(base32_id(kMax)) == kMax);
  CHECK(base32_id(41) < base32_id(42));
  CHECK_FALSE(parse_base32_id("ZZZZZZZZZZZZZ"));
  CHECK_FALSE(parse_base32_id("00000000000"));
  CHECK_FALSE(parse_base32_id("000000000000I"));
}
