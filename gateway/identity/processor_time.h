#pragma once

#include <sys/resource.h>

#include <chrono>

namespace postern::identity {

/// What this process and the children that it has waited for have used of a processor so far; 0 in a fresh fork. Unlike
/// the time of day it tells a hash from none on a busy machine too.
inline std::chrono::microseconds processor_time() {
  std::chrono::microseconds sum{0};
  for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    if (::getrusage(who, &usage) != 0) continue;
    for (const timeval& part : {usage.ru_utime, usage.ru_stime}) {
      sum += std::chrono::seconds(part.tv_sec) + std::chrono::microseconds(part.tv_usec);
    }
  }
  return sum;
}

}  // namespace postern::identity
