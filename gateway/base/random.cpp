#include "base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/log.h"

namespace postern {

void fill_random(std::span<char> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      log::error("getrandom failed; nothing secret can be made", {{"error", std::strerror(errno)}});
      std::abort();
    }
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  fill_random(bytes);
  return bytes;
}

std::uint64_t random_below(std::uint64_t bound) {
  // Draws below this threshold would make small results likelier.
  const std::uint64_t threshold = (0 - bound) % bound;
  for (;;) {
    std::uint64_t draw = 0;
    fill_random({reinterpret_cast<char*>(&draw), sizeof draw});
    if (draw >= threshold) return draw % bound;
  }
}

}  // namespace postern
