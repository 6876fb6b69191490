#include <catch2/catch_test_macros.hpp>

#include "office.h"

using namespace postern;
using namespace postern::delivery;
using namespace postern::delivery::test;
using namespace std::chrono_literals;
using Moment = FakeServer::Moment;
using Event = FakeServer::Event;
using Answer = FakeServer::Answer;
using Outcome = ipc::Settle::Outcome;

namespace {

/// Answers `bytes` at one moment of the first connections, and as usual otherwise.
FakeServer::Script at(Moment moment, Answer answer, int connections = 1'000'000) {
  return [=](const Event& event) -> std::optional<Answer> {
    if (event.moment == moment && event.connection < connections) return answer;
    return std::nullopt;
  };
}

/// The first settlement of one message under a script.
ipc::Settle settle_once(Office& office, FakeServer::Script script, FakeServer::Settings settings = {}) {
  office.serve(std::move(script), std::move(settings));
  office.deliver();
  office.vault.add({.id = 1});
  REQUIRE(office.until([&] { return !office.vault.settlements().empty(); }));
  return office.vault.settlements()[0];
}

}  // namespace

TEST_CASE("a server that drops the connection after the final dot may have the message: deferred, and said so") {
  Office office;
  const auto settle = settle_once(office, at(Moment::kFinal, FakeServer::drop()));
  CHECK(settle.recipients[0].outcome == Outcome::kDeferred);
  CHECK(settle.counts);
  CHECK(settle.events[1].contains(R"("reason":"reply-lost")"));
  CHECK(office.dispatcher->snapshot().counters.uncertain == 1);
}

TEST_CASE("a server that drops the connection in mid-content did not take the message") {
  Office office;
  office.serve(at(Moment::kData, FakeServer::last_words("354 go on\r\n")));
  office.deliver();
  office.vault.add({.id = 1, .content = "Subject: x\r\n\r\n" + std::string(20 << 20, 'x') + "\r\n"});
  REQUIRE(office.until([&] { return !office.vault.settlements().empty(); }));
  const auto& settle = office.vault.settlements()[0];
  CHECK(settle.recipients[0].outcome == Outcome::kDeferred);
  CHECK(settle.counts);
  CHECK_FALSE(settle.events[1].contains("reply-lost"));
  CHECK(office.vault.reads() < 60);
}

TEST_CASE("421 on a used session moves the message to a fresh one, without a trace") {
  Office office;
  office.settings.concurrency = 1;
  office.serve([](const Event& event) -> std::optional<Answer> {
    if (event.moment == Moment::kMail && event.message == 2) {
      return FakeServer::last_words("421 4.7.0 enough for this connection\r\n");
    }
    return std::nullopt;
  });
  office.deliver();
  for (std::uint64_t id = 1; id <= 6; ++id) office.vault.add({.id = id});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(office.server->connections() == 3);
  CHECK(office.vault.events_named("attempt") == 6);
  CHECK(office.vault.events_named("deferred") == 0);
  CHECK(office.vault.events_named("route-down") == 0);
}

TEST_CASE("a used session that was closed while idle is noticed before it costs anything") {
  Office office;
  office.serve([](const Event& event) -> std::optional<Answer> {
    if (event.moment == Moment::kFinal && event.connection == 0) {
      return FakeServer::last_words("250 2.0.0 taken, and goodbye\r\n");
    }
    return std::nullopt;
  });
  office.deliver();
  office.vault.add({.id = 1});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  office.pass(50ms);
  office.vault.add({.id = 2});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(office.vault.events_named("delivered") == 2);
  CHECK(office.vault.events_named("deferred") == 0);
}

TEST_CASE("421 on a fresh session backs the whole route off and is no attempt of the message") {
  Office office;
  const auto settle = settle_once(office, at(Moment::kMail, FakeServer::last_words("421 4.3.2 shutting down\r\n")));
  CHECK_FALSE(settle.counts);
  CHECK(settle.recipients[0].outcome == Outcome::kDeferred);
  CHECK(settle.recipients[0].reply.contains("421 4.3.2 shutting down"));
  CHECK(settle.retry_after_ms <= 1000);
  REQUIRE(office.until([&] { return office.vault.events_named("route-down") == 1; }));
}

