#include "ipc/codec.h"

#include <catch2/catch_test_macros.hpp>

using namespace postern::ipc;

TEST_CASE("values come back as they were written") {
  std::string bytes;
  Writer writer(bytes);
  writer.u8(0xFE);
  writer.u16(0xBEEF);
  writer.u32(0xDEADBEEF);
  writer.u64(0x0123456789ABCDEF);
  writer.boolean(true);
  writer.text(std::string("a\0b", 3));
  CHECK(bytes.substr(1, 2) == "\xEF\xBE");

  Reader reader(bytes);
  CHECK(reader.u8() == 0xFE);
  CHECK(reader.u16() == 0xBEEF);
  CHECK(reader.u32() == 0xDEADBEEF);
  CHECK(reader.u64() == 0x0123456789ABCDEF);
  CHECK(reader.boolean());
  CHECK(reader.text() == std::string("a\0b", 3));
  CHECK(reader.finished());
}

TEST_CASE("every truncation of a payload is noticed") {
  std::string bytes;
  Writer writer(bytes);
  writer.u32(7);
  writer.text("hello");
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    Reader reader(std::string_view(bytes).substr(0, length));
    reader.u32();
    reader.text();
    CHECK_FALSE(reader.finished());
  }
}

TEST_CASE("bytes that are left over are noticed") {
  Reader reader("ab");
  reader.u8();
  CHECK(reader.ok());
  CHECK_FALSE(reader.finished());
}

TEST_CASE("a count that the payload does not back is refused before anybody reserves memory") {
  std::string bytes;
  Writer writer(bytes);
  writer.u32(0xFFFFFFFF);
  writer.u32(0);
  Reader reader(bytes);
  CHECK(reader.count(4) == 0);
  CHECK_FALSE(reader.ok());
}

TEST_CASE("booleans and enumerations have no spare values") {
  enum class Three : std::uint8_t { kA, kB, kC };
  Reader boolean(std::string_view("\x02", 1));
  boolean.boolean();
  CHECK_FALSE(boolean.ok());
  Reader fits(std::string_view("\x02", 1));
  CHECK(read_enum(fits, Three::kC) == Three::kC);
  CHECK(fits.finished());
  Reader over(std::string_view("\x03", 1));
  read_enum(over, Three::kC);
  CHECK_FALSE(over.ok());
}
