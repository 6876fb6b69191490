#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "office.h"

using namespace postern;
using namespace postern::delivery;
using namespace postern::delivery::test;
using namespace std::chrono_literals;
using Moment = FakeServer::Moment;
using Event = FakeServer::Event;
using Answer = FakeServer::Answer;

namespace {

std::string numbered_lines(std::size_t size) {
  std::string content = "Subject: large\r\n\r\n";
  for (int i = 0; content.size() < size; ++i) content += "." + std::to_string(i) + " some text that fills a line\r\n";
  return content;
}

std::vector<std::string> starting_with(const std::vector<std::string>& lines, std::string_view start) {
  std::vector<std::string> found;
  std::ranges::copy_if(lines, std::back_inserter(found), [&](const auto& line) { return line.starts_with(start); });
  return found;
}

}  // namespace

TEST_CASE("a message goes out verified, logged in and dot-stuffed, and every step is in the ledger") {
  Office office;
  office.serve();
  office.deliver();
  office.vault.add(
      {.id = 7, .content = "Subject: x\r\n\r\n.one\r\n..two\r\nend\r\n", .recipients = {"bob@example.org"}});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));

  const auto messages = office.server->messages();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].content == "Subject: x\r\n\r\n.one\r\n..two\r\nend\r\n");
  CHECK(messages[0].mail.starts_with("MAIL FROM:<alice@example.com>"));
  CHECK(messages[0].recipients == std::vector<std::string>{"RCPT TO:<bob@example.org>"});
  CHECK(starting_with(office.server->lines(), "AUTH PLAIN").size() == 1);

  const auto& settlement = office.vault.settlements().at(0);
  CHECK(settlement.counts);
  REQUIRE(settlement.recipients.size() == 1);
  CHECK(settlement.recipients[0].outcome == ipc::Settle::Outcome::kDelivered);
  CHECK(settlement.recipients[0].reply == "250 2.0.0 queued as fake");
  REQUIRE(settlement.events.size() == 2);
  CHECK(settlement.events[0].starts_with(R"({"event":"attempt","message":")"));
  CHECK(settlement.events[0].contains(R"("verified":"ca","peer":"smart.example","login":true)"));
  CHECK(settlement.events[0].contains(R"("tls":"TLSv1.3")"));
  CHECK(settlement.events[1].contains(R"("event":"delivered")"));
  CHECK(settlement.events[1].contains(R"("recipient":"bob@example.org")"));
  for (const auto& event : office.vault.events()) CHECK_FALSE(event.contains("s3cret"));
}

TEST_CASE("MAIL, RCPT and DATA go out as one group") {
  Office office;
  office.serve();
  office.deliver();
  office.vault.add({.recipients = {"a@example.org", "b@example.org", "c@example.org"}});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  // EHLO, STARTTLS, (under TLS) EHLO, AUTH, the group, the content: the server read six times, not ten.
  CHECK(office.server->reads() <= 6);
}

TEST_CASE("one session carries many messages, and no RSET comes between") {
  Office office;
  office.settings.concurrency = 1;
  office.serve();
  office.deliver();
  for (std::uint64_t id = 1; id <= 30; ++id) office.vault.add({.id = id});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(office.server->messages().size() == 30);
  CHECK(office.server->connections() == 1);
  CHECK(starting_with(office.server->lines(), "RSET").empty());
  CHECK(office.dispatcher->snapshot().counters.reused == 29);
}

TEST_CASE("a session is closed politely after its share of messages") {
  Office office;
  office.settings.concurrency = 1;
  office.settings.messages_per_connection = 4;
  office.serve();
  office.deliver();
  for (std::uint64_t id = 1; id <= 10; ++id) office.vault.add({.id = id});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(office.server->connections() == 3);
  REQUIRE(office.until([&] { return starting_with(office.server->lines(), "QUIT").size() == 2; }));
}

TEST_CASE("an idle session is kept for its time and then closed politely") {
  Office office;
  office.settings.timeouts.idle = 150ms;
  office.serve();
  office.deliver();
  office.vault.add({.id = 1});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(office.dispatcher->snapshot().idle == 1);
  office.vault.add({.id = 2});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(office.server->connections() == 1);
  REQUIRE(office.until([&] { return office.dispatcher->snapshot().sessions == 0; }));
  REQUIRE(office.until([&] { return starting_with(office.server->lines(), "QUIT").size() == 1; }));
}

