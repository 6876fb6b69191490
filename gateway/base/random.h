#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace postern {

/// Fills with bytes of the kernel's generator (getrandom); ends the process if there is none, since nothing that
/// needs secrets can go on without.
void fill_random(std::span<char> bytes);

/// That many random bytes.
std::string random_bytes(std::size_t count);

/// A uniformly distributed number in [0, bound); bound must not be 0.
std::uint64_t random_below(std::uint64_t bound);

}  // namespace postern
