#include "spool/index.h"

#include <algorithm>

#include "ipc/codec.h"

namespace postern::spool {

namespace {

constexpr std::uint64_t kPlus = 1;
constexpr std::uint64_t kMinus = ~std::uint64_t{0};  // wraps around

std::string pack(const std::vector<RecipientProgress>& progress) {
  std::string packed;
  ipc::Writer writer(packed);
  for (const RecipientProgress& recipient : progress) {
    writer.u8(static_cast<std::uint8_t>(recipient.state));
    writer.text(recipient.reply);
  }
  packed.shrink_to_fit();
  return packed;
}

std::uint16_t count_pending(const std::vector<RecipientProgress>& progress) {
  return static_cast<std::uint16_t>(std::ranges::count(progress, RecipientState::kPending, &RecipientProgress::state));
}

// Recipients' states never go back from a final one.
void merge(Entry& entry, const std::vector<RecipientChange>& changes) {
  if (changes.empty()) return;
  auto progress = unpack_progress(entry);
  for (const RecipientChange& change : changes) {
    if (change.index >= progress.size() || progress[change.index].state != RecipientState::kPending) continue;
    progress[change.index] = {change.state, change.reply};
  }
  entry.pending = count_pending(progress);
  entry.progress = std::make_unique<std::string>(pack(progress));
}

}  // namespace

std::vector<RecipientProgress> unpack_progress(const Entry& entry) {
  std::vector<RecipientProgress> progress(entry.recipients);
  if (!entry.progress) return progress;
  ipc::Reader reader(*entry.progress);
  for (RecipientProgress& recipient : progress) {
    recipient.state = ipc::read_enum(reader, kLastRecipientState);
    recipient.reply = reader.text();
  }
  return progress;
}

void Index::count(const Entry& entry, std::uint64_t sign) {
  counts_.messages += sign;
  counts_.bytes += sign * entry.size;
  if (entry.held) {
    counts_.held += sign;
  } else if (entry.damaged) {
    counts_.damaged += sign;
  } else if (entry.attempts > 0) {
    counts_.deferred += sign;
  }
}

void Index::use(const Place& place, std::uint64_t sign) {
  Use& use = use_[place.segment];
  use.bytes += sign * place.length;
  use.records += sign;
  if (use.records == 0) use_.erase(place.segment);
}

void Index::schedule(const Entry& entry) {
  if (entry.held || entry.damaged || claims_.contains(entry.id)) return;
  heap_.push_back({entry.due, entry.id});
  std::push_heap(heap_.begin(), heap_.end());
}

// A heap's item counts only while it says what the entry says.
bool Index::is_current(const Due& due) {
  const Entry* entry = entries_.find(due.id);
  return entry != nullptr && entry->due == due.when && !entry->held && !entry->damaged && !claims_.contains(due.id);
}

void Index::drop_stale() {
  while (!heap_.empty() && !is_current(heap_.front())) {
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
  }
}

void Index::accept(Entry entry) {
  if (const Entry* before = entries_.find(entry.id)) {
    count(*before, kMinus);
    use(before->place, kMinus);
  }
  count(entry, kPlus);
  use(entry.place, kPlus);
  schedule(entry);
  entries_.put(std::move(entry));
}

void Index::move(MessageId id, const Place& place) {
  Entry* entry = entries_.find(id);
  if (entry == nullptr) return;
  use(entry->place, kMinus);
  use(place, kPlus);
  entry->place = place;
}

std::optional<Entry> Index::apply(const StateChange& change) {
  Entry* entry = entries_.find(change.id);
  if (entry == nullptr) return std::nullopt;
  count(*entry, kMinus);
  merge(*entry, change.recipients);
  const bool was_waiting = !entry->held && !entry->damaged;
  const std::uint64_t was_due = entry->due;
  entry->held = change.held.value_or(entry->held);
  entry->damaged = change.damaged.value_or(entry->damaged);
  entry->due = change.due.value_or(entry->due);
  entry->attempts = change.attempts.value_or(entry->attempts);
  if (entry->pending > 0) {
    count(*entry, kPlus);
    if (!was_waiting || was_due != entry->due) schedule(*entry);
    return std::nullopt;
  }
  use(entry->place, kMinus);
  Entry ended = std::move(*entry);
  entries_.erase(change.id);
  claims_.erase(change.id);
  counts_.claimed = claims_.size();
  return ended;
}

void Index::bring_forward(std::uint64_t by) {
  heap_.clear();
  entries_.walk(0, [this, by](Entry& entry) {
    entry.due -= std::min(entry.due, by);
    if (!entry.held && !entry.damaged) heap_.push_back({entry.due, entry.id});
    return true;
  });
  std::make_heap(heap_.begin(), heap_.end());
}

std::vector<MessageId> Index::claim(std::uint64_t now, Owner owner, std::size_t limit) {
  std::vector<MessageId> claimed;
  for (drop_stale(); claimed.size() < limit && !heap_.empty() && heap_.front().when <= now; drop_stale()) {
    claimed.push_back(heap_.front().id);
    claims_.emplace(claimed.back(), Claim{owner, false});
  }
  counts_.claimed = claims_.size();
  return claimed;
}

bool Index::claim_one(MessageId id, Owner owner) {
  if (entries_.find(id) == nullptr || !claims_.emplace(id, Claim{owner, true}).second) return false;
  counts_.claimed = claims_.size();
  return true;
}

std::optional<std::uint64_t> Index::next_due() {
  drop_stale();
  if (heap_.empty()) return std::nullopt;
  return heap_.front().when;
}

bool Index::begin_settle(MessageId id, Owner owner) {
  const auto claim = claims_.find(id);
  if (claim == claims_.end() || claim->second.owner != owner || claim->second.settling) return false;
  claim->second.settling = true;
  return true;
}

void Index::end_claim(MessageId id) {
  if (claims_.erase(id) == 0) return;
  counts_.claimed = claims_.size();
  if (const Entry* entry = entries_.find(id)) schedule(*entry);
}

std::size_t Index::end_claims(Owner owner) {
  std::vector<MessageId> ids;
  for (const auto& [id, claim] : claims_) {
    if (claim.owner == owner && !claim.settling) ids.push_back(id);
  }
  for (const MessageId id : ids) end_claim(id);
  return ids.size();
}

}  // namespace postern::spool
