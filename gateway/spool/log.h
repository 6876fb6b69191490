#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "spool/index.h"
#include "spool/record.h"
#include "spool/segments.h"
#include "spool/timekeeper.h"

namespace postern::spool {

/// Called once with what became of a request: success means that it is on stable storage.
using Done = std::move_only_function<void(Result<void>)>;

/// One transaction on its way into the log: all of it becomes durable, or nothing.
struct Transaction {
  RecordType type = RecordType::kNote;
  MessageId id = 0;          ///< of the message it is about, 0: of none
  std::uint16_t events = 0;  ///< how many are in the head
  bool urgent = true;        ///< somebody waits: flush at once; else within Log::kLazy
  bool ends_claim = false;
  bool internal = false;  ///< `done` is called on the log's thread, not posted
  std::string head;       ///< made by begin_head(), with the operation appended
  std::vector<std::string> body;
  std::uint32_t body_length = 0;
  std::uint32_t body_crc = 0;
  Done done;  ///< may be empty

  // Filled in by the log.
  RecordHeader header;
  Place place;

  /// What comes behind the events in the head.
  std::string_view operation() const { return std::string_view(head).substr(operation_at); }
  std::size_t operation_at = 0;
};
using TransactionPtr = std::unique_ptr<Transaction>;

/// A transaction with these ledger events (already checked), ready for its operation to be appended to its head.
TransactionPtr make_transaction(RecordType type, MessageId id, const std::vector<std::string>& events,
                                std::size_t room = 256);

/// A place between two batches, and the numbers that go on from there.
struct LogPosition {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;       ///< of the next batch
  std::uint64_t records_end = 0;  ///< where the records before it end
  std::uint64_t next_record = 1;
  std::uint64_t batch = 0;  ///< of the last batch
  std::uint64_t next_seq = 1;
  std::uint64_t running = 0;
  std::uint64_t wall = 0;  ///< microseconds since 1970

  bool operator==(const LogPosition&) const = default;
};

/// Figures since the start.
struct LogFigures {
  std::uint64_t transactions = 0;
  std::uint64_t flushes = 0;
  std::uint64_t bytes = 0;
};

/// The writing end of the write-ahead log. One thread of its own does the group commit: it takes everything that was
/// submitted while the last flush ran, writes it with one vectored write, makes it durable with one sync, and reports.
///
/// Errors: when there is no room for another segment, what waits is refused with kNoSpace and the log goes on. After
/// any other error of a write or sync the log is finished: everything that waits and comes later fails with kIo, and
/// nothing is tried again, since after a failed sync the kernel no longer knows what it lost.
class Log {
 public:
  /// How long a transaction that is not urgent may wait for company.
  static constexpr std::chrono::milliseconds kLazy{100};

  /// What became of a batch, told on the log's thread, in order. `after` is valid with success: the log's end then.
  using Finished =
      std::function<void(std::vector<TransactionPtr> batch, const Result<void>& result, const LogPosition& after)>;

  /// Goes on behind `end` in a segment of its own; nothing that exists is written to again.
  Log(Segments& segments, const Clock& clock, const StoreSecret& secret, const LogPosition& end,
      std::chrono::microseconds window, Finished finished);
  /// Flushes what waits, then ends the thread.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Thread-safe; never blocks for long. The result comes by Finished.
  void submit(TransactionPtr transaction);
  /// Running time now. Thread-safe.
  Stamp now();
  /// Fails everything from now on, as after an error of its own. Thread-safe.
  void stop(const Error& reason);
  /// The reason why the log is finished, kInternal with an empty text while it is not. Thread-safe.
  Result<void> health() const;
  LogFigures figures() const;
  /// Bytes that wait to be written. Thread-safe.
  std::uint64_t waiting() const;

  /// Whether a transaction with so many bytes altogether fits into a segment.
  bool fits(std::uint64_t bytes) const { return bytes + kRecordHeader + 2 * kBlock <= segments_.size(); }

 private:
  using Batch = std::vector<TransactionPtr>;

  void run();
  Batch wait_for_work();
  Stamp stamp();
  void write_all(Batch batch);
  Result<void> begin_segment();
  std::size_t count_fitting(const Batch& batch, std::size_t from) const;
  Result<void> write_group(Batch& group);
  std::uint64_t lay_out(Batch& group, std::vector<std::string_view>& pieces);

  Segments& segments_;
  StoreSecret secret_;
  std::chrono::microseconds window_;
  Finished finished_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Batch queue_;
  std::uint64_t queued_bytes_ = 0;
  std::size_t urgent_ = 0;
  std::chrono::steady_clock::time_point lazy_deadline_{};
  bool ending_ = false;
  Timekeeper time_;
  Result<void> health_;
  LogFigures figures_;

  // The log's thread only.
  std::shared_ptr<Segment> segment_;
  SegmentKey key_;
  std::string segment_header_;  // not written yet: goes with the segment's first batch
  LogPosition position_;

  std::thread thread_;  // last: starts when all is ready
};

}  // namespace postern::spool
