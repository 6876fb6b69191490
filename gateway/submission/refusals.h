#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"

namespace postern::submission {

/// Turns refused connections into ledger events without letting a flood fill the ledger: the first of a source and
/// reason is written at once, those that follow within a window are counted and written as one event at its end. At
/// most `sources` are told apart in a window; what others do goes into one more event. A window thus writes at most
/// 2 * sources + 1 events, however many connections were refused.
/// Not thread-safe.
class Refusals {
 public:
  struct Limits {
    std::chrono::seconds window{10};
    std::size_t sources = 64;
  };
  explicit Refusals(const Clock& clock, Limits limits) : clock_(clock), limits_(limits) {}
  explicit Refusals(const Clock& clock) : Refusals(clock, Limits{}) {}

  /// Notes one; returns the events to write now (none, or one).
  std::vector<std::string> note(const IpAddress& source, std::string_view link, std::string_view reason);
  /// Called now and then: the events of the window, once it has ended.
  std::vector<std::string> due();

 private:
  struct Seen {
    std::string link;
    std::uint64_t more = 0;
  };
  std::string event(const IpAddress* source, std::string_view link, std::string_view reason, std::uint64_t count) const;

  const Clock& clock_;
  const Limits limits_;
  MonoTime began_{};
  std::map<std::pair<IpAddress, std::string>, Seen, std::less<>> seen_;
  std::uint64_t others_ = 0;
};

}  // namespace postern::submission
