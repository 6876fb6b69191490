#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"

namespace postern::gate {

/// Sources that misbehaved, and for how long nobody listens to them. A source that gathers `strikes` offences within
/// `window` is banned for `duration`. Times are monotonic: a jump of the wall clock neither lifts nor lengthens a ban.
///
/// Memory is bounded: at most `entries` sources are remembered. When all are taken, the one with offences only whose
/// record ends first makes room, and a ban only when there is nothing but bans: a flood from many addresses must not
/// lift a ban.
/// Not thread-safe: one executor.
class Bans {
 public:
  struct Limits {
    unsigned strikes = 20;  ///< at least 1
    std::chrono::nanoseconds window = std::chrono::minutes(10);
    std::chrono::nanoseconds duration = std::chrono::minutes(15);
    std::size_t entries = 10000;  ///< at least 1
  };
  struct Ban {
    IpAddress source;
    std::chrono::nanoseconds left;
  };

  /// `clock` must outlive the object.
  Bans(const Clock& clock, Limits limits) : clock_(clock), limits_(limits) {}

  /// Counts an offence of that weight (a weight of `strikes` bans at once). True when the source is banned by it: the
  /// moment to tell the ledger, once.
  bool strike(const IpAddress& source, unsigned weight = 1);
  /// How long the source is still banned; nullopt: it is not.
  std::optional<std::chrono::nanoseconds> banned(const IpAddress& source);
  /// Forgets bans and offences of a source: after a successful login, or when an administrator says so.
  void forgive(const IpAddress& source);
  /// All bans that stand, by address.
  std::vector<Ban> list();
  std::size_t remembered() const { return records_.size(); }

 private:
  struct Record {
    MonoTime ends;  ///< of the ban, or of the window that counts the offences
    unsigned strikes = 0;
    bool banned = false;
  };
  using ByEnd = std::set<std::pair<MonoTime, IpAddress>>;
  ByEnd& index_of(const Record& record) { return record.banned ? bans_ : offences_; }
  void forget_first(ByEnd& index);
  void expire();
  void make_room();

  const Clock& clock_;
  Limits limits_;
  std::map<IpAddress, Record> records_;
  ByEnd offences_;
  ByEnd bans_;
};

}  // namespace postern::gate
