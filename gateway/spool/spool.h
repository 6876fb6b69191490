#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/error.h"
#include "spool/envelope.h"
#include "spool/index.h"
#include "spool/large_files.h"
#include "spool/log.h"
#include "spool/recovery.h"
#include "spool/segments.h"

namespace postern::spool {

class Spool;

/// Ledger events of one transaction, at most.
inline constexpr std::size_t kMaxEvents = 4096;

struct Options {
  std::string folder;         ///< its parent must exist; only this process may use it
  std::string ledger_folder;  ///< likewise
  std::uint64_t segment_size = 64 << 20;
  std::uint64_t inline_limit = 256 << 10;      ///< larger content goes into a file of its own; at most segment_size / 4
  std::uint64_t checkpoint_every = 256 << 20;  ///< bytes of log
  std::uint64_t ledger_file_size = 64 << 20;
  std::uint64_t reserve_free = 512 << 20;  ///< below so much free space new messages are refused
  std::uint64_t max_messages = 100'000;
  std::uint64_t max_bytes = std::uint64_t{20} << 30;
  std::uint64_t max_message_size = 256 << 20;  ///< larger ones are refused, whatever they announced
  std::chrono::microseconds flush_window{0};
  std::size_t spare_segments = 4;
  std::size_t file_threads = 4;  ///< for large messages
};

/// What the spool calls, from threads of its own: quick, thread-safe, not throwing, never calling back.
struct Hooks {
  /// Runs a function later on the caller's own executor; all Done callbacks and `due` go through it.
  std::function<void(std::move_only_function<void()>)> post;
  /// Something is wrong that a person must know: damaged data, a failing disk.
  std::function<void(const std::string& text)> alarm;
  /// A message may have fallen due, or next_due() may have changed. May be empty.
  std::function<void()> due;
};

/// A message on its way in. Belongs to one thread, and must go before its Spool does. Dropped without commit() it
/// leaves nothing behind.
class Incoming {
 public:
  ~Incoming();
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;

  MessageId id() const { return id_; }
  std::uint64_t size() const { return size_; }
  /// Adds to the content. The bytes are taken over, not copied. What must be refused meanwhile (too large, disk nearly
  /// full) shows at commit().
  void append(std::string piece);
  /// Bytes handed over that still wait for the disk; whoever reads from a peer pauses while this is large.
  std::uint64_t waiting() const { return file_ ? file_->waiting.load() : 0; }
  /// Calls `drained` through Hooks::post once waiting() is 0.
  void when_drained(std::move_only_function<void()> drained);
  /// All content is there: makes content, envelope (encode(Envelope)) and ledger events durable together. `done` gets
  /// success, kInvalid, kNoSpace, kUnavailable (this message only, try later) or kIo. Nothing may follow on this
  /// object.
  void commit(std::string envelope, const std::vector<std::string>& events, Done done);

 private:
  friend class Spool;
  Incoming(Spool& spool, MessageId id, std::uint64_t announced) : spool_(&spool), id_(id), promised_(announced) {}
  void check_size(std::size_t more);

