#include <pthread.h>

#include <algorithm>
#include <format>
#include <latch>

#include "spool/checkpoint.h"
#include "spool/scanner.h"
#include "spool/spool.h"

// The spool's housekeeping, on a thread of its own: the ledger's files, checkpoints, segments, compaction.
namespace postern::spool {

namespace {

constexpr std::chrono::milliseconds kGather{20};  // ledger entries wait so long for more of them
constexpr std::chrono::seconds kTick{1};
constexpr std::uint64_t kFullGather = 1 << 20;
constexpr std::size_t kEntriesPerStep = 1000;  // of a checkpoint, under one hold of the lock
constexpr std::uint64_t kMoveAtOnce = 4 << 20;
constexpr std::size_t kFewSegments = 8;  // that many are not worth compacting
constexpr std::uint64_t kSparse = 4;     // less than a quarter of it is live

}  // namespace

void Spool::keep() {
  pthread_setname_np(pthread_self(), "keeper");
  while (wait_for_duty()) {
    const std::lock_guard keeping(keeping_);
    write_ledger();
    if (log_->health()) {
      const auto prepared = segments_.prepare();
      if (!prepared && prepared.error().code != ErrorCode::kNoSpace) broken(prepared.error());
    }
    const auto moment = std::chrono::steady_clock::now();
    if (moment - last_tick_ < kTick) continue;
    last_tick_ = moment;
    tick();
  }
}

// False when it is time to end.
bool Spool::wait_for_duty() {
  std::unique_lock lock(ledger_mutex_);
  ledger_wake_.wait_for(lock, kTick, [this] { return ending_ || ledger_in_haste_ || !ledger_queue_.empty(); });
  ledger_wake_.wait_for(lock, kGather, [this] { return ending_ || ledger_in_haste_ || ledger_backlog_ > kFullGather; });
  return !ending_;
}

void Spool::write_ledger() {
  std::vector<LedgerItem> items;
  {
    const std::lock_guard lock(ledger_mutex_);
    items.swap(ledger_queue_);
    ledger_in_haste_ = false;
  }
  std::vector<std::string_view> events;
  std::string_view operation;
  std::uint64_t bytes = 0;
  for (const LedgerItem& item : items) {
    bytes += item.head.size();
    if (!split_head(std::string_view(item.head).substr(kRecordHeader), item.header.events, events, operation)) continue;
    const WallTime time{std::chrono::microseconds(static_cast<std::int64_t>(item.header.wall))};
    std::uint64_t seq = item.header.first_seq;
    for (const std::string_view event : events) ledger_->append(seq++, time, event);
  }
  const auto flushed = ledger_->flush();
  if (!flushed && flushed.error().code != ErrorCode::kNoSpace) broken(flushed.error());
  ledger_backlog_ -= bytes;
  {
    const std::lock_guard lock(ledger_mutex_);
    if (flushed) ledger_flushed_seq_ = ledger_->last_seq();
  }
  ledger_written_.notify_all();
}

Result<void> Spool::sync_ledger() {
  write_ledger();
  const auto synced = ledger_->sync();
  if (!synced && synced.error().code != ErrorCode::kNoSpace) broken(synced.error());
  return synced;
}

void Spool::flush_ledger() {
  std::unique_lock lock(ledger_mutex_);
  const std::uint64_t wanted = ledger_queued_seq_;
  ledger_in_haste_ = true;
  ledger_wake_.notify_one();
  ledger_written_.wait_for(lock, kTick, [this, wanted] { return ending_ || ledger_flushed_seq_ >= wanted; });
}

void Spool::tick() {
  refresh_free_space();
  if (!log_->health() || !sync_ledger()) return;
  Result<void> step;
  if (checkpoint_is_due()) step = write_checkpoint_file();
  if (step) step = tidy_segments();
  if (!step && step.error().code != ErrorCode::kNoSpace) broken(step.error());
}

Result<void> Spool::tidy_segments() {
  if (const auto dropped = drop_dead_segments(); !dropped) return dropped;
  const auto sparse = sparsest_segment();
  if (!sparse) return {};
  if (const auto compacted = compact(*sparse); !compacted) return compacted;
  return drop_dead_segments();
}

void Spool::refresh_free_space() {
  const auto space = disk_.free_space(folders_.root);
  const std::lock_guard lock(mutex_);
  free_ = space ? *space : FreeSpace{};
  used_ = 0;
}

// A long queue makes a checkpoint dear: then more log is written between two of them. On a disk that is nearly full one
// is worth its price much earlier, since only segments before the last checkpoint can be dropped.
bool Spool::checkpoint_is_due() const {
  constexpr std::uint64_t kBytesPerEntry = 128;
  constexpr std::uint64_t kWorthWhile = 64 << 10;
  const std::uint64_t written = log_->figures().bytes - checkpoint_at_;
  const std::lock_guard lock(mutex_);
  if (free_.bytes < options_.reserve_free + options_.segment_size) return written >= kWorthWhile;
  return written >= std::max(options_.checkpoint_every, 2 * kBytesPerEntry * index_.size());
}

Result<void> Spool::checkpoint() {
  const std::lock_guard keeping(keeping_);
  refresh_free_space();
  Result<void> step = log_->health();
  if (step) step = write_checkpoint_file();
  if (step) step = tidy_segments();
  if (!step && step.error().code != ErrorCode::kNoSpace) broken(step.error());
  return step;
}

// The index goes on changing while it is written, so entries may be newer than the position. That is as good: the
// operations of the log are such that replaying one that has taken effect changes nothing.
Result<void> Spool::write_checkpoint_file() {
  CheckpointHead head;
  head.secret = secret_;
  {
    const std::lock_guard lock(mutex_);
    head.log = position_;
  }
  if (const auto synced = sync_ledger(); !synced) return synced;
  head.ledger = ledger_->synced();
  const auto more = [this](MessageId after, std::string& entries) {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    index_.walk(after, [&](const Entry& entry) {
      encode_entry(entries, entry);
      after = entry.id;
      return ++count < kEntriesPerStep;
    });
    return after;
  };
  if (const auto written = write_checkpoint(disk_, folders_.root, head, more); !written) return written;
  checkpoint_at_ = log_ ? log_->figures().bytes : 0;
  const std::string name = checkpoint_name(head.log.next_record);
  std::erase_if(checkpoints_, [&name](const auto& known) { return known.first == name; });
  checkpoints_.emplace_back(name, head.log.segment);
  return remove_old_checkpoints();
}

// Two are kept: when the newest can't be read, the one before it and the log behind that one do.
Result<void> Spool::remove_old_checkpoints() {
  while (checkpoints_.size() > 2) checkpoints_.erase(checkpoints_.begin());
  const auto names = disk_.list(folders_.root);
  if (!names) return fail(names.error());
  for (const std::string& name : *names) {
    const bool kept = std::ranges::contains(checkpoints_, name, [](const auto& known) { return known.first; });
    if (!is_checkpoint_name(name) || kept) continue;
    if (const auto removed = disk_.remove(folders_.root + "/" + name); !removed) return removed;
  }
  return {};
}

Result<void> Spool::drop_dead_segments() {
  const std::uint64_t needed_from = checkpoints_.empty() ? 0 : checkpoints_.front().second;
  std::vector<std::uint64_t> dead = segments_.numbers();
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(dead, [&](std::uint64_t number) {
      return number >= needed_from || index_.use().contains(static_cast<std::uint32_t>(number));
    });
  }
  for (const std::uint64_t number : dead) {
    if (const auto retired = segments_.retire(number); !retired) return retired;
  }
  return {};
}

