#pragma once

#include <cstdint>

#include "config/config.h"

namespace postern::delivery {

/// The wait before a message's next attempt: first * factor^attempts, at most `maximum`, then spread by +- jitter so
/// that messages which failed together don't come back together. `attempts`: how many were made before the one that
/// just failed. `random` is uniform in [0, 1).
config::Duration retry_delay(const config::DeliveryRetry& retry, std::uint32_t attempts, double random);

/// A uniformly distributed number in [0, 1).
double random_unit();

}  // namespace postern::delivery
