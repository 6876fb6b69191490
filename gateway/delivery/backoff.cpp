#include "delivery/backoff.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace postern::delivery {

config::Duration retry_delay(const config::DeliveryRetry& retry, std::uint32_t attempts, double random) {
  const double maximum = static_cast<double>(retry.maximum.count());
  // pow() may overflow to infinity for a large count; min() brings it back.
  const double wait = std::min(static_cast<double>(retry.first.count()) * std::pow(retry.factor, attempts), maximum);
  return config::Duration(static_cast<config::Duration::rep>(wait * (1.0 + retry.jitter * (2.0 * random - 1.0))));
}

double random_unit() {
  constexpr std::uint64_t kSteps = 1ULL << 53;
  return static_cast<double>(random_below(kSteps)) / static_cast<double>(kSteps);
}

}  // namespace postern::delivery