TEST_CASE(
    "a server that can't be reached is probed by one connection at a time, and one message is deferred each time") {
  Office office;
  std::shared_ptr<Route> route;
  {
    office.serve();
    route = office.route();
    office.server.reset();
  }
  office.settings.retry.route_first = 200ms;
  office.settings.retry.route_maximum = 200ms;
  office.dispatcher = std::make_unique<Dispatcher>(office.io.get_executor(), Clock::system(), office.vault.path(),
                                                   Plan{office.settings, route, {}});
  asio::co_spawn(office.io, office.dispatcher->run(), asio::detached);
  for (std::uint64_t id = 1; id <= 100; ++id) office.vault.add({.id = id});
  REQUIRE(office.until([&] { return office.dispatcher->snapshot().failures >= 3; }));
  const Snapshot shot = office.dispatcher->snapshot();
  CHECK(shot.vault_connected);
  // The first burst may open up to eight side by side; after that it is one a period.
  CHECK(office.vault.settlements().size() <= 8 + shot.failures);
  CHECK(shot.counters.sessions_failed <= 8 + shot.failures);
  CHECK(office.vault.events_named("route-down") == 1);
  for (const auto& settle : office.vault.settlements()) CHECK_FALSE(settle.counts);
}

TEST_CASE("when the server is back, all that waited goes out, and the ledger says so") {
  Office office;
  office.settings.concurrency = 4;
  office.serve(at(Moment::kGreeting, FakeServer::last_words("554 5.3.2 not now\r\n"), 4));
  office.deliver();
  for (std::uint64_t id = 1; id <= 20; ++id) office.vault.add({.id = id});
  REQUIRE(office.until([&] { return office.vault.events_named("route-up") == 1; }));
  REQUIRE(office.until([&] { return office.server->messages().size() >= 16; }));
  CHECK(office.dispatcher->snapshot().failures == 0);
}

TEST_CASE("an administrator's retry ends the route's back-off at once") {
  Office office;
  office.settings.retry.route_first = 1h;
  office.settings.retry.route_maximum = 1h;
  office.serve(at(Moment::kGreeting, FakeServer::drop(), 1));
  office.settings.concurrency = 1;
  office.deliver();
  office.vault.add({.id = 1});
  office.vault.add({.id = 2});
  REQUIRE(office.until([&] { return office.vault.settlements().size() == 1; }));
  CHECK(office.dispatcher->snapshot().state == RouteHealth::State::kAsleep);
  CHECK(office.dispatcher->snapshot().wakes_in > 40min);
  CHECK(office.dispatcher->retry_now());
  REQUIRE(office.until([&] { return office.server->messages().size() == 1; }));
  CHECK_FALSE(office.dispatcher->retry_now());
}

TEST_CASE("a server that refuses further connections is served with those it takes") {
  Office office;
  office.settings.concurrency = 10;
  office.serve([](const Event& event) -> std::optional<Answer> {
    if (event.moment == Moment::kGreeting && event.connection >= 2) {
      return FakeServer::last_words("421 4.7.0 too many connections\r\n");
    }
    if (event.moment == Moment::kFinal) std::this_thread::sleep_for(5ms);
    return std::nullopt;
  });
  office.deliver();
  for (std::uint64_t id = 1; id <= 2; ++id) office.vault.add({.id = id});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  REQUIRE(office.dispatcher->snapshot().sessions > 0);
  for (std::uint64_t id = 10; id <= 60; ++id) office.vault.add({.id = id});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(office.vault.events_named("deferred") == 0);
  CHECK(office.dispatcher->snapshot().window <= 2);
}

TEST_CASE("messages whose time is up while the server can't be reached fail; the others wait") {
  Office office;
  office.settings.retry.route_first = 1h;
  office.settings.retry.route_maximum = 1h;
  office.serve(at(Moment::kGreeting, FakeServer::drop()));
  office.deliver();
  const auto now = static_cast<std::uint64_t>(Clock::system().wall().time_since_epoch() / 1ms);
  office.vault.add({.id = 1});
  REQUIRE(office.until([&] { return office.vault.settlements().size() == 1; }));
  office.vault.add({.id = 2, .accepted_ms = now - 6ULL * 24 * 3600 * 1000});
  office.vault.add({.id = 3});
  REQUIRE(office.until([&] { return office.vault.settlements().size() == 2; }));
  CHECK(office.vault.settlements()[1].id == 2);
  CHECK(office.vault.settlements()[1].recipients[0].outcome == Outcome::kFailed);
  office.pass(50ms);
  CHECK(office.vault.settlements().size() == 2);
}

