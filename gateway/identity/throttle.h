#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"
#include "config/config.h"
#include "identity/lru.h"

namespace postern::identity {

/// One login as the throttle sees it.
struct Attempt {
  /// Who is asked for, in one spelling; empty: a name that nobody can have.
  std::string account;
  /// Where it comes from: source_of().
  std::string source;
  /// It comes from an active device of the account's own person.
  bool own_device = false;
  /// The right password would let it in. A try from another person's device is no danger to the account, so it must
  /// not slow the account down either.
  bool could_succeed = true;
};

/// The key of a source: the device if the address belongs to one, else the IPv4 address or the IPv6 network of 64 bits
/// (whose host picks its addresses itself).
std::string source_of(std::string_view device, const IpAddress& client);

/// The brake in front of PAM (architecture.md section 5). Three counters of failures, each of which leaks at its limit
/// per window, so that a trickle of typing errors never adds up:
///
/// - of one account from one source; at the limit it must wait, twice as long with each further failure;
/// - of one source over all accounts: the same;
/// - of one account over all sources: a short wait that does not grow.
///
/// The last two don't apply to an account from its own device or from where it succeeded before: whatever others do,
/// nobody is locked out by them. Memory is bounded by `entries` a map. One thread.
class Throttle {
 public:
  Throttle(const config::LoginThrottle& config, const Clock& clock);

  /// How long the attempt must wait; nullopt: it may be checked now.
  std::optional<std::chrono::seconds> wait(const Attempt& attempt);
  void failed(const Attempt& attempt);
  void succeeded(const Attempt& attempt);

  /// Who has to wait right now, for an administrator's eyes.
  struct Waiting {
    std::string account;  ///< empty: the source, whatever the account
    std::string source;   ///< empty: the account, whatever the source
    std::chrono::seconds left{0};
    unsigned refusals = 0;  ///< how often it had to wait so far
  };
  std::vector<Waiting> waiting(std::size_t limit) const;
  /// Forgets the failures of an account, of a source, of one from the other, or (both empty) all of them.
  void clear(std::string_view account, std::string_view source);
  /// Other numbers from now on; what has been counted stays.
  void configure(const config::LoginThrottle& config);
  std::size_t size() const { return pairs_.size() + sources_.size() + accounts_.size(); }

 private:
  struct Bucket {
    double level = 0;
    MonoTime filled{};   ///< when `level` was right: the leak goes on from there
    MonoTime until{};    ///< no attempt before
    unsigned waits = 0;  ///< since the bucket was last empty
  };
  using Map = LruMap<Bucket>;

  void drain(Bucket& bucket, unsigned limit) const;
  void fill(Bucket& bucket, unsigned limit, bool growing) const;
  std::optional<std::chrono::seconds> left(Map& map, std::string_view key) const;
  void list(const Map& map, std::size_t limit, std::vector<Waiting>& into) const;

  config::LoginThrottle config_;
  const Clock& clock_;
  Map pairs_;
  Map sources_;
  Map accounts_;
  /// Pairs that succeeded; a map of its own, so that a flood of failures can't push them out.
  LruMap<char> good_;
};

}  // namespace postern::identity
