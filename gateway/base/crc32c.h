#pragma once

#include <cstdint>
#include <string_view>

namespace postern {

/// CRC-32C (Castagnoli; RFC 3720 section 12.1), by the processor's own instruction where it has one. To go on with a
/// further piece pass the value so far: crc32c(b, crc32c(a)) is the value of a followed by b. Any other start value
/// makes a family of checksums of its own.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t start = 0);

/// The same in portable code, for processors without the instruction; here so that tests compare the two.
std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t start = 0);

}  // namespace postern