  Spool* spool_;  ///< nullptr once committed
  MessageId id_;
  std::uint64_t promised_;  ///< room that the spool keeps for it
  std::uint64_t size_ = 0;
  Result<void> fate_;  ///< an error: it will be refused, no more is kept
  std::uint32_t crc_ = 0;
  std::vector<std::string> pieces_;
  std::shared_ptr<LargeFile> file_;
};

/// A message that its claimer may now deliver.
struct Claimed {
  MessageId id = 0;
  std::uint64_t size = 0;
  std::uint32_t attempts = 0;                 ///< made before
  std::chrono::microseconds age{};            ///< time in the queue while the store was open
  std::string envelope;                       ///< encode(Envelope)
  std::vector<RecipientProgress> recipients;  ///< as in the envelope
  bool in_file = false;
  std::string content;  ///< all of it unless in_file; then it is read with read()
};

/// A message as an administrator sees it.
struct MessageInfo {
  MessageId id = 0;
  std::uint64_t size = 0;
  std::uint32_t attempts = 0;
  bool held = false;
  bool damaged = false;
  bool claimed = false;
  std::chrono::microseconds age{};
  std::chrono::microseconds next_attempt{};  ///< from now; 0: due
  Envelope envelope;                         ///< empty if it can't be read
  std::vector<RecipientProgress> recipients;
};

/// The whole store's state.
struct Status {
  Counts counts;
  LogFigures log;
  std::uint64_t segments = 0;
  std::uint64_t free_bytes = 0;
  std::uint64_t ledger_seq = 0;  ///< last entry in the ledger's files
  std::string refusing;          ///< why new messages are refused, empty: they are not
  bool broken = false;           ///< a write or sync failed: only a restart helps
};

/// The durable queue and the ledger: one write-ahead log holds both, so that one flush makes a message, its envelope
/// and its ledger entries durable together (README.md).
///
/// Thread-safe. Calls that say "blocks" read from the disk and do not belong on an I/O thread; all others return at
/// once. What a Done reports as success is on stable storage.
class Spool {
 public:
  /// Recovers what the folders hold. Blocks.
  static Result<std::unique_ptr<Spool>> open(Disk& disk, const Clock& clock, Options options, Hooks hooks);
  /// Makes everything submitted durable, leaves a checkpoint. Blocks. All Incoming must be gone.
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Taking messages.

  /// Would a message of this size be taken now? kLimit (too large), kNoSpace (disk or queue full), kUnavailable
  /// (overloaded), kIo.
  Result<void> admits(std::uint64_t size) const;
  /// Begins a message. Errors as admits(), and kExists for an id that is in use.
  Result<std::unique_ptr<Incoming>> begin(MessageId id, std::uint64_t announced_size);
  /// Ledger events without a message; they become durable within moments (Log::kLazy). kInvalid for events that the
  /// ledger does not take (ledger/check.h); none is recorded then.
  Result<void> record(const std::vector<std::string>& events, Done done = {});

  // Delivering.

  /// Up to `limit` due messages, now claimed by `owner` until settled or end_claims(). Blocks. A message that proves to
  /// be damaged is not returned but marked, with an alarm and a ledger entry. kIo once the store is broken: what could
  /// not be recorded must not be delivered.
  Result<std::vector<Claimed>> claim(Owner owner, std::size_t limit);
  /// Time until the next message falls due, 0 if one is; nullopt if none waits.
  std::optional<std::chrono::microseconds> next_due();
  /// Part of the content of a message in the queue; fewer bytes than asked for only at its end. Blocks.
  Result<std::string> read(MessageId id, std::uint64_t offset, std::size_t length);
  struct Settlement {
    std::vector<RecipientChange> recipients;  ///< those that changed; kPending keeps one waiting with a new reply
    std::chrono::microseconds retry_after{};  ///< from now, for those still pending
    bool counts = true;                       ///< this was an attempt
  };
  /// Records the outcome of a claim and ends it. kNotFound if `owner` has no such claim (left), kInvalid for bad
  /// recipients or events.
  Result<void> settle(Owner owner, MessageId id, const Settlement& settlement, const std::vector<std::string>& events,
                      Done done);
  /// The claimer is gone: what it had not settled may be claimed again.
  void end_claims(Owner owner);

  // Administration. The events say who did it. kNotFound for an unknown message.

  Result<void> hold(MessageId id, const std::vector<std::string>& events, Done done);
  /// Ends a hold, and gives a damaged message another try.
  Result<void> release(MessageId id, const std::vector<std::string>& events, Done done);
  /// Due now.
  Result<void> retry(MessageId id, const std::vector<std::string>& events, Done done);
  /// Ends all recipients that are pending. kUnavailable while it is being delivered.
  Result<void> cancel(MessageId id, const std::vector<std::string>& events, Done done);

  /// Blocks.
  Result<MessageInfo> inspect(MessageId id);
  /// Up to `limit` messages with ids above `after`, ascending: pass the last id for the next page. Blocks.
  std::vector<MessageInfo> list(MessageId after, std::size_t limit);
  Status status() const;

