#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <charconv>
#include <map>
#include <mutex>
#include <random>
#include <set>

#include "harness.h"
#include "ledger/event.h"
#include "ledger/lines.h"
#include "ledger/verify.h"

using namespace postern;
using namespace postern::spool;
using namespace postern::test;
using namespace std::chrono_literals;

// Power cuts: a run of some hundred transactions is recorded, operation by operation, together with what was
// acknowledged when. Then the power goes at every flush and at a thousand random moments, and a new store has to make
// of what is left everything that had been acknowledged by then.
namespace {

constexpr std::size_t kNever = SIZE_MAX;

/// What the run knows of one message. Moments are numbers of disk operations.
struct Fate {
  std::string envelope;
  std::string content;
  std::size_t submitted = 0;
  std::size_t accepted = kNever;
  std::size_t first_end_tried = kNever;  // the first settle that could end it was submitted
  std::size_t ended = kNever;            // and acknowledged
  std::uint32_t attempts = 0;            // of the last acknowledged deferral ...
  std::size_t deferred = kNever;         // ... acknowledged at this moment
  bool deferred_once = false;
};

struct Token {
  std::string text;
  std::size_t acknowledged = kNever;
};

struct Run {
  std::map<MessageId, Fate> fates;
  std::map<std::size_t, Token> tokens;  // one for each transaction
  std::size_t transactions = 0;
};

/// Smaller still: more turns of segments and files.
Options replay_options() {
  Options options = Harness::small_options();
  options.segment_size = 128 << 10;
  options.ledger_file_size = 32 << 10;
  return options;
}

/// Drives a store at random and writes down what it promised.
class Driver {
 public:
  Driver(SimulatedDisk& disk, std::uint64_t seed) : disk_(disk), random_(seed) {
    options_ = replay_options();
    hooks_.post = [](std::move_only_function<void()> call) { call(); };  // at once: a moment later is a moment lost
    hooks_.alarm = [this](const std::string& text) {
      const std::lock_guard lock(mutex_);
      alarms_.push_back(text);
    };
  }

  Run run(int rounds) {
    REQUIRE(disk_.make_folder("/data"));
    for (int part = 0; part < 3; ++part) {
      auto spool = Spool::open(disk_, Clock::system(), options_, hooks_);
      REQUIRE(spool);
      spool_ = std::move(*spool);
      claimed_.clear();
      for (int round = 0; round < rounds / 3; ++round) {
        step();
        if (round % 60 == 59) REQUIRE(spool_->checkpoint());
      }
      settle_down();
      spool_.reset();
    }
    REQUIRE(alarms_.empty());
    return std::move(run_);
  }

 private:
  void step() {
    const std::uint64_t dice = random_() % 100;
    if (dice < 45) return submit();
    if (dice < 60) return claim();
    if (dice < 85) return settle();
    if (dice < 90) return administrate();
    if (dice < 95) return record();
    settle_down();
  }

  std::size_t pick_length() {
    const std::uint64_t dice = random_() % 20;
    if (dice == 0) return 20'000 + random_() % 60'000;
    if (dice < 3) return 8000 + random_() % 8000;
    return random_() % 4000;
  }

  std::string next_token(Done& done, std::function<void(std::size_t)> then = {}) {
    const std::size_t number = run_.transactions++;
    std::string token = "token-" + std::to_string(number) + ".";
    {
      const std::lock_guard lock(mutex_);
      run_.tokens[number].text = token;
      ++open_;
    }
    done = [this, number, call = std::move(then)](const Result<void>& result) {
      const std::size_t now = disk_.moment();
      const std::lock_guard lock(mutex_);
      --open_;
      if (!result) return;
      run_.tokens[number].acknowledged = now;
      if (call) call(now);
    };
    return event_for(token);
  }

  void submit() {
    const MessageId id = ++last_id_;
    Fate fate;
    fate.content = content_for(id, pick_length());
    fate.envelope = envelope_for(id, 1 + random_() % 3);
    fate.submitted = disk_.moment();
    const std::string content = fate.content;
    const std::string envelope = fate.envelope;
    {
      const std::lock_guard lock(mutex_);
      run_.fates[id] = std::move(fate);
    }
    auto incoming = spool_->begin(id, content.size());
    REQUIRE(incoming);
    for (std::size_t at = 0; at < content.size(); at += 7000) (*incoming)->append(content.substr(at, 7000));
    if (random_() % 20 == 0) return;  // given up
    Done done;
    const std::string event = next_token(done, [this, id](std::size_t now) { run_.fates[id].accepted = now; });
    (*incoming)->commit(envelope, {event, ledger::Event("queued").id("message", id).take()}, std::move(done));
  }

