#include "ipc/codec.h"

namespace postern::ipc {

namespace {

void append(std::string& out, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i, value >>= 8) out += static_cast<char>(value & 0xFFU);
}

}  // namespace

void Writer::u8(std::uint8_t value) { append(out_, value, 1); }
void Writer::u16(std::uint16_t value) { append(out_, value, 2); }
void Writer::u32(std::uint32_t value) { append(out_, value, 4); }
void Writer::u64(std::uint64_t value) { append(out_, value, 8); }

void Writer::text(std::string_view value) {
  u32(static_cast<std::uint32_t>(value.size()));
  out_ += value;
}

std::uint64_t Reader::integer(std::size_t width) {
  if (!ok_ || rest_.size() < width) {
    ok_ = false;
    return 0;
  }
  std::uint64_t value = 0;
  for (std::size_t i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(rest_[i]);
  rest_.remove_prefix(width);
  return value;
}

std::uint8_t Reader::u8() { return static_cast<std::uint8_t>(integer(1)); }
std::uint16_t Reader::u16() { return static_cast<std::uint16_t>(integer(2)); }
std::uint32_t Reader::u32() { return static_cast<std::uint32_t>(integer(4)); }
std::uint64_t Reader::u64() { return integer(8); }

bool Reader::boolean() {
  const std::uint8_t value = u8();
  if (value > 1) ok_ = false;
  return value == 1;
}

std::string_view Reader::text() {
  const std::size_t length = u32();
  if (!ok_ || rest_.size() < length) {
    ok_ = false;
    return {};
  }
  const std::string_view value = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return value;
}

std::size_t Reader::count(std::size_t smallest) {
  const std::size_t elements = u32();
  if (!ok_ || elements > rest_.size() / (smallest == 0 ? 1 : smallest)) {
    ok_ = false;
    return 0;
  }
  return elements;
}

}  // namespace postern::ipc
