#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"
#include "base/error.h"
#include "ledger/chain.h"

namespace postern::ledger {

/// The first thing that is wrong with a ledger.
struct Defect {
  std::string file;
  std::uint64_t line = 0;  ///< in that file, from 1; 0: the file as a whole
  std::uint64_t seq = 0;   ///< as the line says, 0 where it can't be read
  std::string what;        ///< for a person: "entry was changed: its hash does not fit" ...
};

/// What verify() found.
struct Verification {
  std::uint64_t entries = 0;    ///< proven ones
  std::uint64_t first_seq = 0;  ///< 0: the ledger is empty
  std::uint64_t last_seq = 0;
  Hash last_hash{};
  std::optional<Defect> defect;
  /// What a chain of hashes alone can't prove, for a person to read: entries before the first one here, entries cut
  /// off behind the last one, a chain made anew from some point on.
  std::vector<std::string> unproven;
};

/// Proves one ledger file, or all the ledger files in a folder as one chain, or finds the first bad entry: changed,
/// deleted, inserted, moved, or cut short. `until` leaves entries after that one out (those which the vault is
/// writing). Errors only when nothing could be read.
Result<Verification> verify(Disk& disk, const std::string& path, std::uint64_t until = UINT64_MAX);

/// The state of a chain while its lines go by: shared by verify() and by the vault's own recovery.
class ChainCheck {
 public:
  /// Expects the entry after `last_seq`, whose hash was `last_hash`.
  ChainCheck(std::uint64_t last_seq, const Hash& last_hash) : seq_(last_seq), hash_(last_hash), started_(true) {}
  /// Accepts whatever entry comes first, but for a first entry with a wrong prev.
  ChainCheck() = default;

  /// Checks a line against those before; kCorrupt says what is wrong, and nothing has changed then.
  Result<void> add(std::string_view line);
  std::uint64_t last_seq() const { return seq_; }
  const Hash& last_hash() const { return hash_; }
  /// The seq that the last line given to add() claimed, 0 if it had none.
  std::uint64_t claimed_seq() const { return claimed_; }

 private:
  Hasher hasher_;
  std::uint64_t seq_ = 0;
  std::uint64_t claimed_ = 0;
  Hash hash_{};
  bool started_ = false;
};

}  // namespace postern::ledger
