#include "spool/large_files.h"

#include <pthread.h>

#include <algorithm>
#include <format>
#include <utility>

#include "base/crc32c.h"
#include "base/encoding.h"

namespace postern::spool {

namespace {

// Errors that strike one message and say nothing about the disk.
std::unexpected<Error> not_broken(const Error& error) {
  return fail(error.code == ErrorCode::kNoSpace ? error.code : ErrorCode::kUnavailable, error.context);
}

}  // namespace

LargeFiles::LargeFiles(Disk& disk, std::string folder, std::size_t threads) : disk_(disk), folder_(std::move(folder)) {
  for (std::size_t i = 0; i < threads; ++i) {
    Worker& worker = *workers_.emplace_back(std::make_unique<Worker>());
    worker.thread = std::thread([&worker] { run(worker); });
  }
}

void LargeFiles::close() {
  for (const auto& worker : workers_) {
    {
      const std::lock_guard lock(worker->mutex);
      worker->ending = true;
    }
    worker->wake.notify_all();
  }
  for (const auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

void LargeFiles::run(Worker& worker) {
  pthread_setname_np(pthread_self(), "large");
  std::unique_lock lock(worker.mutex);
  for (;;) {
    worker.wake.wait(lock, [&worker] { return worker.ending || !worker.tasks.empty(); });
    if (worker.tasks.empty()) return;
    Task task = std::move(worker.tasks.front());
    worker.tasks.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // what it holds is let go without the lock
    lock.lock();
  }
}

void LargeFiles::enqueue(std::size_t index, Task task) {
  Worker& worker = *workers_[index];
  {
    const std::lock_guard lock(worker.mutex);
    if (!worker.ending) {
      worker.tasks.push_back(std::move(task));
      task = nullptr;
    }
  }
  if (task) {
    task();
  } else {
    worker.wake.notify_one();
  }
}

std::string LargeFiles::path(MessageId id) const { return folder_ + "/" + base32_id(id); }

// A file's tasks all go to one worker, so they are done in their order.
std::shared_ptr<LargeFile> LargeFiles::begin(MessageId id) {
  auto file = std::make_shared<LargeFile>();
  file->id = id;
  file->worker = next_worker_++ % workers_.size();
  return file;
}

void LargeFiles::write(const std::shared_ptr<LargeFile>& file, std::string piece) {
  file->waiting += piece.size();
  enqueue(file->worker, [this, file, bytes = std::move(piece)] { write_now(*file, bytes); });
}

void LargeFiles::write_now(LargeFile& file, const std::string& piece) {
  if (!file.file && file.result) {
    auto opened = disk_.open_unnamed(folder_);
    if (opened) {
      file.file = std::move(*opened);
    } else {
      file.result = not_broken(opened.error());
    }
  }
  if (file.result) file.result = file.file->write(file.written, piece);
  file.written += piece.size();
  const std::lock_guard lock(file.mutex);
  file.waiting -= piece.size();
  if (file.waiting == 0 && file.drained) std::exchange(file.drained, nullptr)();
}

void LargeFiles::when_drained(const std::shared_ptr<LargeFile>& file, std::move_only_function<void()> drained) {
  const std::lock_guard lock(file->mutex);
  if (file->waiting == 0) {
    drained();
  } else {
    file->drained = std::move(drained);
  }
}

Result<void> LargeFiles::finish_now(LargeFile& file) {
  if (!file.result) return file.result;
  if (const auto synced = file.file->sync(); !synced) return synced;
  if (const auto linked = disk_.link(*file.file, path(file.id)); !linked) return not_broken(linked.error());
  if (const auto synced = disk_.sync_folder(folder_); !synced) return synced;
  return {};
}

void LargeFiles::finish(const std::shared_ptr<LargeFile>& file, Finished finished) {
  enqueue(file->worker, [this, file, call = std::move(finished)]() mutable {
    const Result<void> result = finish_now(*file);
    file->file.reset();
    call(result);
  });
}

void LargeFiles::remove(MessageId id) {
  // One that stays behind is removed at the next start: it has no record then.
  enqueue(id % workers_.size(), [this, id] { static_cast<void>(disk_.remove(path(id))); });
}

Result<std::size_t> LargeFiles::read(MessageId id, std::uint64_t offset, std::span<char> into) {
  auto file = disk_.open(path(id), OpenMode::kRead);
  if (!file) return fail(file.error());
  return (*file)->read(offset, into);
}

Result<void> LargeFiles::check(MessageId id, std::uint64_t size, std::uint32_t crc) {
  auto file = disk_.open(path(id), OpenMode::kRead);
  if (!file) return fail(file.error());
  std::string buffer(256 << 10, '\0');
  std::uint64_t have = 0;
  std::uint32_t found = 0;
  for (;;) {
    const auto got = (*file)->read(have, buffer);
    if (!got) return fail(got.error());
    if (*got == 0) break;
    found = crc32c(std::string_view(buffer).substr(0, *got), found);
    have += *got;
  }
  if (have == size && found == crc) return {};
  return fail(ErrorCode::kCorrupt, std::format("{}: {} bytes instead of {}, or changed", path(id), have, size));
}

Result<std::vector<MessageId>> LargeFiles::list() {
  const auto names = disk_.list(folder_);
  if (!names) return fail(names.error());
  std::vector<MessageId> ids;
  for (const std::string& name : *names) {
    if (const auto id = parse_base32_id(name)) ids.push_back(*id);
  }
  return ids;
}

}  // namespace postern::spool
