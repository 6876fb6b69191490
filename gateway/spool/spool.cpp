#include "spool/spool.h"

#include <algorithm>
#include <format>

#include "base/encoding.h"
#include "base/text.h"
#include "ledger/check.h"
#include "ledger/event.h"
#include "spool/checkpoint.h"

namespace postern::spool {

namespace {

constexpr std::uint64_t kMaxWaiting = 256 << 20;  // bytes submitted and not written
constexpr std::size_t kManyEvents = 64 << 10;     // bytes of them that are not kept waiting for company
constexpr Owner kAdministrator = ~Owner{0};
constexpr std::size_t kMaxReply = 512;

Result<void> check_events(const std::vector<std::string>& events) {
  if (events.size() > kMaxEvents) return fail(ErrorCode::kInvalid, "too many events");
  for (const std::string& event : events) {
    if (const auto good = ledger::check_event(event); !good) return fail(ErrorCode::kInvalid, good.error().context);
  }
  return {};
}

std::unexpected<Error> unknown(MessageId id) {
  return fail(ErrorCode::kNotFound, std::format("no message {} in the queue", base32_id(id)));
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(Disk& disk, const Clock& clock, Options options, Hooks hooks) {
  if (options.inline_limit > options.segment_size / 4 || options.segment_size > (std::uint64_t{2} << 30)) {
    return fail(ErrorCode::kInvalid, "segment_size must be at most 2 GiB and at least 4 times inline_limit");
  }
  std::unique_ptr<Spool> spool(new Spool(disk, clock, std::move(options), std::move(hooks)));
  if (const auto started = spool->start(); !started) return fail(started.error());
  return spool;
}

Spool::Spool(Disk& disk, const Clock& clock, Options options, Hooks hooks)
    : disk_(disk),
      clock_(clock),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      folders_(options_.folder, options_.ledger_folder),
      segments_(disk, folders_.log, align_up(options_.segment_size, kBlock), options_.spare_segments) {}

Result<void> Spool::start() {
  large_ = std::make_unique<LargeFiles>(disk_, folders_.large, options_.file_threads);
  auto recovered = recover(disk_, clock_, folders_, options_.ledger_file_size, segments_, *large_);
  if (!recovered) return fail(recovered.error());
  secret_ = recovered->secret;
  index_ = std::move(recovered->index);
  position_ = recovered->end;
  ledger_ = std::move(recovered->ledger);
  ledger_queued_seq_ = ledger_flushed_seq_ = ledger_->last_seq();
  if (!recovered->checkpoint.empty()) checkpoints_.emplace_back(recovered->checkpoint, recovered->replay_from);
  refresh_free_space();
  // Before anything new is written: what recovery made of the last batch shall not be judged a second time.
  if (const auto written = write_checkpoint_file(); !written) {
    if (written.error().code != ErrorCode::kNoSpace) return written;
    hooks_.alarm(written.error().context);
  }
  log_ = std::make_unique<Log>(segments_, clock_, secret_, position_, options_.flush_window,
                               [this](std::vector<TransactionPtr> batch, const Result<void>& result,
                                      const LogPosition& after) { finished(std::move(batch), result, after); });
  report(*recovered);
  keeper_ = std::thread([this] { keep(); });
  return {};
}

void Spool::report(const Recovered& recovered) {
  for (const std::string& text : recovered.alarms) hooks_.alarm(text);
  ledger::Event event("recovered");
  event.number("messages", std::uint64_t{index_.size()}).number("records", recovered.records);
  if (recovered.torn > 0) event.number("torn", recovered.torn);
  if (recovered.damages > 0) event.number("damaged", recovered.damages);
  std::vector<std::string> events = {event.take()};
  for (const std::string& text : recovered.alarms)
    events.push_back(ledger::Event("alarm").field("reason", text).take());
  log_->submit(make_transaction(RecordType::kNote, 0, events));
}

Spool::~Spool() {
  large_->close();
  if (keeper_.joinable()) {
    {
      const std::lock_guard lock(ledger_mutex_);
      ending_ = true;
    }
    ledger_wake_.notify_all();
    keeper_.join();
  }
  if (!log_) return;
  const bool healthy = log_->health().has_value();
  log_.reset();
  if (!healthy) return;  // nothing that is written now would prove anything
  const std::lock_guard keeping(keeping_);
  if (const auto written = write_checkpoint_file(); !written) hooks_.alarm(written.error().context);
}

std::uint64_t Spool::now() const { return log_->now().running; }

// ------------------------------------------------------------------------------------------------ taking messages

Result<void> Spool::admits(std::uint64_t size) const {
  if (const auto healthy = log_->health(); !healthy) return healthy;
  if (log_->waiting() + ledger_backlog_ > kMaxWaiting) return fail(ErrorCode::kUnavailable, "the disk can't keep up");
  if (size > options_.max_message_size) return fail(ErrorCode::kLimit, "message is too large");
  const std::lock_guard lock(mutex_);
  const Counts counts = index_.counts();
  if (counts.messages + incoming_.size() >= options_.max_messages || counts.bytes + size > options_.max_bytes) {
    return fail(ErrorCode::kNoSpace, "the queue is full");
  }
  if (free_.bytes < options_.reserve_free + promised_ + used_ + size || free_.files == 0) {
    return fail(ErrorCode::kNoSpace, "the disk is nearly full");
  }
  return {};
}

Result<std::unique_ptr<Incoming>> Spool::begin(MessageId id, std::uint64_t announced_size) {
  if (const auto admitted = admits(announced_size); !admitted) return fail(admitted.error());
  const std::lock_guard lock(mutex_);
  if (id == 0 || index_.find(id) != nullptr || !incoming_.insert(id).second) {
    return fail(ErrorCode::kExists, std::format("message id {} is in use", base32_id(id)));
  }
  promised_ += announced_size;
  return std::unique_ptr<Incoming>(new Incoming(*this, id, announced_size));
}

// Room for bytes that nobody announced. It is kept until the message ends: what was written of it by then may be
// missing from free_ as well, since file systems count blocks late. Counting some bytes twice refuses a little early.
bool Spool::promise(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  promised_ += bytes;
  return free_.bytes >= options_.reserve_free + promised_ + used_;
}

void Spool::withdraw(std::uint64_t promised, std::uint64_t used) {
  const std::lock_guard lock(mutex_);
  promised_ -= promised;
  used_ += used;
}

void Spool::forget(MessageId id) {
  const std::lock_guard lock(mutex_);
  incoming_.erase(id);
}

// Refuses a transaction that never reached the log.
void Spool::refuse(Transaction& transaction, const Error& error) {
  if (transaction.type == RecordType::kMessage) forget(transaction.id);
  if (transaction.done) {
    hooks_.post([done = std::move(transaction.done), error]() mutable { done(fail(error)); });
  }
}

void Spool::commit(const std::shared_ptr<LargeFile>& file, TransactionPtr transaction, Result<void> fate,
                   const std::vector<std::string>& events) {
  Result<void> step = std::move(fate);
  if (step) step = check_events(events);
  if (step && transaction->head.size() > kMaxHead) step = fail(ErrorCode::kInvalid, "envelope is too large");
  const std::uint64_t length = transaction->head.size() + transaction->body_length;
  if (step && !log_->fits(length)) step = fail(ErrorCode::kInvalid, "envelope does not fit into a segment");
  if (step) step = log_->health();
  if (!step) {
    refuse(*transaction, step.error());
    return;
  }
  if (!file) {
    log_->submit(std::move(transaction));
    return;
  }
  large_->finish(file, [this, waiting = std::move(transaction)](const Result<void>& result) mutable {
    if (result) {
      log_->submit(std::move(waiting));
      return;
    }
    if (result.error().code == ErrorCode::kIo) broken(result.error());
    refuse(*waiting, result.error());
  });
}

Result<void> Spool::record(const std::vector<std::string>& events, Done done) {
  if (const auto good = check_events(events); !good) return good;
  auto transaction = make_transaction(RecordType::kNote, 0, events);
  if (!log_->fits(transaction->head.size())) return fail(ErrorCode::kInvalid, "events do not fit into a segment");
  transaction->urgent = transaction->head.size() >= kManyEvents;
  transaction->done = std::move(done);
  log_->submit(std::move(transaction));
  return {};
}

// ------------------------------------------------------------------------------------------- the log's own thread

void Spool::finished(std::vector<TransactionPtr> batch, const Result<void>& result, const LogPosition& after) {
  if (result) {
    take_effect(batch, after);
  } else {
    if (result.error().code != ErrorCode::kNoSpace) broken(result.error());
    for (const TransactionPtr& transaction : batch) undo(*transaction);
  }
  post_results(std::move(batch), result);
}

// The ledger's items are handed over before position_ says so: a checkpoint relies on it.
void Spool::take_effect(std::vector<TransactionPtr>& batch, const LogPosition& after) {
  std::vector<MessageId> ended_files;
  {
    const std::scoped_lock lock(mutex_, ledger_mutex_);
    for (const TransactionPtr& transaction : batch) {
      const auto ended = apply_record(index_, transaction->header, transaction->operation(), transaction->place);
      if (ended && ended->in_file) ended_files.push_back(ended->id);
      if (transaction->ends_claim) index_.end_claim(transaction->id);
      if (transaction->type == RecordType::kMessage) incoming_.erase(transaction->id);
      if (transaction->events == 0) continue;
      ledger_backlog_ += transaction->head.size();
      ledger_queue_.push_back({transaction->header, std::move(transaction->head)});
    }
    ledger_queued_seq_ = after.next_seq - 1;
    position_ = after;
  }
  dropping_events_ = false;
  ledger_wake_.notify_one();
  for (const MessageId id : ended_files) large_->remove(id);
}

void Spool::undo(const Transaction& transaction) {
  const std::lock_guard lock(mutex_);
  if (transaction.type == RecordType::kMessage) {
    incoming_.erase(transaction.id);
    const auto change = decode_message_change(transaction.operation());
    if (change && change->in_file) large_->remove(transaction.id);
  }
  if (transaction.ends_claim) index_.end_claim(transaction.id);
  // Nobody waits for these, so nobody else can tell.
  if (transaction.events == 0 || transaction.done || dropping_events_.exchange(true)) return;
  hooks_.alarm("the disk is full: ledger entries are lost");
}

void Spool::post_results(std::vector<TransactionPtr> batch, const Result<void>& result) {
  std::vector<Done> calls;
  bool changes_queue = false;
  for (const TransactionPtr& transaction : batch) {
    changes_queue |= transaction->type != RecordType::kNote;
    if (!transaction->done) continue;
    if (transaction->internal) {
      transaction->done(result);
    } else {
      calls.push_back(std::move(transaction->done));
    }
  }
  const bool tell = changes_queue && hooks_.due;
  if (calls.empty() && !tell) return;
  hooks_.post([this, calls = std::move(calls), result, tell]() mutable {
    for (Done& call : calls) call(result);
    if (tell) hooks_.due();
  });
}

// ------------------------------------------------------------------------------------------------- administration

Result<void> Spool::change_state(StateChange change, const std::vector<std::string>& events, bool ends_claim,
                                 Done done) {
  auto transaction = make_transaction(RecordType::kState, change.id, events);
  for (RecipientChange& recipient : change.recipients) recipient.reply = printable(recipient.reply, kMaxReply);
  encode(transaction->head, change);
  transaction->ends_claim = ends_claim;
  transaction->done = std::move(done);
  log_->submit(std::move(transaction));
  return {};
}

Result<void> Spool::hold(MessageId id, const std::vector<std::string>& events, Done done) {
  if (const auto good = check_events(events); !good) return good;
  StateChange change;
  change.id = id;
  change.held = true;
  bool claimed = false;
  {
    const std::lock_guard lock(mutex_);
    if (index_.find(id) == nullptr) return unknown(id);
    claimed = index_.claim_one(id, kAdministrator);  // nobody shall begin to deliver it meanwhile
  }
  return change_state(std::move(change), events, claimed, std::move(done));
}

Result<void> Spool::release(MessageId id, const std::vector<std::string>& events, Done done) {
  if (const auto good = check_events(events); !good) return good;
  StateChange change;
  change.id = id;
  change.held = false;
  change.damaged = false;
  change.due = now();
  {
    const std::lock_guard lock(mutex_);
    if (index_.find(id) == nullptr) return unknown(id);
  }
  return change_state(std::move(change), events, false, std::move(done));
}

Result<void> Spool::retry(MessageId id, const std::vector<std::string>& events, Done done) {
  if (const auto good = check_events(events); !good) return good;
  StateChange change;
  change.id = id;
  change.due = now();
  {
    const std::lock_guard lock(mutex_);
    if (index_.find(id) == nullptr) return unknown(id);
  }
  return change_state(std::move(change), events, false, std::move(done));
}

Result<void> Spool::cancel(MessageId id, const std::vector<std::string>& events, Done done) {
  if (const auto good = check_events(events); !good) return good;
  StateChange change;
  change.id = id;
  {
    const std::lock_guard lock(mutex_);
    const Entry* entry = index_.find(id);
    if (entry == nullptr) return unknown(id);
    const auto progress = unpack_progress(*entry);
    for (std::size_t i = 0; i < progress.size(); ++i) {
      if (progress[i].state != RecipientState::kPending) continue;
      change.recipients.push_back({static_cast<std::uint16_t>(i), RecipientState::kCancelled, progress[i].reply});
    }
    if (!index_.claim_one(id, kAdministrator)) {
      return fail(ErrorCode::kUnavailable, std::format("message {} is being delivered now", base32_id(id)));
    }
  }
  return change_state(std::move(change), events, true, std::move(done));
}

Status Spool::status() const {
  Status status;
  const auto admitted = admits(0);
  if (!admitted) status.refusing = admitted.error().context;
  status.broken = !log_->health().has_value();
  status.log = log_->figures();
  status.segments = segments_.numbers().size();
  status.ledger_seq = ledger_flushed_seq_;
  const std::lock_guard lock(mutex_);
  status.counts = index_.counts();
  status.free_bytes = free_.bytes;
  return status;
}

}  // namespace postern::spool
