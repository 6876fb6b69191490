#include "spool/log.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "ledger/event.h"

namespace postern::spool {

namespace {

constexpr std::uint64_t kMaxBatch = 16 << 20;
constexpr std::array<char, kBlock> kZeros{};

std::uint64_t to_micros(WallTime time) { return static_cast<std::uint64_t>(time.time_since_epoch().count()); }

std::uint64_t record_length(const Transaction& transaction) {
  return transaction.head.size() + transaction.body_length;
}

std::string_view padding(std::uint64_t from, std::uint64_t alignment) {
  return {kZeros.data(), static_cast<std::size_t>(align_up(from, alignment) - from)};
}

}  // namespace

TransactionPtr make_transaction(RecordType type, MessageId id, const std::vector<std::string>& events,
                                std::size_t room) {
  auto transaction = std::make_unique<Transaction>();
  transaction->type = type;
  transaction->id = id;
  transaction->events = static_cast<std::uint16_t>(events.size());
  transaction->head = begin_head(events, room);
  transaction->operation_at = transaction->head.size();
  return transaction;
}

Log::Log(Segments& segments, const Clock& clock, const StoreSecret& secret, const LogPosition& end,
         std::chrono::microseconds window, Finished finished)
    : segments_(segments),
      secret_(secret),
      window_(window),
      finished_(std::move(finished)),
      time_(clock, end.running,
            end.wall == 0 ? clock.wall() : WallTime(std::chrono::microseconds(static_cast<std::int64_t>(end.wall)))),
      position_(end),
      thread_([this] { run(); }) {}

Log::~Log() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

// A jump of the clock is itself an entry of the ledger. The caller holds mutex_.
Stamp Log::stamp() {
  const Stamp stamp = time_.now();
  if (stamp.jump) {
    const auto by = std::chrono::duration_cast<std::chrono::milliseconds>(*stamp.jump);
    auto note = make_transaction(RecordType::kNote, 0,
                                 {ledger::Event("clock").number("jump_ms", std::int64_t{by.count()}).take()});
    note->header.wall = to_micros(stamp.wall);
    note->header.running = stamp.running;
    note->urgent = false;
    if (queue_.empty()) lazy_deadline_ = std::chrono::steady_clock::now() + kLazy;
    queue_.push_back(std::move(note));
    wake_.notify_one();
  }
  return stamp;
}

void Log::submit(TransactionPtr transaction) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    const Stamp moment = stamp();
    transaction->header.wall = to_micros(moment.wall);
    transaction->header.running = moment.running;
    wake = queue_.empty() || (transaction->urgent && urgent_ == 0);
    if (queue_.empty()) lazy_deadline_ = std::chrono::steady_clock::now() + kLazy;
    if (transaction->urgent) ++urgent_;
    queued_bytes_ += record_length(*transaction);
    queue_.push_back(std::move(transaction));
  }
  if (wake) wake_.notify_one();
}

Stamp Log::now() {
  const std::lock_guard lock(mutex_);
  return stamp();
}

void Log::stop(const Error& reason) {
  const std::lock_guard lock(mutex_);
  if (health_) health_ = fail(ErrorCode::kIo, reason.context);
}

Result<void> Log::health() const {
  const std::lock_guard lock(mutex_);
  return health_;
}

LogFigures Log::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_;
}

std::uint64_t Log::waiting() const {
  const std::lock_guard lock(mutex_);
  return queued_bytes_;
}

void Log::run() {
  pthread_setname_np(pthread_self(), "log");
  for (;;) {
    Batch batch = wait_for_work();
    if (batch.empty()) return;
    write_all(std::move(batch));
  }
}

Log::Batch Log::wait_for_work() {
  std::unique_lock lock(mutex_);
  while (!ending_ && urgent_ == 0) {
    if (queue_.empty()) {
      wake_.wait(lock);
    } else if (wake_.wait_until(lock, lazy_deadline_) == std::cv_status::timeout) {
      break;
    }
  }
  if (window_.count() > 0 && !ending_) wake_.wait_for(lock, window_, [this] { return ending_; });
  urgent_ = 0;
  queued_bytes_ = 0;
  return std::exchange(queue_, {});
}