TEST_CASE("a slow server is given up after the time-out of the step") {
  Office office;
  Moment moment{};
  SECTION("greeting") {
    moment = Moment::kGreeting;
    office.settings.timeouts.greeting = 100ms;
  }
  SECTION("EHLO") {
    moment = Moment::kEhlo;
    office.settings.timeouts.command = 100ms;
  }
  SECTION("MAIL") {
    moment = Moment::kMail;
    office.settings.timeouts.command = 100ms;
  }
  SECTION("end of message") {
    moment = Moment::kFinal;
    office.settings.timeouts.data_end = 100ms;
  }
  const auto start = std::chrono::steady_clock::now();
  const auto settle = settle_once(office, [=](const Event& event) -> std::optional<Answer> {
    if (event.moment >= moment && event.moment != Moment::kStartTls) return FakeServer::silence();
    return std::nullopt;
  });
  CHECK(std::chrono::steady_clock::now() - start < 5s);
  CAPTURE(settle.recipients[0].reply);
  CHECK(settle.recipients[0].outcome == Outcome::kDeferred);
  CHECK(settle.recipients[0].reply.contains("timed out"));
}

TEST_CASE("a server that dribbles its reply can't hold a session for ever") {
  Office office;
  office.settings.timeouts.command = 100ms;
  Answer endless;
  for (int i = 0; i < 90; ++i) endless.bytes += "250-still\r\n";
  endless.pause = 60ms;
  office.serve(at(Moment::kEhlo, endless));
  office.deliver();
  office.vault.add({.id = 1});
  REQUIRE(office.until([&] { return !office.vault.settlements().empty(); }, 3s));
}

