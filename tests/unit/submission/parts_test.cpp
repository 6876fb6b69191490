#include <catch2/catch_test_macros.hpp>
#include <set>
#include <thread>

#include "base/encoding.h"
#include "smtp/address.h"
#include "submission/ids.h"
#include "submission/refusals.h"
#include "submission/settings.h"
#include "submission/stored_envelope.h"

namespace postern::submission {
namespace {

using namespace std::chrono_literals;

TEST_CASE("ids never repeat and never go backwards") {
  ManualClock clock;
  IdSource ids(clock);
  std::uint64_t last = 0;
  for (int i = 0; i < 10'000; ++i) {
    if (i % 100 == 0) clock.jump(clock.wall() - 1h);
    if (i % 37 == 0) clock.advance(1ms);
    const std::uint64_t id = ids.next();
    REQUIRE(id > last);
    last = id;
  }
}

TEST_CASE("ids are unique over threads and carry the time") {
  IdSource ids;
  std::vector<std::vector<std::uint64_t>> made(4);
  {
    std::vector<std::jthread> threads;
    for (auto& list : made) {
      threads.emplace_back([&] {
        for (int i = 0; i < 5000; ++i) list.push_back(ids.next());
      });
    }
  }
  std::set<std::uint64_t> all;
  for (const auto& list : made) all.insert(list.begin(), list.end());
  CHECK(all.size() == 20'000);
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::system().wall().time_since_epoch());
  CHECK((*all.begin() >> 22) >= static_cast<std::uint64_t>(now.count()) - 60'000);
  CHECK((*all.rbegin() >> 22) <= static_cast<std::uint64_t>(now.count()) + 1000);
}

IpAddress address(unsigned i) {
  return IpAddress::parse("192.0." + std::to_string(i / 256) + "." + std::to_string(i % 256)).value();
}

TEST_CASE("a flood of refused connections writes a bounded number of events") {
  ManualClock clock;
  Refusals refusals(clock, {.window = 10s, .sources = 8});
  std::size_t written = 0;
  for (unsigned i = 0; i < 10'000; ++i) written += refusals.note(address(i % 500), "eth0", "foreign-network").size();
  CHECK(written == 8);
  CHECK(refusals.due().empty());
  clock.advance(10s);
  const auto due = refusals.due();
  REQUIRE(due.size() == 9);
  CHECK(due[0].contains(R"("client":"192.0.0.0")"));
  CHECK(due[0].contains(R"("link":"eth0")"));
  CHECK(due[0].contains(R"("count":19)"));
  CHECK(due[8].contains(R"("count":9840)"));
  CHECK(due[8].contains("many-sources"));
  CHECK(refusals.due().empty());
  CHECK(refusals.note(address(1), "eth0", "foreign-network").size() == 1);
}

TEST_CASE("a single refusal is written once, at once") {
  ManualClock clock;
  Refusals refusals(clock);
  const auto events = refusals.note(address(7), "wg0", "wrong-link");
  REQUIRE(events.size() == 1);
  CHECK(events[0] == R"({"event":"refuse","client":"192.0.0.7","link":"wg0","reason":"wrong-link"})");
  clock.advance(11s);
  CHECK(refusals.due().empty());
}

TEST_CASE("the stored envelope keeps what SMTP said") {
  smtp::Envelope envelope;
  envelope.sender.path = smtp::Mailbox::parse("ann@example.org").value();
  envelope.sender.smtputf8 = true;
  envelope.sender.ret = smtp::DsnReturn::kHeaders;
  envelope.sender.envid = "a+b=c d";
  envelope.recipients.push_back({.mailbox = smtp::Mailbox::parse("bob@example.net").value(),
                                 .notify = {.success = true, .delay = true},
                                 .original = smtp::OriginalRecipient{"rfc822", "b+c@example.net"}});
  envelope.recipients.push_back({.mailbox = smtp::Mailbox::parse("eve@example.net").value(),
                                 .notify = {.never = true},
                                 .original = smtp::OriginalRecipient{"utf-8", "\u00e4@example.net"}});
  SessionFacts facts;
  facts.id = 42;
  facts.person = "ann";
  facts.device = "laptop";
  facts.client = "10.9.0.2";
  const WallTime now = Clock::system().wall();
  const auto stored = stored_envelope(envelope, facts, true, now);
  CHECK(stored.reverse_path == "ann@example.org");
  CHECK(stored.flags == (spool::kSmtpUtf8 | spool::kEightBit));
  CHECK(stored.returns == spool::Return::kHeaders);
  CHECK(stored.envelope_id == "a+2Bb+3Dc+20d");
  REQUIRE(stored.recipients.size() == 2);
  CHECK(stored.recipients[0].original == "rfc822;b+2Bc@example.net");
  CHECK(stored.recipients[0].notify == (spool::kNotifySuccess | spool::kNotifyDelay));
  CHECK(stored.recipients[1].original == "utf-8;\u00e4@example.net");
  CHECK(stored.recipients[1].notify == spool::kNotifyNever);
  CHECK(stored.session == 42);
  CHECK(stored.received == now);
  CHECK(spool::decode_envelope(spool::encode(stored)).value() == stored);

  envelope.sender = {};
  CHECK(stored_envelope(envelope, facts, false, now).reverse_path.empty());
  CHECK(stored_envelope(envelope, facts, false, now).flags == 0);
}

TEST_CASE("settings leave room for a TLS record behind any unfinished line") {
  config::Config config;
  config.submission.limits.command_length = 64 << 10;
  CHECK(Settings::make(config)->server.limits.max_command_line < 32 << 10);
  config.submission.limits.command_length = 2048;
  CHECK(Settings::make(config)->server.limits.max_command_line == 2048);
}

}  // namespace
}  // namespace postern::submission