// The segment with the fewest live bytes, if compacting it is worth the writing.
std::optional<std::uint64_t> Spool::sparsest_segment() const {
  const std::uint64_t needed_from = checkpoints_.empty() ? 0 : checkpoints_.front().second;
  const std::size_t segments = segments_.numbers().size();
  const std::lock_guard lock(mutex_);
  std::uint64_t live = 0;
  std::optional<std::uint64_t> sparsest;
  std::uint64_t fewest = segments_.size() / kSparse;
  for (const auto& [number, use] : index_.use()) {
    live += use.bytes;
    if (number >= needed_from || use.bytes >= fewest) continue;
    fewest = use.bytes;
    sparsest = number;
  }
  if (segments <= kFewSegments || segments * segments_.size() < 2 * live) return std::nullopt;
  return sparsest;
}

// Appends copies of the segment's live records to the log. Each takes effect like any other transaction, so at each
// moment a message has a place where all of it stands.
Result<void> Spool::compact(std::uint64_t number) {
  const auto segment = segments_.get(number);
  if (!segment) return {};
  ScanState state;
  Scanner scanner(*segment->file, number, segment_key(secret_, number), kBlock, segments_.size(), false, state);
  std::vector<TransactionPtr> moves;
  std::uint64_t bytes = 0;
  for (;;) {
    const auto record = scanner.next();
    if (!record) return fail(record.error());
    if (*record) {
      if (auto move = make_move(number, **record)) {
        bytes += move->head.size() + move->body_length;
        moves.push_back(std::move(move));
      }
    }
    if (*record && bytes < kMoveAtOnce) continue;
    if (const auto moved = submit_and_wait(std::exchange(moves, {})); !moved) return moved;
    bytes = 0;
    if (!*record) return {};
  }
}

// The transaction that moves a record, if it is a live message's current one.
TransactionPtr Spool::make_move(std::uint64_t segment, const RecordView& record) const {
  const bool has_message = record.header.type == RecordType::kMessage || record.header.type == RecordType::kMoved;
  if (!has_message || !record.body_intact) return nullptr;
  std::vector<std::string_view> events;
  std::string_view operation;
  if (!split_head(record.head, record.header.events, events, operation)) return nullptr;
  const auto change = decode_message_change(operation);
  if (!change) return nullptr;
  {
    const std::lock_guard lock(mutex_);
    const auto live = index_.place_of(change->id);
    if (!live || live->segment != segment || live->offset != record.offset) return nullptr;
  }
  auto move = make_transaction(RecordType::kMoved, change->id, {}, operation.size());
  move->head += operation;
  move->body.emplace_back(record.body);
  move->body_length = record.header.body_length;
  move->body_crc = record.header.body_crc;
  return move;
}

Result<void> Spool::submit_and_wait(std::vector<TransactionPtr> transactions) {
  std::latch left(static_cast<std::ptrdiff_t>(transactions.size()));
  std::mutex mutex;
  Result<void> result;
  for (TransactionPtr& transaction : transactions) {
    transaction->internal = true;
    transaction->done = [&](const Result<void>& one) {
      {
        const std::lock_guard lock(mutex);
        if (!one) result = one;
      }
      left.count_down();
    };
    log_->submit(std::move(transaction));
  }
  left.wait();
  return result;
}

// The end of accepting: after a failed write or sync nothing that follows could be trusted.
void Spool::broken(const Error& error) {
  if (log_ && log_->health()) log_->stop(error);
  if (!alarmed_.exchange(true)) hooks_.alarm("the store is out of service until a restart: " + error.context);
}

}  // namespace postern::spool
