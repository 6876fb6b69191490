#include "base/crc32c.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#if defined(__aarch64__)
#include <sys/auxv.h>
#if defined(__has_include) && __has_include(<asm/hwcap.h>)
#include <asm/hwcap.h>
#endif
#endif

namespace postern {

namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // reversed

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

// Eight tables: the portable loop takes eight bytes a step.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1U) != 0 ? kPolynomial : 0);
    tables[0][byte] = value;
  }
  for (std::size_t level = 1; level < tables.size(); ++level) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[level - 1][byte];
      tables[level][byte] = (before >> 8) ^ tables[0][before & 0xFFU];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

std::uint64_t load_le64(const char* from) {
  std::uint64_t value = 0;
  std::memcpy(&value, from, sizeof value);
  return std::endian::native == std::endian::little ? value : std::byteswap(value);
}

std::uint32_t by_tables(const char* at, std::size_t left, std::uint32_t crc) {
  for (; left >= 8; at += 8, left -= 8) {
    const std::uint64_t word = load_le64(at) ^ crc;
    crc = 0;
    for (std::size_t i = 0; i < 8; ++i) crc ^= kTables[7 - i][(word >> (8 * i)) & 0xFFU];
  }
  for (; left > 0; ++at, --left) crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<unsigned char>(*at)) & 0xFFU];
  return crc;
}

#if defined(__x86_64__)

bool has_instruction() { return __builtin_cpu_supports("sse4.2") != 0; }

__attribute__((target("sse4.2"))) std::uint32_t by_instruction(const char* at, std::size_t left, std::uint32_t crc) {
  std::uint64_t wide = crc;
  for (; left >= 8; at += 8, left -= 8) wide = __builtin_ia32_crc32di(wide, load_le64(at));
  crc = static_cast<std::uint32_t>(wide);
  for (; left > 0; ++at, --left) crc = __builtin_ia32_crc32qi(crc, static_cast<unsigned char>(*at));
  return crc;
}

#elif defined(__aarch64__)

bool has_instruction() { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }

// Written in assembler since the names of the intrinsics differ between compilers.
__attribute__((target("+crc"))) std::uint32_t by_instruction(const char* at, std::size_t left, std::uint32_t crc) {
  for (; left >= 8; at += 8, left -= 8) {
    __asm__("crc32cx %w0, %w0, %x1" : "+r"(crc) : "r"(load_le64(at)));
  }
  for (; left > 0; ++at, --left) {
    const std::uint32_t byte = static_cast<unsigned char>(*at);
    __asm__("crc32cb %w0, %w0, %w1" : "+r"(crc) : "r"(byte));
  }
  return crc;
}

#else

bool has_instruction() { return false; }
std::uint32_t by_instruction(const char* at, std::size_t left, std::uint32_t crc) { return by_tables(at, left, crc); }

#endif

using Function = std::uint32_t (*)(const char*, std::size_t, std::uint32_t);

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t start) {
  static const Function chosen = has_instruction() ? by_instruction : by_tables;
  return ~chosen(bytes.data(), bytes.size(), ~start);
}

std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t start) {
  return ~by_tables(bytes.data(), bytes.size(), ~start);
}

}  // namespace postern
