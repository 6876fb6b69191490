#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/fd.h"
#include "ledger/event.h"
#include "spool/spool.h"

// Commits a second into a spool on this machine's disk: so many writers, each submitting its next message when the
// last one is durable. Everything runs on one thread beside the spool's own, as in postern-vault.
//
//   bench-spool FOLDER [BYTES [SECONDS [MESSAGES]]]
//
// With MESSAGES it then fills the queue with so many and says how long the next start takes.

using namespace postern;
using namespace postern::spool;

namespace {

using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point start) { return std::chrono::duration<double>(Steady::now() - start).count(); }

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

class Executor {
 public:
  void post(std::move_only_function<void()> call) {
    {
      const std::lock_guard lock(mutex_);
      calls_.push_back(std::move(call));
    }
    wake_.notify_one();
  }
  void run_one() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return !calls_.empty(); });
    auto call = std::move(calls_.front());
    calls_.pop_front();
    lock.unlock();
    call();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::move_only_function<void()>> calls_;
};

/// How long a bare write and fdatasync take here, in microseconds, median of 300.
double bare_sync(const std::string& folder, std::size_t bytes) {
  const std::string path = folder + "/bare";
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const std::string block((bytes + 8191) / 4096 * 4096, 'x');
  if (!fd || ::posix_fallocate(fd.get(), 0, static_cast<off_t>(300 * block.size())) != 0) return 0;
  std::vector<double> times;
  for (int i = 0; i < 300; ++i) {
    const auto start = Steady::now();
    const auto offset = static_cast<off_t>(static_cast<std::size_t>(i) * block.size());
    if (::pwrite(fd.get(), block.data(), block.size(), offset) < 0 || ::fdatasync(fd.get()) != 0) return 0;
    times.push_back(seconds_since(start) * 1e6);
  }
  ::unlink(path.c_str());
  std::ranges::sort(times);
  return times[times.size() / 2];
}

class Bench {
 public:
  Bench(Spool& spool, Executor& executor, std::size_t bytes)
      : spool_(spool), executor_(executor), content_(bytes, 'm') {
    Envelope envelope;
    envelope.reverse_path = "sender@example.org";
    envelope.recipients = {{"recipient@example.net", "", kNotifyUnset}};
    envelope.person = "sender";
    envelope_ = encode(envelope);
  }

  void measure(std::size_t writers, double seconds) {
    const LogFigures before = spool_.status().log;
    const double cpu = cpu_seconds();
    const auto start = Steady::now();
    done_ = failed_ = 0;
    stopping_ = false;
    for (std::size_t i = 0; i < writers; ++i) submit();
    while (seconds_since(start) < seconds) executor_.run_one();
    const double took = seconds_since(start);
    const std::size_t done = done_;
    stopping_ = true;
    while (open_ > 0) executor_.run_one();
    const LogFigures after = spool_.status().log;
    const auto transactions = static_cast<double>(after.transactions - before.transactions);
    std::printf("%3zu writers: %8.0f commits/s  %6.3f syncs/message  %5.1f us CPU/message  %.0f us a commit%s\n",
                writers, static_cast<double>(done) / took,
                static_cast<double>(after.flushes - before.flushes) / transactions,
                (cpu_seconds() - cpu) * 1e6 / transactions,
                took * 1e6 / static_cast<double>(done) * static_cast<double>(writers), failed_ > 0 ? "  FAILED" : "");
    empty();
  }

  /// Leaves so many messages in the queue.
  void fill(std::size_t messages) {
    wanted_ = messages;
    done_ = failed_ = 0;
    stopping_ = false;
    for (std::size_t i = 0; i < 200; ++i) submit();
    while (open_ > 0) executor_.run_one();
  }

 private:
  void submit() {
    if (done_ + open_ >= wanted_) return;
    const MessageId id = ++last_id_;
    auto incoming = spool_.begin(id, content_.size());
    if (!incoming) {
      std::fprintf(stderr, "refused: %s\n", incoming.error().context.c_str());
      std::exit(EXIT_FAILURE);
    }
    (*incoming)->append(content_);
    ++open_;
    (*incoming)->commit(envelope_,
                        {ledger::Event("queued")
                             .id("message", id)
                             .field("from", "sender@example.org")
                             .number("size", std::uint64_t{content_.size()})
                             .take()},
                        [this](const Result<void>& result) {
                          --open_;
                          (result ? done_ : failed_) += 1;
                          if (!stopping_) submit();
                        });
  }

  /// Delivers all that is there.
  void empty() {
    for (;;) {
      const auto claimed = spool_.claim(1, 1000);
      if (!claimed || claimed->empty()) return;
      std::size_t settling = claimed->size();
      for (const Claimed& message : *claimed) {
        const auto settled = spool_.settle(1, message.id, {{{0, RecipientState::kDelivered, "250"}}, {}, true}, {},
                                           [&settling](const Result<void>&) { --settling; });
        if (!settled) --settling;
      }
      while (settling > 0) executor_.run_one();
    }
  }

  Spool& spool_;
  Executor& executor_;
  std::string content_;
  std::string envelope_;
  MessageId last_id_ = 0;
  std::size_t open_ = 0;
  std::size_t done_ = 0;
  std::size_t failed_ = 0;
  std::size_t wanted_ = SIZE_MAX;
  bool stopping_ = false;
};

double memory_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

template <class Number>
Number argument(int argc, char** argv, int index, Number otherwise) {
  if (index >= argc) return otherwise;
  const std::string_view text = argv[index];
  std::from_chars(text.data(), text.data() + text.size(), otherwise);
  return otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench-spool FOLDER [BYTES [SECONDS [MESSAGES]]]\n");
    return 64;
  }
  const std::string folder = argv[1];
  const auto bytes = argument<std::size_t>(argc, argv, 2, 4096);
  const auto seconds = argument<double>(argc, argv, 3, 5);
  Executor executor;
  Options options;
  options.folder = folder + "/spool";
  options.ledger_folder = folder + "/ledger";
  options.max_messages = 10'000'000;
  const auto open = [&] {
    Hooks hooks{[&executor](std::move_only_function<void()> call) { executor.post(std::move(call)); },
                [](const std::string& text) { std::fprintf(stderr, "alarm: %s\n", text.c_str()); },
                {}};
    auto spool = Spool::open(Disk::system(), postern::Clock::system(), options, std::move(hooks));
    if (spool) return std::move(*spool);
    std::fprintf(stderr, "%s\n", spool.error().context.c_str());
    std::exit(EXIT_FAILURE);
  };
  auto spool = open();
  std::printf("%zu bytes a message; bare write and fdatasync: %.0f us\n", bytes, bare_sync(folder, bytes));
  Bench bench(*spool, executor, bytes);
  for (const std::size_t writers : {1U, 50U, 200U}) bench.measure(writers, seconds);
  const auto messages = argument<std::size_t>(argc, argv, 4, 0);
  if (messages == 0) return EXIT_SUCCESS;
  bench.fill(messages);
  auto start = Steady::now();
  spool.reset();
  std::printf("%zu messages in the queue: closed in %.2f s", messages, seconds_since(start));
  start = Steady::now();
  spool = open();
  std::printf(", opened in %.2f s with %llu, peak memory %.0f MiB\n", seconds_since(start),
              static_cast<unsigned long long>(spool->status().counts.messages), memory_mib());
  return EXIT_SUCCESS;
}
