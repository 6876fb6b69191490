#pragma once

#include "config/types.h"

/// The section "gate" of postern.yaml: what becomes of sources that misbehave; see config.h.
namespace postern::config {

/// Sources that misbehaved are not listened to for a while. IPv6 sources are counted by /64: a host has a whole one.
struct Bans {
  /// Offences within `window` that lead to a ban.
  unsigned strikes = 20;
  Duration window = std::chrono::minutes(10);
  Duration duration = std::chrono::minutes(15);
  /// Sources remembered at most.
  unsigned entries = 10000;
  bool operator==(const Bans&) const = default;
};

struct Gate {
  Bans bans;
  /// New connections of one source a minute; more are closed without a banner. 0: any number.
  unsigned connections_per_minute = 300;
  bool operator==(const Gate&) const = default;
};

}  // namespace postern::config