  void claim() {
    auto claimed = spool_->claim(1, 1 + random_() % 12);
    REQUIRE(claimed);
    for (Claimed& message : *claimed) {
      {
        const std::lock_guard lock(mutex_);
        const Fate& fate = run_.fates[message.id];
        CHECK(message.envelope == fate.envelope);
        if (!message.in_file) CHECK(message.content == fate.content);
      }
      claimed_.push_back(std::move(message));
    }
  }

  void settle() {
    if (claimed_.empty()) return;
    const Claimed message = std::move(claimed_.back());
    claimed_.pop_back();
    const bool defers = random_() % 3 == 0;
    Spool::Settlement settlement;
    settlement.retry_after = std::chrono::milliseconds(random_() % 30);
    for (std::size_t i = 0; i < message.recipients.size(); ++i) {
      if (message.recipients[i].state != RecipientState::kPending) continue;
      if (defers && i + 1 == message.recipients.size()) break;
      const auto state = random_() % 5 == 0 ? RecipientState::kFailed : RecipientState::kDelivered;
      settlement.recipients.push_back({static_cast<std::uint16_t>(i), state, "250 fine"});
    }
    const MessageId id = message.id;
    const std::uint32_t attempts = message.attempts + 1;
    Done done;
    std::string event;
    if (defers) {
      event = next_token(done, [this, id, attempts](std::size_t now) {
        run_.fates[id].attempts = attempts;
        run_.fates[id].deferred = now;
      });
    } else {
      {
        const std::lock_guard lock(mutex_);
        run_.fates[id].first_end_tried = disk_.moment();
      }
      event = next_token(done, [this, id](std::size_t now) { run_.fates[id].ended = now; });
    }
    REQUIRE(spool_->settle(1, id, settlement, {event}, std::move(done)));
  }

  void administrate() {
    MessageId id = 0;
    for (const MessageInfo& info : spool_->list(random_() % (last_id_ + 1), 1)) id = info.id;
    if (id == 0) return;
    const std::uint64_t dice = random_() % 3;
    Done done;
    if (dice == 0) {
      const std::size_t before = disk_.moment();
      const std::string event = next_token(done, [this, id](std::size_t now) { run_.fates[id].ended = now; });
      bool first = false;
      {
        const std::lock_guard lock(mutex_);
        Fate& fate = run_.fates[id];
        first = fate.first_end_tried == kNever;
        fate.first_end_tried = std::min(fate.first_end_tried, before);
      }
      if (spool_->cancel(id, {event}, std::move(done))) return;
      const std::lock_guard lock(mutex_);
      if (first) run_.fates[id].first_end_tried = kNever;
      --open_;
      return;
    }
    const std::string event = next_token(done);
    const auto begun =
        dice == 1 ? spool_->hold(id, {event}, std::move(done)) : spool_->release(id, {event}, std::move(done));
    if (begun) return;
    const std::lock_guard lock(mutex_);
    --open_;
  }

  void record() {
    Done done;
    const std::string event = next_token(done);
    REQUIRE(spool_->record({event}, std::move(done)));
  }

  void settle_down() {
    for (int i = 0; i < 10'000; ++i) {
      {
        const std::lock_guard lock(mutex_);
        if (open_ == 0) return;
      }
      std::this_thread::sleep_for(1ms);
    }
    FAIL("transactions never ended");
  }