TEST_CASE("nonsense for a reply ends the session and not the gateway") {
  Office office;
  std::string bytes;
  SECTION("garbage") { bytes = "\x01\x02 hello?\r\n"; }
  SECTION("HTTP") { bytes = "HTTP/1.1 400 Bad Request\r\n\r\n"; }
  SECTION("a line that never ends") { bytes = "250 " + std::string(100'000, 'x'); }
  SECTION("a reply of too many lines") {
    for (int i = 0; i < 10'000; ++i) bytes += "250-line\r\n";
    bytes += "250 end\r\n";
  }
  SECTION("bare line feeds") { bytes = "250-a\n250 b\n"; }
  SECTION("codes that differ") { bytes = "250-a\r\n550 b\r\n"; }
  SECTION("two replies to one command") { bytes = "250 2.1.0 ok\r\n250 2.1.5 ok\r\n250 2.1.5 ok\r\n250 2.1.5 ok\r\n"; }
  const auto settle = settle_once(office, at(Moment::kMail, FakeServer::last_words(bytes)));
  CHECK(settle.recipients[0].outcome == Outcome::kDeferred);
  CHECK(office.server->messages().empty());
}

TEST_CASE("replies of several lines are understood") {
  Office office;
  const auto settle = settle_once(office, [](const Event& event) -> std::optional<Answer> {
    if (event.moment == Moment::kGreeting) return FakeServer::say("220-welcome\r\n220-to\r\n220 fake\r\n");
    if (event.moment == Moment::kMail) return FakeServer::say("250-2.1.0 one\r\n250 2.1.0 two\r\n");
    if (event.moment == Moment::kFinal) return FakeServer::say("250-2.0.0 queued\r\n250 2.0.0 as 17\r\n");
    return std::nullopt;
  });
  CHECK(settle.recipients[0].outcome == Outcome::kDelivered);
  CHECK(settle.recipients[0].reply == "250 2.0.0 queued as 17");
}

TEST_CASE("refusals of the message are its own: 5xx fails it, 4xx defers it, the session goes on") {
  for (const Moment moment : {Moment::kMail, Moment::kData, Moment::kFinal}) {
    for (const bool permanent : {false, true}) {
      Office office;
      const char* reply = permanent ? "554 5.7.1 no\r\n" : "451 4.3.0 later\r\n";
      office.settings.concurrency = 1;
      office.serve([=](const Event& event) -> std::optional<Answer> {
        static thread_local int done = 0;
        if (event.moment == moment && done++ == 0) return FakeServer::say(reply);
        return std::nullopt;
      });
      office.deliver();
      office.vault.add({.id = 1});
      REQUIRE(office.until([&] { return office.vault.settlements().size() == 1; }));
      CHECK(office.vault.settlements()[0].recipients[0].outcome == (permanent ? Outcome::kFailed : Outcome::kDeferred));
      CHECK(office.vault.settlements()[0].counts);
      office.vault.add({.id = 2});
      REQUIRE(office.until([&] { return office.vault.settlements().size() == 2; }));
      CHECK(office.vault.settlements()[1].recipients[0].outcome == Outcome::kDelivered);
      CHECK(office.server->connections() == 1);
    }
  }
}

TEST_CASE("a refused login is the route's trouble: no message fails for it, and no password is in any event") {
  Office office;
  const auto settle = settle_once(office, at(Moment::kAuth, FakeServer::say("535 5.7.8 wrong\r\n")));
  CHECK(settle.recipients[0].outcome == Outcome::kDeferred);
  CHECK_FALSE(settle.counts);
  REQUIRE(office.until([&] { return office.vault.events_named("route-down") == 1; }));
  for (const auto& event : office.vault.events()) {
    CHECK_FALSE(event.contains("s3cret"));
    CHECK_FALSE(event.contains("AHBvc3Rlcm4AczNjcmV0"));
  }
}

TEST_CASE("the login is never sent over TLS that was not verified") {
  const auto stranger = Certificate::make({.common_name = "B", .subject_alt_name = "DNS:smart.example"});
  for (const bool implicit : {false, true}) {
    Office office;
    office.serve({}, {.tls = stranger.server_context(), .implicit = implicit});
    auto route = office.route();
    route->tls = implicit ? smtp::TlsUse::kImplicit : smtp::TlsUse::kRequired;
    office.dispatcher = std::make_unique<Dispatcher>(office.io.get_executor(), Clock::system(), office.vault.path(),
                                                     Plan{office.settings, route, {}});
    asio::co_spawn(office.io, office.dispatcher->run(), asio::detached);
    office.vault.add({.id = 1});
    REQUIRE(office.until([&] { return !office.vault.settlements().empty(); }));
    CHECK(office.vault.settlements()[0].recipients[0].outcome == Outcome::kDeferred);
    CHECK(office.vault.settlements()[0].recipients[0].reply.contains("certificate was refused"));
    for (const auto& line : office.server->lines()) {
      CHECK_FALSE(line.starts_with("AUTH"));
      CHECK_FALSE(line.starts_with("MAIL"));
    }
  }
}

TEST_CASE("the login is never sent in the clear, nor is mail, when STARTTLS is missing or refused") {
  Office office;
  SECTION("not offered") { office.server = std::make_unique<FakeServer>(FakeServer::Settings{}); }
  SECTION("refused") { office.serve(at(Moment::kStartTls, FakeServer::last_words("454 4.7.0 not now\r\n"))); }
  SECTION("answered, with more behind it in the clear") {
    office.serve(at(Moment::kStartTls, FakeServer::say("220 go on\r\n250 2.0.0 injected\r\n")));
  }
  SECTION("answered with garbage for a handshake") {
    office.serve(at(Moment::kStartTls, FakeServer::last_words("220 go on\r\n")));
  }
  office.deliver();
  office.vault.add({.id = 1});
  REQUIRE(office.until([&] { return !office.vault.settlements().empty(); }));
  CHECK(office.vault.settlements()[0].recipients[0].outcome == Outcome::kDeferred);
  CHECK_FALSE(office.vault.settlements()[0].counts);
  for (const auto& line : office.server->lines()) {
    CHECK_FALSE(line.starts_with("AUTH"));
    CHECK_FALSE(line.starts_with("MAIL"));
  }
}

TEST_CASE("implicit TLS works, and LOGIN where PLAIN is not offered") {
  Office office;
  FakeServer::Settings settings;
  settings.tls = office.certificate.server_context();
  settings.implicit = true;
  settings.auth = "LOGIN";
  std::string seen;
  office.serve(
      [&](const Event& event) -> std::optional<Answer> {
        if (event.moment == Moment::kAuth) seen = event.line;
        return std::nullopt;
      },
      settings);
  auto route = office.route();
  route->tls = smtp::TlsUse::kImplicit;
  office.dispatcher = std::make_unique<Dispatcher>(office.io.get_executor(), Clock::system(), office.vault.path(),
                                                   Plan{office.settings, route, {}});
  asio::co_spawn(office.io, office.dispatcher->run(), asio::detached);
  office.vault.add({.id = 1});
  REQUIRE(office.until([&] { return office.vault.is_empty(); }));
  CHECK(seen == "cG9zdGVybg== czNjcmV0");
}

TEST_CASE("a server without PIPELINING is spoken to one command at a time") {
  Office office;
  FakeServer::Settings settings;
  settings.capabilities = "250-8BITMIME\r\n";
  const auto settle = settle_once(office, {}, settings);
  CHECK(settle.recipients[0].outcome == Outcome::kDelivered);
}
