#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/disk.h"
#include "base/error.h"
#include "spool/change.h"

namespace postern::spool {

/// One large message's content on its way into a file. Made by LargeFiles::begin().
struct LargeFile {
  MessageId id = 0;
  std::size_t worker = 0;

  std::atomic<std::uint64_t> waiting{0};  ///< bytes handed over and not written yet
  std::mutex mutex;
  std::move_only_function<void()> drained;  ///< called once when `waiting` has fallen to 0; under mutex

  // The worker's only.
  std::unique_ptr<File> file;
  std::uint64_t written = 0;
  Result<void> result;
};

/// The files of messages that are too large for the log: "<folder>/<id>". A file has no name while it is written
/// (O_TMPFILE); it is synced and named, and the name synced, before the log's record of it is even submitted. So a
/// file without a record can only be one whose message was not accepted, or is done with. A few threads do the
/// blocking work; all calls are thread-safe and return at once, but for those that say that they block.
class LargeFiles {
 public:
  using Finished = std::move_only_function<void(Result<void>)>;

  LargeFiles(Disk& disk, std::string folder, std::size_t threads);
  ~LargeFiles() { close(); }
  LargeFiles(const LargeFiles&) = delete;
  LargeFiles& operator=(const LargeFiles&) = delete;

  /// Does what is queued and ends the threads. What comes later is done by its caller.
  void close();

  std::shared_ptr<LargeFile> begin(MessageId id);
  /// Adds a piece. An error shows at finish().
  void write(const std::shared_ptr<LargeFile>& file, std::string piece);
  /// Calls `drained`, on a thread of this, once all pieces are written; at once if none waits.
  void when_drained(const std::shared_ptr<LargeFile>& file, std::move_only_function<void()> drained);
  /// Makes the content durable and names it. kNoSpace and kUnavailable concern this message only; kIo says that a write
  /// or a sync failed. `finished` is called on a thread of this. A LargeFile that is just
  /// dropped vanishes.
  void finish(const std::shared_ptr<LargeFile>& file, Finished finished);
  /// Removes a message's file, sometime.
  void remove(MessageId id);

  /// Blocks. Reads part of a message's content; fewer bytes only at its end.
  Result<std::size_t> read(MessageId id, std::uint64_t offset, std::span<char> into);
  /// Blocks. kCorrupt unless the content has this size and CRC-32C.
  Result<void> check(MessageId id, std::uint64_t size, std::uint32_t crc);
  /// Blocks. The ids of all files.
  Result<std::vector<MessageId>> list();
  std::string path(MessageId id) const;

 private:
  using Task = std::move_only_function<void()>;
  struct Worker {
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Task> tasks;
    bool ending = false;
    std::thread thread;
  };

  void enqueue(std::size_t worker, Task task);
  static void run(Worker& worker);
  void write_now(LargeFile& file, const std::string& piece);
  Result<void> finish_now(LargeFile& file);

  Disk& disk_;
  std::string folder_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<std::size_t> next_worker_{0};
};

}  // namespace postern::spool
