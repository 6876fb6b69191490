#include "harness.h"

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <random>

#include "ledger/event.h"

namespace postern::test {

using namespace spool;

Harness::Harness(Disk& disk, const Clock& clock) : disk_(disk), clock_(clock) {}

Options Harness::small_options() {
  Options options;
  options.folder = "/data/spool";
  options.ledger_folder = "/data/ledger";
  options.segment_size = 256 << 10;
  options.inline_limit = 16 << 10;
  options.checkpoint_every = 1 << 20;
  options.ledger_file_size = 64 << 10;
  options.reserve_free = 0;
  options.spare_segments = 2;
  options.file_threads = 2;
  return options;
}

Result<void> Harness::open() {
  Hooks hooks;
  hooks.post = [this](std::move_only_function<void()> call) {
    {
      const std::lock_guard lock(mutex_);
      posted_.push_back(std::move(call));
    }
    wake_.notify_one();
  };
  hooks.alarm = [this](const std::string& text) {
    const std::lock_guard lock(mutex_);
    alarms_.push_back(text);
  };
  hooks.due = [this] { ++due_calls_; };
  if (const auto made = disk_.make_folder("/data"); !made) return made;
  auto spool = Spool::open(disk_, clock_, options, std::move(hooks));
  if (!spool) return fail(spool.error());
  spool_ = std::move(*spool);
  return {};
}

void Harness::close() {
  spool_.reset();
  posted_.clear();
}

void Harness::run() {
  std::unique_lock lock(mutex_);
  while (!posted_.empty()) {
    auto call = std::move(posted_.front());
    posted_.pop_front();
    lock.unlock();
    call();
    lock.lock();
  }
}

void Harness::run_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  for (;;) {
    run();
    if (condition()) return;
    std::unique_lock lock(mutex_);
    if (!wake_.wait_until(lock, deadline, [this] { return !posted_.empty(); })) FAIL("nothing happened");
  }
}

Result<void> Harness::wait_for(const std::function<Result<void>(Done)>& call) {
  std::optional<Result<void>> result;
  if (const auto begun = call([&result](Result<void> r) { result = std::move(r); }); !begun) return begun;
  run_until([&result] { return result.has_value(); });
  return *result;
}

Result<void> Harness::submit(MessageId id, const std::string& content, std::size_t recipients) {
  return wait_for([&](Done done) -> Result<void> {
    auto incoming = spool_->begin(id, content.size());
    if (!incoming) return fail(incoming.error());
    for (std::size_t at = 0; at < content.size(); at += 10'000) (*incoming)->append(content.substr(at, 10'000));
    (*incoming)->commit(envelope_for(id, recipients), {ledger::Event("queued").id("message", id).take()},
                        std::move(done));
    return {};
  });
}

Result<void> Harness::settle(MessageId id, RecipientState state, std::chrono::seconds retry, std::size_t recipient) {
  return wait_for([&](Done done) {
    Spool::Settlement settlement;
    settlement.recipients.push_back({static_cast<std::uint16_t>(recipient), state, "said so"});
    settlement.retry_after = retry;
    return spool_->settle(kOwner, id, settlement, {ledger::Event("settled").id("message", id).take()}, std::move(done));
  });
}

Result<void> Harness::record(const std::string& event) {
  return wait_for([&](Done done) { return spool_->record({event}, std::move(done)); });
}

std::vector<Claimed> Harness::claim(std::size_t limit) {
  auto claimed = spool_->claim(kOwner, limit);
  REQUIRE(claimed);
  return std::move(*claimed);
}

std::vector<std::string> Harness::alarms() {
  const std::lock_guard lock(mutex_);
  return alarms_;
}

std::string envelope_for(MessageId id, std::size_t recipients) {
  Envelope envelope;
  envelope.reverse_path = "sender" + std::to_string(id) + "@example.org";
  for (std::size_t i = 0; i < recipients; ++i) {
    envelope.recipients.push_back({"r" + std::to_string(i) + "@example.org", "", kNotifyUnset});
  }
  envelope.person = "ann";
  envelope.session = id;
  return encode(envelope);
}

std::string content_for(MessageId id, std::size_t length) {
  std::mt19937_64 random(id);
  std::string content;
  content.reserve(length + 8);
  while (content.size() < length) {
    const std::uint64_t word = random();
    for (int i = 0; i < 8; ++i) content += static_cast<char>(' ' + (word >> (8 * i) & 63U));
  }
  content.resize(length);
  return content;
}

std::string event_for(const std::string& token) { return ledger::Event("test").field("token", token).take(); }

}  // namespace postern::test