  /// Waits until the events recorded so far are in the ledger's files. Blocks.
  void flush_ledger();
  /// Writes a checkpoint, drops segments that are no longer needed, compacts one that is sparse. Blocks. Done from time
  /// to time by itself.
  Result<void> checkpoint();

 private:
  friend class Incoming;
  struct LedgerItem {
    RecordHeader header;
    std::string head;
  };

  Spool(Disk& disk, const Clock& clock, Options options, Hooks hooks);
  Result<void> start();
  void report(const Recovered& recovered);

  // From Incoming.
  void commit(const std::shared_ptr<LargeFile>& file, TransactionPtr transaction, Result<void> fate,
              const std::vector<std::string>& events);
  void forget(MessageId id);
  bool promise(std::uint64_t bytes);
  void withdraw(std::uint64_t promised, std::uint64_t used);
  void refuse(Transaction& transaction, const Error& error);

  // The log's thread.
  void finished(std::vector<TransactionPtr> batch, const Result<void>& result, const LogPosition& after);
  void take_effect(std::vector<TransactionPtr>& batch, const LogPosition& after);
  void undo(const Transaction& transaction);
  void post_results(std::vector<TransactionPtr> batch, const Result<void>& result);

  Result<void> change_state(StateChange change, const std::vector<std::string>& events, bool ends_claim, Done done);
  void put_off(MessageId id, const Error& reason);
  void mark_damaged(MessageId id, const Error& reason);
  Result<Claimed> load(MessageId id);
  Result<std::string> read_record(MessageId id, const Place& place, bool with_body, RecordHeader& header);
  MessageInfo describe(MessageId id);
  std::uint64_t now() const;

  // The keeper's thread (keeper.cpp): ledger files, segments, checkpoints, compaction.
  void keep();
  bool wait_for_duty();
  void write_ledger();
  Result<void> sync_ledger();
  void tick();
  Result<void> write_checkpoint_file();
  Result<void> remove_old_checkpoints();
  bool checkpoint_is_due() const;
  Result<void> tidy_segments();
  Result<void> drop_dead_segments();
  void refresh_free_space();
  std::optional<std::uint64_t> sparsest_segment() const;
  Result<void> compact(std::uint64_t number);
  TransactionPtr make_move(std::uint64_t segment, const RecordView& record) const;
  Result<void> submit_and_wait(std::vector<TransactionPtr> transactions);
  void broken(const Error& error);

  Disk& disk_;
  const Clock& clock_;
  Options options_;
  Hooks hooks_;
  Folders folders_;
  StoreSecret secret_{};
  Segments segments_;

  mutable std::mutex mutex_;  ///< of what follows
  Index index_;
  LogPosition position_;  ///< all records before have taken effect
  std::unordered_set<MessageId> incoming_;
  FreeSpace free_{};
  std::uint64_t promised_ = 0;  ///< room kept for messages that are coming in
  std::uint64_t used_ = 0;      ///< bytes of messages that came in since free_ was asked for

  std::mutex ledger_mutex_;  ///< of what follows
  std::condition_variable ledger_wake_;
  std::condition_variable ledger_written_;
  std::vector<LedgerItem> ledger_queue_;
  std::uint64_t ledger_queued_seq_ = 0;
  std::atomic<std::uint64_t> ledger_flushed_seq_{0};
  std::atomic<std::uint64_t> ledger_backlog_{0};  ///< bytes; also read without the mutex
  bool ledger_in_haste_ = false;
  bool ending_ = false;

  std::mutex keeping_;  ///< held by whoever does the keeper's work; taken before all others
  std::unique_ptr<ledger::Files> ledger_;
  std::vector<std::pair<std::string, std::uint64_t>> checkpoints_;  ///< names and first segments, oldest first
  std::uint64_t checkpoint_at_ = 0;                                 ///< log bytes at the last one
  std::chrono::steady_clock::time_point last_tick_{};
  std::atomic<bool> alarmed_{false};
  std::atomic<bool> dropping_events_{false};  ///< for want of space

  std::unique_ptr<LargeFiles> large_;
  std::unique_ptr<Log> log_;
  std::thread keeper_;
};

}  // namespace postern::spool
