#include "base/crc32c.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

using postern::crc32c;
using postern::crc32c_portable;

TEST_CASE("CRC-32C of RFC 3720 appendix B.4") {
  std::string ascending;
  std::string descending;
  for (int i = 0; i < 32; ++i) {
    ascending += static_cast<char>(i);
    descending += static_cast<char>(31 - i);
  }
  for (const auto& crc : {crc32c, crc32c_portable}) {
    CHECK(crc(std::string(32, '\0'), 0) == 0x8A9136AA);
    CHECK(crc(std::string(32, '\xff'), 0) == 0x62A8AB43);
    CHECK(crc(ascending, 0) == 0x46DD794E);
    CHECK(crc(descending, 0) == 0x113FDB5C);
    CHECK(crc("123456789", 0) == 0xE3069283);
    CHECK(crc("", 0) == 0);
  }
}

TEST_CASE("CRC-32C by the instruction and by the tables agree at every length, alignment and start") {
  std::string bytes;
  for (unsigned i = 0; i < 300; ++i) bytes += static_cast<char>(i * 2654435761U >> 13);
  for (std::size_t from = 0; from < 9; ++from) {
    for (std::size_t length = 0; from + length <= bytes.size(); ++length) {
      const auto piece = std::string_view(bytes).substr(from, length);
      REQUIRE(crc32c(piece, static_cast<std::uint32_t>(length)) ==
              crc32c_portable(piece, static_cast<std::uint32_t>(length)));
    }
  }
}

TEST_CASE("CRC-32C goes on from piece to piece") {
  const std::string text = "the quick brown fox jumps over the lazy dog";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    CHECK(crc32c(text.substr(cut), crc32c(text.substr(0, cut))) == crc32c(text));
  }
}
