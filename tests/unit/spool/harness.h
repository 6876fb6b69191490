#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "spool/spool.h"
#include "support/simulated_disk.h"

namespace postern::test {

/// A spool on a disk, with an executor that the test runs by hand.
class Harness {
 public:
  explicit Harness(Disk& disk, const Clock& clock = Clock::system());
  ~Harness() { close(); }

  /// Small sizes, so that a few messages make segments turn over.
  static spool::Options small_options();

  Result<void> open();
  void close();
  spool::Spool& spool() { return *spool_; }

  /// Runs what was posted until `condition` holds; fails the test after ten seconds.
  void run_until(const std::function<bool()>& condition);
  /// Runs what was posted so far.
  void run();

  /// Submits a message and waits for its result.
  Result<void> submit(spool::MessageId id, const std::string& content, std::size_t recipients = 1);
  /// Waits for the result of whatever takes a Done.
  Result<void> wait_for(const std::function<Result<void>(spool::Done)>& call);
  Result<void> settle(spool::MessageId id, spool::RecipientState state, std::chrono::seconds retry = {},
                      std::size_t recipient = 0);
  Result<void> record(const std::string& event);
  std::vector<spool::Claimed> claim(std::size_t limit = 1000);

  std::vector<std::string> alarms();
  std::size_t due_calls() const { return due_calls_; }

  spool::Options options = small_options();
  static constexpr spool::Owner kOwner = 7;

 private:
  Disk& disk_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::move_only_function<void()>> posted_;
  std::vector<std::string> alarms_;
  std::size_t due_calls_ = 0;
  std::unique_ptr<spool::Spool> spool_;
};

/// An envelope whose recipients are r0@example.org, r1@...
std::string envelope_for(spool::MessageId id, std::size_t recipients = 1);
/// Text that depends on the id, of this length, as mail looks: not compressible to nothing, different everywhere.
std::string content_for(spool::MessageId id, std::size_t length);
/// An event that names the token, and nothing else.
std::string event_for(const std::string& token);

}  // namespace postern::test