TEST_CASE("no more sessions than allowed are open at one time, and no more messages are claimed than fit") {
  Office office;
  office.settings.concurrency = 3;
  office.serve([](const Event& event) -> std::optional<Answer> {
    if (event.moment == Moment::kFinal) std::this_thread::sleep_for(20ms);
    return std::nullopt;
  });
  office.deliver();
  for (std::uint64_t id = 1; id <= 40; ++id) office.vault.add({.id = id});
  REQUIRE(office.until([&] { return office.dispatcher->snapshot().in_flight == 3; }));
  CHECK(office.vault.claims() <= 6 + office.vault.settlements().size());
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(office.server->messages().size() == 40);
  CHECK(office.server->greatest_at_once() == 3);
}

TEST_CASE("a large message is read piece by piece and arrives whole") {
  Office office;
  office.serve();
  office.deliver();
  const std::string content = numbered_lines(3 << 20);
  office.vault.add({.id = 1, .content = content, .head = 64 << 10});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(office.vault.reads() >= 11);
  REQUIRE(office.server->messages().size() == 1);
  CHECK(office.server->messages()[0].content == content);
}

TEST_CASE("each recipient gets its own result") {
  Office office;
  office.serve([](const Event& event) -> std::optional<Answer> {
    if (event.moment != Moment::kRcpt) return std::nullopt;
    if (event.line.contains("never@")) return FakeServer::say("550 5.1.1 no such user\r\n");
    if (event.line.contains("later@")) return FakeServer::say("451 4.2.1 mailbox busy\r\n");
    return std::nullopt;
  });
  office.deliver();
  office.vault.add({.id = 9, .recipients = {"never@example.org", "bob@example.org", "later@example.org"}});
  REQUIRE(office.until([&] { return office.vault.settlements().size() == 1; }));
  office.pass(20ms);
  CHECK(office.vault.due(9) == std::vector<std::uint32_t>{2});
  const auto& settlement = office.vault.settlements()[0];
  CHECK(settlement.counts);
  CHECK(settlement.retry_after_ms >= 240'000);
  CHECK(settlement.retry_after_ms <= 360'000);
  CHECK(office.vault.events_named("delivered") == 1);
  CHECK(office.vault.events_named("failed") == 1);
  CHECK(office.vault.events_named("deferred") == 1);
  // Reports come later; until then a failure leaves this trace and no mail.
  CHECK(office.vault.events_named("bounce-suppressed") == 1);
}

TEST_CASE("recipients beyond the limit of a transaction go in further ones") {
  Office office;
  office.settings.recipients_per_transaction = 2;
  office.serve();
  office.deliver();
  office.vault.add(
      {.recipients = {"a@example.org", "b@example.org", "c@example.org", "d@example.org", "e@example.org"}});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(office.server->messages().size() == 3);
  CHECK(office.vault.settlements().size() == 1);
  CHECK(office.vault.events_named("delivered") == 5);
}

TEST_CASE("the server's own limit of recipients is kept, stated or shown") {
  Office office;
  FakeServer::Settings settings;
  SECTION("stated by LIMITS") {
    settings.capabilities += "250-LIMITS RCPTMAX=2\r\n";
    office.serve({}, settings);
  }
  SECTION("shown by 452 to the third") {
    office.serve([n = 0](const Event& event) mutable -> std::optional<Answer> {
      if (event.moment == Moment::kMail) n = 0;
      if (event.moment == Moment::kRcpt && ++n > 2) return FakeServer::say("452 4.5.3 too many recipients\r\n");
      return std::nullopt;
    });
  }
  office.deliver();
  office.vault.add(
      {.recipients = {"a@example.org", "b@example.org", "c@example.org", "d@example.org", "e@example.org"}});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(office.server->messages().size() == 3);
  CHECK(office.vault.events_named("delivered") == 5);
  CHECK(office.vault.events_named("deferred") == 0);
}

TEST_CASE("what the server does not offer is not used, or fails the message for good") {
  Office office;
  FakeServer::Settings settings;
  settings.capabilities = "250-PIPELINING\r\n";
  office.serve({}, settings);
  office.deliver();
  SECTION("UTF-8 addresses without SMTPUTF8") {
    office.vault.add({.recipients = {"büro@example.org"}, .flags = spool::kSmtpUtf8 | spool::kEightBit});
    REQUIRE(office.until([&] { return office.vault.is_empty(); }));
    CHECK(office.vault.settlements()[0].recipients[0].reply.contains("5.6.7"));
  }
  SECTION("8-bit content without 8BITMIME") {
    office.vault.add({.content = "Subject: x\r\n\r\nb\xc3\xbcro\r\n", .flags = spool::kEightBit});
    REQUIRE(office.until([&] { return office.vault.is_empty(); }));
    CHECK(office.vault.settlements()[0].recipients[0].reply.contains("5.6.3"));
    CHECK(office.server->messages().empty());
  }
  SECTION("content declared as 8-bit that is not") {
    office.vault.add({.flags = spool::kEightBit});
    REQUIRE(office.until([&] { return office.vault.is_empty(); }));
    REQUIRE(office.server->messages().size() == 1);
    CHECK_FALSE(office.server->messages()[0].mail.contains("BODY"));
  }
}

TEST_CASE("a message above the server's size fails for good") {
  Office office;
  FakeServer::Settings settings;
  settings.capabilities = "250-SIZE 1000\r\n";
  office.serve({}, settings);
  office.deliver();
  office.vault.add({.content = numbered_lines(2000)});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(office.vault.settlements()[0].recipients[0].reply.contains("5.3.4"));
}

TEST_CASE("a message whose time is up fails instead of being deferred, after one more attempt") {
  Office office;
  office.serve([](const Event& event) -> std::optional<Answer> {
    if (event.moment == Moment::kRcpt) return FakeServer::say("451 4.2.1 busy\r\n");
    return std::nullopt;
  });
  office.deliver();
  const auto now = static_cast<std::uint64_t>(Clock::system().wall().time_since_epoch() / 1ms);
  office.vault.add({.attempts = 12, .accepted_ms = now - 6ULL * 24 * 3600 * 1000});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(office.vault.settlements()[0].recipients[0].outcome == ipc::Settle::Outcome::kFailed);
  CHECK(office.vault.settlements()[0].events[1].contains(R"("reason":"expired")"));
}

TEST_CASE("without a smart host mail waits, unclaimed, until one is configured") {
  Office office;
  office.serve();
  office.dispatcher = std::make_unique<Dispatcher>(office.io.get_executor(), Clock::system(), office.vault.path(),
                                                   Plan{office.settings, nullptr, {}});
  asio::co_spawn(office.io, office.dispatcher->run(), asio::detached);
  office.vault.add({.id = 1});
  REQUIRE(office.until([&] { return office.dispatcher->snapshot().vault_connected; }));
  office.pass(50ms);
  CHECK(office.vault.claims() == 0);
  office.dispatcher->reload({office.settings, office.route(), {}});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
}

TEST_CASE("a reload moves on to new sessions without breaking a delivery") {
  Office office;
  office.settings.concurrency = 1;
  office.serve([](const Event& event) -> std::optional<Answer> {
    if (event.moment == Moment::kFinal && event.connection == 0) std::this_thread::sleep_for(100ms);
    return std::nullopt;
  });
  office.deliver();
  office.vault.add({.id = 1});
  REQUIRE(office.until([&] { return office.dispatcher->snapshot().in_flight == 1; }));
  office.dispatcher->reload({office.settings, office.route(), {}});
  office.vault.add({.id = 2});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(office.server->connections() == 2);
  CHECK(office.vault.events_named("delivered") == 2);
}

TEST_CASE("stopping lets a delivery finish and has it settled") {
  Office office;
  office.serve([](const Event& event) -> std::optional<Answer> {
    if (event.moment == Moment::kFinal) std::this_thread::sleep_for(100ms);
    return std::nullopt;
  });
  office.deliver();
  office.vault.add({.id = 1});
  REQUIRE(office.until([&] { return office.dispatcher->snapshot().in_flight == 1; }));
  bool stopped = false;
  asio::co_spawn(office.io, office.dispatcher->stop(), [&](const std::exception_ptr&) { stopped = true; });
  REQUIRE(office.until([&] { return stopped; }));
  CHECK(office.vault.is_empty());
  CHECK(office.vault.events_named("delivered") == 1);
}

TEST_CASE("stopping does not wait for ever: what hangs is cut and deferred") {
  Office office;
  office.settings.timeouts.stop = 100ms;
  office.serve([](const Event& event) -> std::optional<Answer> {
    if (event.moment == Moment::kMail) return FakeServer::silence();
    return std::nullopt;
  });
  office.deliver();
  office.vault.add({.id = 1});
  REQUIRE(office.until([&] { return office.dispatcher->snapshot().in_flight == 1; }));
  bool stopped = false;
  asio::co_spawn(office.io, office.dispatcher->stop(), [&](const std::exception_ptr&) { stopped = true; });
  REQUIRE(office.until([&] { return stopped; }, 3s));
  CHECK(office.server->messages().empty());
  CHECK_FALSE(office.vault.is_empty());
}
