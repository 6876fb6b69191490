#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

/// The form of a ledger entry. One line of JSON, its members in this order:
///
///   {"seq":7,"time":"2026-11-24T02:47:06.123456Z","event":"queued",...,"prev":"<64 hex>","hash":"<64 hex>"}
///
/// seq   counts from 1 without gaps.
/// prev  is the hash of the entry before; of entry 1 it is 64 zeros.
/// hash  is SHA-256, in lower-case hexadecimal, over the line's own bytes from the first '{' up to and without the
///       comma before "hash". Since prev is among them, a change to any entry changes all hashes after it.
///
/// Whoever reads the file needs no JSON library to check it: cut the line's last 75 bytes, hash the rest, compare
/// (`head -c -75` of the line without its newline, then sha256sum).
namespace postern::ledger {

using Hash = std::array<char, 32>;

/// SHA-256, with its state kept between uses. Not thread-safe.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  Hash operator()(std::string_view bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A line without its newline never is longer than this.
inline constexpr std::size_t kMaxLine = (64 << 10) + 512;

/// Appends one entry's line, newline included, and returns its hash. `event` has passed check_event().
Hash append_entry(std::string& out, Hasher& hasher, std::uint64_t seq, WallTime time, std::string_view event,
                  const Hash& prev);

/// What a line says of itself; the views point into it.
struct EntryView {
  std::uint64_t seq = 0;
  std::string_view time;
  std::string_view event;  ///< name of the event
  Hash prev{};
  Hash hash{};
  std::string_view hashed;  ///< the bytes that hash covers
};

/// Takes a line (without newline) apart; kCorrupt says what is malformed. Proves form only, no hash.
Result<EntryView> parse_entry(std::string_view line);

}  // namespace postern::ledger