  SimulatedDisk& disk_;
  std::mt19937_64 random_;
  Options options_;
  Hooks hooks_;
  std::unique_ptr<Spool> spool_;
  std::vector<Claimed> claimed_;
  MessageId last_id_ = 0;
  std::mutex mutex_;
  int open_ = 0;
  std::vector<std::string> alarms_;
  Run run_;
};

std::set<std::size_t> tokens_in(const SimulatedDisk& disk, const std::string& folder) {
  std::set<std::size_t> tokens;
  for (const std::string& path : disk.paths()) {
    if (!path.starts_with(folder) || !path.ends_with(".jsonl")) continue;
    const std::string text = disk.content(path);
    for (std::size_t at = text.find("token-"); at != std::string::npos; at = text.find("token-", at + 1)) {
      std::size_t number = 0;
      std::from_chars(text.data() + at + 6, text.data() + text.size(), number);
      if (!tokens.insert(number).second) tokens.insert(SIZE_MAX);  // twice
    }
  }
  return tokens;
}

/// Starts a store on what a cut left and lists everything that is wrong with it.
std::vector<std::string> judge(std::unique_ptr<SimulatedDisk> disk, const Run& run, std::size_t cut) {
  std::vector<std::string> faults;
  disk->stop_recording();
  Harness harness(*disk);
  harness.options = replay_options();
  if (const auto opened = harness.open(); !opened) return {"does not start: " + opened.error().context};
  for (const std::string& text : harness.alarms()) faults.push_back("alarm: " + text);

  std::map<MessageId, MessageInfo> found;
  for (MessageInfo& info : harness.spool().list(0, 100'000)) found[info.id] = std::move(info);
  for (const auto& [id, info] : found) {
    const auto fate = run.fates.find(id);
    if (fate == run.fates.end() || fate->second.submitted > cut) {
      faults.push_back("message from nowhere: " + std::to_string(id));
      continue;
    }
    const auto content = harness.spool().read(id, 0, 1 << 20);
    if (!content || *content != fate->second.content) faults.push_back("content of " + std::to_string(id));
    if (encode(info.envelope) != fate->second.envelope) faults.push_back("envelope of " + std::to_string(id));
  }
  for (const auto& [id, fate] : run.fates) {
    const auto info = found.find(id);
    const bool there = info != found.end();
    const std::string name = std::to_string(id);
    if (fate.accepted <= cut && fate.first_end_tried > cut && !there) faults.push_back("lost: " + name);
    if (fate.ended <= cut && there) faults.push_back("risen from the dead: " + name);
    if (there && fate.deferred <= cut && info->second.attempts < fate.attempts) faults.push_back("deferral of " + name);
  }

  harness.spool().flush_ledger();
  const auto report = ledger::verify(*disk, harness.options.ledger_folder);
  if (!report || report->defect) {
    faults.push_back("ledger: " + (report ? report->defect->file + ":" + std::to_string(report->defect->line) + " " +
                                                report->defect->what
                                          : report.error().context));
  }
  const auto tokens = tokens_in(*disk, harness.options.ledger_folder);
  if (tokens.contains(SIZE_MAX)) faults.emplace_back("an entry appears twice");
  for (const auto& [number, token] : run.tokens) {
    if (token.acknowledged <= cut && !tokens.contains(number)) faults.push_back("no entry of " + token.text);
  }
  return faults;
}

Run record(SimulatedDisk& disk) {
  Driver driver(disk, 20261124);
  Run run = driver.run(900);
  REQUIRE(run.transactions > 500);
  std::size_t large = 0;
  for (const auto& [id, fate] : run.fates) large += fate.content.size() > Harness::small_options().inline_limit;
  REQUIRE(large > 10);
  return run;
}

std::string describe(const std::vector<std::string>& faults) {
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(faults.size(), 5); ++i) text += "\n  " + faults[i];
  return text;
}

}  // namespace

TEST_CASE("Whenever the power goes, all that was acknowledged is there") {
  SimulatedDisk disk;
  const Run run = record(disk);
  std::mt19937_64 random(4711);
  Replay replay(disk);

  // Right before and right after each flush, and at 1,100 random moments, each torn in a way of its own.
  std::multiset<std::size_t> cuts;
  for (std::size_t i = 0; i < replay.size(); ++i) {
    if (!replay.is_sync(i)) continue;
    cuts.insert(i);
    cuts.insert(i + 1);
  }
  REQUIRE(cuts.size() > 500);
  for (int i = 0; i < 1100; ++i) cuts.insert(random() % (replay.size() + 1));

  for (const std::size_t cut : cuts) {
    replay.advance(cut);
    // What is torn lies between the two others.
    const std::uint64_t dice = random() % 20;
    const auto how = dice == 0   ? Replay::Cut::kNothingUnsynced
                     : dice == 1 ? Replay::Cut::kEverything
                                 : Replay::Cut::kTorn;
    const auto faults = judge(replay.cut(how, random), run, cut);
    if (!faults.empty()) FAIL("cut " << cut << " of " << replay.size() << describe(faults));
  }
  SUCCEED(cuts.size() << " cuts of " << run.transactions << " transactions, " << replay.size() << " operations");
}

TEST_CASE("Negative control: with syncs ignored the same test finds loss") {
  SimulatedDisk disk;
  disk.ignore_syncs();
  const Run run = record(disk);
  std::mt19937_64 random(4711);
  Replay replay(disk);
  std::size_t failed = 0;
  for (int i = 1; i <= 20; ++i) {
    const std::size_t cut = replay.size() * static_cast<std::size_t>(i) / 20;
    replay.advance(cut);
    failed += !judge(replay.cut(Replay::Cut::kTorn, random), run, cut).empty();
  }
  CHECK(failed > 15);
}

TEST_CASE("Negative control: no kind of sync can be left out") {
  const std::string kind =
      GENERATE(as<std::string>(), "/log/", "/large/", "/ledger/", "checkpoint.new", "folder /data/spool/log",
               "folder /data/spool/large", "folder /data/spool", "folder /data/ledger");
  CAPTURE(kind);
  SimulatedDisk disk;
  disk.ignore_syncs_of(kind);
  const Run run = record(disk);
  std::mt19937_64 random(4711);
  Replay replay(disk);
  bool failed = false;
  for (int i = 1; i <= 200 && !failed; ++i) {
    const std::size_t cut = replay.size() * static_cast<std::size_t>(i) / 200;
    replay.advance(cut);
    failed = !judge(replay.cut(Replay::Cut::kTorn, random), run, cut).empty();
  }
  CHECK(failed);
}
