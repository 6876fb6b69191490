#include "submission/ids.h"

#include <algorithm>

#include "base/random.h"

namespace postern::submission {

namespace {
constexpr unsigned kRandomBits = 22;
}

std::uint64_t IdSource::next() {
  const auto since_1970 = clock_.wall().time_since_epoch();
  const auto milliseconds = static_cast<std::uint64_t>(
      std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count(), 0));
  const std::uint64_t wanted = milliseconds << kRandomBits | random_below(1ULL << kRandomBits);
  std::uint64_t last = last_.load();
  std::uint64_t id = 0;
  do {
    id = std::max(wanted, last + 1);
  } while (!last_.compare_exchange_weak(last, id));
  return id;
}

}  // namespace postern::submission
