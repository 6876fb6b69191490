#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "spool/change.h"
#include "spool/sorted_table.h"

namespace postern::spool {

/// Where a record stands in the log.
struct Place {
  std::uint32_t segment = 0;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;  ///< of the whole record

  bool operator==(const Place&) const = default;
};

/// What became of each recipient of a message so far.
struct RecipientProgress {
  RecipientState state = RecipientState::kPending;
  std::string reply;

  bool operator==(const RecipientProgress&) const = default;
};

/// What memory holds of a message: 72 bytes, and what was said of its recipients once something was. Envelope and
/// content are read from the log when they are wanted.
struct Entry {
  MessageId id = 0;
  std::uint64_t size = 0;
  std::uint64_t accepted = 0;  ///< running time
  std::uint64_t due = 0;       ///< running time
  Place place;
  std::uint32_t attempts = 0;
  std::uint16_t recipients = 0;
  std::uint16_t pending = 0;  ///< recipients without a final state
  bool in_file = false;
  bool held = false;
  bool damaged = false;
  /// Packed RecipientProgress of all recipients; none while all are pending and nothing was said.
  std::unique_ptr<std::string> progress;
};

std::vector<RecipientProgress> unpack_progress(const Entry& entry);

/// Who may settle a claimed message; made by Spool::claim()'s caller. 0 is nobody.
using Owner = std::uint64_t;

/// Numbers of messages by what they wait for.
struct Counts {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t claimed = 0;   ///< being delivered
  std::uint64_t deferred = 0;  ///< waiting for another attempt, not held
  std::uint64_t held = 0;
  std::uint64_t damaged = 0;
};

/// All that is known of the queue, in memory: the live messages, what is due, what is claimed, and how much of each
/// segment is still needed. Changes come from the log's records, in the log's order. Not thread-safe.
class Index {
 public:
  /// A kMessage record. One that is there already is replaced.
  void accept(Entry entry);
  /// A kMoved record; ignored if the message is gone.
  void move(MessageId id, const Place& place);
  /// A kState record; ignored if the message is gone. Returns the entry if that ended it (it is no longer in here).
  std::optional<Entry> apply(const StateChange& change);

  /// Makes all messages due earlier by that much running time: for the time in which the box was off.
  void bring_forward(std::uint64_t by);

  Entry* find(MessageId id) { return entries_.find(id); }
  std::optional<Place> place_of(MessageId id) const {
    const Entry* entry = entries_.find(id);
    return entry == nullptr ? std::nullopt : std::optional(entry->place);
  }
  std::size_t size() const { return entries_.size(); }
  Counts counts() const { return counts_; }
  /// Entries with ids above `after`, ascending, until `visit` returns false.
  template <class Visit>
  void walk(MessageId after, Visit visit) {
    entries_.walk(after, visit);
  }

  /// Takes up to `limit` messages that are due at `now` for `owner`, those due longest first.
  std::vector<MessageId> claim(std::uint64_t now, Owner owner, std::size_t limit);
  /// Takes this one, due or not; false if it is claimed or gone.
  bool claim_one(MessageId id, Owner owner);
  /// When the next message falls due; nullopt: none waits.
  std::optional<std::uint64_t> next_due();
  bool is_claimed(MessageId id) const { return claims_.contains(id); }
  /// Marks a claim of `owner` as being settled, so that end_claims() leaves it; false if there is no such claim.
  bool begin_settle(MessageId id, Owner owner);
  /// The claim is over, settled or not: what is left of the message may be claimed again.
  void end_claim(MessageId id);
  /// Ends all claims of `owner` that are not being settled; returns how many.
  std::size_t end_claims(Owner owner);

  /// Live records of a segment.
  struct Use {
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;
  };
  /// By segment; those without live records are not in it.
  const std::map<std::uint32_t, Use>& use() const { return use_; }

 private:
  struct Due {
    std::uint64_t when;
    MessageId id;
    // For a heap with the earliest on top; the elder message first.
    bool operator<(const Due& other) const { return when != other.when ? when > other.when : id > other.id; }
  };
  struct Claim {
    Owner owner;
    bool settling;
  };

  void schedule(const Entry& entry);
  bool is_current(const Due& due);
  void drop_stale();
  void count(const Entry& entry, std::uint64_t sign);
  void use(const Place& place, std::uint64_t sign);

  SortedTable<Entry> entries_;
  std::vector<Due> heap_;  // may hold stale ones: see is_current()
  std::unordered_map<MessageId, Claim> claims_;
  std::map<std::uint32_t, Use> use_;
  Counts counts_;
};

}  // namespace postern::spool