// How many transactions from `from` on go into one batch at the current place.
std::size_t Log::count_fitting(const Batch& batch, std::size_t from) const {
  std::uint64_t at = position_.offset;
  std::size_t count = 0;
  for (; from + count < batch.size(); ++count) {
    at = align_up(at, kRecordAlignment) + record_length(*batch[from + count]);
    if (align_up(at, kBlock) > segments_.size()) break;
    if (count > 0 && at - position_.offset > kMaxBatch) break;
  }
  return count;
}

void Log::write_all(Batch batch) {
  std::size_t from = 0;
  while (from < batch.size()) {
    Result<void> result = health();
    std::size_t count = batch.size() - from;  // an error strikes all that are left
    if (result) {
      std::size_t fitting = segment_ ? count_fitting(batch, from) : 0;
      if (fitting == 0) {
        result = begin_segment();
        if (result) fitting = count_fitting(batch, from);
        assert(!result || fitting > 0);  // fits() was asked before
      }
      if (result) count = fitting;
    }
    Batch group(std::make_move_iterator(batch.begin() + static_cast<std::ptrdiff_t>(from)),
                std::make_move_iterator(batch.begin() + static_cast<std::ptrdiff_t>(from + count)));
    from += count;
    if (result) result = write_group(group);
    if (!result && result.error().code != ErrorCode::kNoSpace) stop(result.error());
    finished_(std::move(group), result, position_);
  }
}

Result<void> Log::begin_segment() {
  auto next = segments_.next();
  if (!next) return fail(next.error());
  segment_header_ =
      encode(SegmentHeader{(*next)->number, position_.segment, position_.records_end, position_.next_record, secret_});
  segment_ = std::move(*next);
  key_ = segment_key(secret_, segment_->number);
  position_.segment = segment_->number;
  position_.offset = kBlock;
  return {};
}

// Gives the records their numbers and places. Returns the offset behind the last one.
std::uint64_t Log::lay_out(Batch& group, std::vector<std::string_view>& pieces) {
  std::uint64_t at = position_.offset;
  std::uint64_t number = position_.next_record;
  std::uint64_t seq = position_.next_seq;
  for (TransactionPtr& transaction : group) {
    const bool last = transaction == group.back();
    RecordHeader& header = transaction->header;
    header.head_length = static_cast<std::uint32_t>(transaction->head.size() - kRecordHeader);
    header.body_length = transaction->body_length;
    header.body_crc = transaction->body_crc;
    header.type = transaction->type;
    header.flags = last ? kEndsBatch : 0;
    header.events = transaction->events;
    header.number = number++;
    header.batch = position_.batch;
    header.first_seq = seq;
    seq += transaction->events;
    seal_record(transaction->head, header, key_);
    transaction->place = {static_cast<std::uint32_t>(segment_->number), static_cast<std::uint32_t>(at),
                          static_cast<std::uint32_t>(header.length())};
    pieces.emplace_back(transaction->head);
    for (const std::string& piece : transaction->body) pieces.emplace_back(piece);
    at += header.length();
    // Whole blocks are written, so that the kernel need not read what an earlier use of the file left there.
    pieces.push_back(padding(at, last ? kBlock : kRecordAlignment));
    if (!last) at = align_up(at, kRecordAlignment);
  }
  return at;
}

Result<void> Log::write_group(Batch& group) {
  ++position_.batch;  // even if this fails: what it leaves behind must look older than what comes next
  std::vector<std::string_view> pieces;
  pieces.reserve(group.size() * 4 + 1);
  const bool fresh = !segment_header_.empty();
  if (fresh) pieces.emplace_back(segment_header_);
  const std::uint64_t end = lay_out(group, pieces);
  const std::uint64_t start = fresh ? 0 : position_.offset;
  if (const auto written = segment_->file->write(start, pieces); !written) return written;
  if (const auto synced = segment_->file->sync(); !synced) return synced;
  segment_header_.clear();
  const RecordHeader& last = group.back()->header;
  position_.records_end = end;
  position_.offset = align_up(end, kBlock);
  position_.next_record = last.number + 1;
  position_.next_seq = last.first_seq + last.events;
  position_.running = last.running;
  position_.wall = last.wall;
  const std::lock_guard lock(mutex_);
  figures_.transactions += group.size();
  figures_.flushes += 1;
  figures_.bytes += position_.offset - start;
  return {};
}

}  // namespace postern::spool
