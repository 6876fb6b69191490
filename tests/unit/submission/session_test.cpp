#include <sys/socket.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "base/random.h"
#include "gateway_under_test.h"

namespace postern::submission {
namespace {

using test::Client;
using test::Gateway;
using Mode = Gateway::Mode;
using Answer = test::FakeVault::Answer;
using namespace std::chrono_literals;

/// Content that no one compresses or guesses, in lines.
std::string big_body(std::size_t size) {
  std::string body;
  while (body.size() < size) body += std::string(60, static_cast<char>('a' + body.size() / 62 % 26)) + "\r\n";
  return body;
}

std::string bdat(std::string_view chunk, bool last) {
  return "BDAT " + std::to_string(chunk.size()) + (last ? " LAST" : "") + "\r\n" + std::string(chunk);
}

TEST_CASE("a message goes from login to the vault", "[session]") {
  Gateway gateway;
  const Mode mode = GENERATE(Mode::kSubmissions, Mode::kSubmission);
  Client client(gateway, mode);
  if (mode == Mode::kSubmission) {
    CHECK(client.reply().starts_with("220 gate.test "));
    CHECK(client.command("EHLO client.test").contains("STARTTLS"));
    CHECK(client.command("STARTTLS").starts_with("220"));
    REQUIRE(client.start_tls());
    CHECK(client.command("EHLO client.test").contains("AUTH PLAIN LOGIN"));
    CHECK(client.command("AUTH PLAIN AGFubgBzZWNyZXQ=").starts_with("235 2.7.0"));
  } else {
    REQUIRE(client.log_in());
  }
  REQUIRE(client.envelope());
  CHECK(client.command("DATA").starts_with("354"));
  const std::string reply = client.command(test::message("Hello.\r\n..dotted\r\n") + ".");
  CHECK(reply.starts_with("250 2.0.0 queued as "));
  const std::string id = reply.substr(20);
  CHECK(client.command("QUIT").starts_with("221"));
  CHECK(client.end() == "end");

  const auto messages = gateway.vault->messages();
  REQUIRE(messages.size() == 1);
  const auto& [number, envelope, content, chunks] = messages[0];
  CHECK(envelope.reverse_path == "ann@example.org");
  REQUIRE(envelope.recipients.size() == 1);
  CHECK(envelope.recipients[0].address == "bob@example.net");
  CHECK(envelope.person == "ann");
  CHECK(envelope.device == "laptop");
  CHECK(envelope.client == "127.0.0.1");
  CHECK(chunks == 1);
  CHECK(content.starts_with("Received: "));
  CHECK(content.contains(id));
  CHECK(content.contains("TLSv1.3"));
  CHECK(content.contains("\r\nMessage-ID: <"));
  CHECK(content.ends_with("\r\n\r\nHello.\r\n.dotted\r\n"));

  REQUIRE(gateway.gone());
  CHECK(gateway.vault->saw({R"("event":"connect")", R"("client":"127.0.0.1")", R"("link":"lo")"}));
  CHECK(gateway.vault->saw({R"("event":"tls")", R"("ok":true)", "X25519MLKEM768"}));
  CHECK(gateway.vault->saw({R"("event":"login")", R"("ok":true)", R"("person":"ann")", R"("device":"laptop")"}));
  CHECK(gateway.vault->saw({R"("event":"mail")", id, "ann@example.org"}));
  CHECK(gateway.vault->saw({R"("event":"rcpt")", id, "bob@example.net"}));
  CHECK(gateway.vault->saw({R"("event":"queued")", id, R"("recipients":1)", R"("message_id":)"}));
  CHECK(gateway.vault->saw({R"("event":"disconnect")", R"("reason":"quit")", R"("messages":1)"}));
}

TEST_CASE("everything pipelined in one piece is answered in order", "[session]") {
  Gateway gateway;
  Client client(gateway, Mode::kSubmissions);
  REQUIRE(client.log_in());
  client.send("MAIL FROM:<ann@example.org>\r\nRCPT TO:<a@example.net>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n");
  CHECK(client.reply().starts_with("250 2.1.0"));
  CHECK(client.reply().starts_with("250 2.1.5"));
  CHECK(client.reply().starts_with("250 2.1.5"));
  CHECK(client.reply().starts_with("354"));
  client.send(test::message() + ".\r\nMAIL FROM:<x@ann.example>\r\nRCPT TO:<c@example.net>\r\n" +
              bdat(test::message(), true) + "QUIT\r\n");
  CHECK(client.reply().starts_with("250 2.0.0 queued"));
  CHECK(client.reply().starts_with("250 2.1.0"));
  CHECK(client.reply().starts_with("250 2.1.5"));
  CHECK(client.reply().starts_with("250 2.0.0 queued"));
  CHECK(client.reply().starts_with("221"));
  CHECK(gateway.vault->messages().size() == 2);
}

TEST_CASE("large messages are streamed and arrive byte-exact", "[session]") {
  Gateway gateway;
  Client client(gateway, Mode::kSubmissions);
  REQUIRE(client.log_in());
  const std::string body = big_body(3 << 20);
  REQUIRE(client.envelope());
  SECTION("DATA") {
    REQUIRE(client.command("DATA").starts_with("354"));
    client.send(test::message(body) + ".\r\n");
  }
  SECTION("BDAT in chunks that end anywhere") {
    const std::string all = test::message(body);
    for (std::size_t at = 0; at < all.size();) {
      const std::size_t size = std::min<std::size_t>(1 + random_below(200'000), all.size() - at);
      client.send(bdat(all.substr(at, size), at + size == all.size()));
      at += size;
      if (at < all.size()) REQUIRE(client.reply().starts_with("250 2.0.0"));
    }
  }
  CHECK(client.reply().starts_with("250 2.0.0 queued"));
  const auto messages = gateway.vault->messages();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].content.ends_with("\r\n\r\n" + body));
  CHECK(messages[0].chunks > 10);
}

TEST_CASE("a vault that is slow slows the client, and nothing piles up", "[session]") {
  Gateway gateway;
  Client client(gateway, Mode::kSubmissions);
  REQUIRE(client.log_in());
  REQUIRE(client.envelope());
  REQUIRE(client.command("DATA").starts_with("354"));
  gateway.vault->hold(true);
  const std::string all = test::message(big_body(32 << 20)) + ".\r\n";
  std::jthread sender([&] { client.send(all); });
  std::this_thread::sleep_for(700ms);
  const std::size_t memory = gateway.on_worker([](Worker& worker) { return worker.memory(); });
  CHECK(memory < 1 << 20);
  CHECK(gateway.vault->received() < 4 << 20);
  gateway.vault->hold(false);
  CHECK(client.reply().starts_with("250 2.0.0 queued"));
  sender.join();
  CHECK(gateway.vault->messages()[0].content.size() > 32 << 20);
}

TEST_CASE("a wrong password and a wrong device get the same answer; the ledger tells them apart", "[session]") {
  Gateway gateway;
  Client client(gateway, Mode::kSubmissions);
  CHECK_FALSE(client.log_in("ann", "guess"));
  const std::string wrong_password = client.command("AUTH PLAIN AGFubgBndWVzcw==");
  Client other(gateway, Mode::kSubmissions);
  REQUIRE(other.reply().starts_with("220"));
  REQUIRE(other.command("EHLO b.test").starts_with("250"));
  const std::string wrong_device = other.command("AUTH PLAIN AHN0cmFuZ2VyAHNlY3JldA==");
  CHECK(wrong_password.starts_with("535 5.7.8 "));
  CHECK(wrong_password == wrong_device);
  CHECK(gateway.vault->saw({R"("event":"login")", R"("ok":false)", R"("reason":"bad-password")", R"("user":"ann")"}));
  CHECK(gateway.vault->saw({R"("event":"login")", R"("ok":false)", R"("reason":"wrong-device")"}));
  CHECK(client.command("MAIL FROM:<ann@example.org>").starts_with("530 5.7.0"));
  for (const std::string& event : gateway.vault->events()) CHECK_FALSE(event.contains("guess"));
}

TEST_CASE("without postern-auth a login fails for now", "[session]") {
  Gateway gateway;
  gateway.auth->unavailable(true);
  Client client(gateway, Mode::kSubmissions);
  CHECK_FALSE(client.log_in());
  CHECK(client.command("AUTH PLAIN AGFubgBzZWNyZXQ=").starts_with("454 4.7.0"));
  gateway.auth->unavailable(false);
  CHECK(client.command("AUTH PLAIN AGFubgBzZWNyZXQ=").starts_with("235"));
  CHECK(gateway.vault->saw({R"("event":"login")", R"("ok":false)", R"("reason":"unavailable")"}));
}

TEST_CASE("nobody sends as somebody else", "[session]") {
  Gateway gateway;
  Client client(gateway, Mode::kSubmissions);
  REQUIRE(client.log_in());
  CHECK(client.command("MAIL FROM:<boss@example.org>").starts_with("550 5.7.1"));
  CHECK(client.command("MAIL FROM:<>").starts_with("550 5.7.1"));
  CHECK(gateway.vault->saw({R"("event":"refuse")", R"("reason":"foreign-sender")", "boss@example.org"}));
  CHECK(gateway.vault->saw({R"("event":"refuse")", R"("reason":"null-sender")"}));
  REQUIRE(client.envelope());
  REQUIRE(client.command("DATA").starts_with("354"));
  SECTION("foreign From") {
    const std::string reply = client.command("From: boss@example.org\r\nTo: b@example.net\r\n\r\nHi\r\n.");
    CHECK(reply.starts_with("550 5.7.1"));
    CHECK(reply.contains("boss@example.org"));
    CHECK(gateway.vault->saw({R"("event":"refuse")", R"("reason":"foreign-author")"}));
  }
  SECTION("no From") {
    CHECK(client.command("To: b@example.net\r\n\r\nHi\r\n.").starts_with("554 5.6.0"));
    CHECK(gateway.vault->saw({R"("event":"refuse")", R"("reason":"malformed-header")"}));
  }
  SECTION("a large message is swallowed to its end") {
    client.send("From: boss@example.org\r\n\r\n" + big_body(2 << 20) + ".\r\n");
    CHECK(client.reply().starts_with("550 5.7.1"));
  }
  CHECK(gateway.vault->messages().empty());
  // The session goes on.
  REQUIRE(client.envelope());
  REQUIRE(client.command("DATA").starts_with("354"));
  CHECK(client.command(test::message() + ".").starts_with("250"));
}

TEST_CASE("read receipts may have no sender where the configuration says so", "[session]") {
  Gateway gateway([](config::Config& config) { config.submission.allow_null_sender = true; });
  Client client(gateway, Mode::kSubmissions);
  REQUIRE(client.log_in());
  REQUIRE(client.envelope(""));
  REQUIRE(client.command("DATA").starts_with("354"));
  CHECK(client.command(test::message() + ".").starts_with("250"));
  CHECK(gateway.vault->messages().at(0).envelope.reverse_path.empty());
}

TEST_CASE("what the vault says becomes the right reply, and the next message has a fresh start", "[session]") {
  Gateway gateway([](config::Config& config) { config.submission.timeouts.commit = 500ms; });
  Client client(gateway, Mode::kSubmissions);
  REQUIRE(client.log_in());
  struct Case {
    Answer answer;
    std::string_view reply;
  };
  const auto [answer, expected] =
      GENERATE(Case{Answer::kRefuseFull, "452 4.3.1"}, Case{Answer::kRefuseStorage, "451 4.3.0"},
               Case{Answer::kRefuseTooBig, "552 5.3.4"}, Case{Answer::kHangUp, "451 4.3.0"},
               Case{Answer::kSilence, "451 4.3.0"});
  gateway.vault->answer(answer);
  REQUIRE(client.envelope());
  REQUIRE(client.command("DATA").starts_with("354"));
  CHECK(client.command(test::message() + ".").starts_with(expected));
  CHECK(gateway.vault->messages().empty());
  CHECK(gateway.vault->saw({R"("event":"refuse")", R"("command":"end-of-message")"}));
  gateway.vault->answer(Answer::kCommit);
  REQUIRE(client.envelope());
  REQUIRE(client.command("DATA").starts_with("354"));
  CHECK(client.command(test::message() + ".").starts_with("250"));
  CHECK(gateway.vault->messages().size() == 1);
  for (const std::string& event : gateway.vault->events()) {
    if (event.contains(R"("event":"queued")")) CHECK(event.contains(R"("message_id")"));
  }
}

TEST_CASE("a full vault is told at MAIL, and asked at most once a second", "[session]") {
  Gateway gateway;
  Client client(gateway, Mode::kSubmissions);
  REQUIRE(client.log_in());
  gateway.vault->refuse_probes(ipc::Refused::Kind::kFull);
  CHECK(client.command("MAIL FROM:<ann@example.org>").starts_with("452 4.3.1"));
  gateway.vault->refuse_probes(ipc::Refused::Kind::kTooBig);
  CHECK(client.command("MAIL FROM:<ann@example.org> SIZE=40000000").starts_with("552 5.3.4"));
  gateway.vault->refuse_probes(std::nullopt);
  const std::size_t before = gateway.vault->probes();
  for (int i = 0; i < 10; ++i) {
    CHECK(client.command("MAIL FROM:<ann@example.org>").starts_with("250"));
    CHECK(client.command("RSET").starts_with("250"));
  }
  CHECK(gateway.vault->probes() <= before + 2);
}

TEST_CASE("without a vault nothing is accepted", "[session]") {
  Gateway gateway;
  Client client(gateway, Mode::kSubmissions);
  REQUIRE(client.log_in());
  SECTION("gone before MAIL") {
    gateway.vault->vanish();
    CHECK(client.command("MAIL FROM:<ann@example.org>").starts_with("451 4.3.0"));
  }
  SECTION("gone before the commit") {
    REQUIRE(client.envelope());
    REQUIRE(client.command("DATA").starts_with("354"));
    gateway.vault->vanish();
    CHECK(client.command(test::message() + ".").starts_with("451 4.3.0"));
  }
  SECTION("gone in the middle of a large message") {
    REQUIRE(client.envelope());
    REQUIRE(client.command("DATA").starts_with("354"));
    const std::string body = big_body(4 << 20);
    client.send(test::message(body));
    gateway.vault->vanish();
    client.send(body + ".\r\n");
    CHECK(client.reply().starts_with("451 4.3.0"));
  }
}

TEST_CASE("a client that goes away in mid-message leaves nothing", "[session]") {
  Gateway gateway;
  Client client(gateway, Mode::kSubmissions);
  REQUIRE(client.log_in());
  REQUIRE(client.envelope());
  const bool notify = GENERATE(true, false);
  const bool large = GENERATE(true, false);
  const std::string content = test::message(large ? big_body(1 << 20) : "Hello\r\n");
  SECTION("in DATA") {
    REQUIRE(client.command("DATA").starts_with("354"));
    client.send(content);
  }
  SECTION("in BDAT") { client.send("BDAT 40000000 LAST\r\n" + content); }
  SECTION("between chunks") {
    client.send(bdat(content, false));
    CHECK(client.reply().starts_with("250"));
  }
  client.half_close(notify);
  CHECK(gateway.gone());
  CHECK(gateway.vault->messages().empty());
  CHECK(gateway.vault->saw({R"("event":"abort")", R"("received":)" + std::to_string(content.size())}));
  CHECK(gateway.vault->saw({R"("event":"disconnect")", notify ? "end-of-stream" : "truncated"}));
  CHECK(gateway.counters.aborted == 1);
}

TEST_CASE("a half-closed client still gets its answer", "[session]") {
  Gateway gateway;
  Client client(gateway, Mode::kSubmissions);
  REQUIRE(client.log_in());
  REQUIRE(client.envelope());
  REQUIRE(client.command("DATA").starts_with("354"));
  client.send(test::message() + ".\r\n");
  client.half_close(true);
  CHECK(client.reply().starts_with("250 2.0.0 queued"));
  CHECK(gateway.vault->messages().size() == 1);
}

TEST_CASE("given-up transactions are in the ledger", "[session]") {
  Gateway gateway;
  Client client(gateway, Mode::kSubmissions);
  REQUIRE(client.log_in());
  REQUIRE(client.envelope());
  CHECK(client.command("RSET").starts_with("250"));
  CHECK(client.command("DATA").starts_with("503"));
  REQUIRE(client.envelope());
  CHECK(client.command("QUIT").starts_with("221"));
  CHECK(gateway.vault->saw({R"("event":"abort")", R"("reason":"reset")"}));
  CHECK(gateway.vault->saw({R"("event":"abort")", R"("reason":"quit")"}));
  CHECK(gateway.vault->saw({R"("event":"refuse")", R"("command":"DATA")"}));
}

TEST_CASE("smuggling ends the session with a reply that arrives", "[session]") {
  Gateway gateway;
  Client client(gateway, Mode::kSubmissions);
  REQUIRE(client.log_in());
  REQUIRE(client.envelope());
  REQUIRE(client.command("DATA").starts_with("354"));
  client.send(test::message("a\n.\nMAIL FROM:<boss@example.org>\r\n") + big_body(100'000));
  CHECK(client.reply().starts_with("554 5.6.0"));
  CHECK(client.end() == "end");
  CHECK(gateway.vault->messages().empty());
  CHECK(gateway.vault->saw({R"("event":"refuse")", R"("reason":"bare-line-end")"}));
}

TEST_CASE("commands sent behind STARTTLS end the session", "[session]") {
  Gateway gateway;
  Client client(gateway, Mode::kSubmission);
  REQUIRE(client.reply().starts_with("220"));
  REQUIRE(client.command("EHLO a.test").starts_with("250"));
  client.send("STARTTLS\r\nMAIL FROM:<ann@example.org>\r\n");
  CHECK(client.reply().starts_with("554"));
  CHECK(client.end() == "end");
  CHECK(gateway.vault->saw({R"("event":"refuse")", R"("reason":"starttls-injection")"}));
}

TEST_CASE("no AUTH in the clear", "[session]") {
  Gateway gateway;
  Client client(gateway, Mode::kSubmission);
  REQUIRE(client.reply().starts_with("220"));
  REQUIRE_FALSE(client.command("EHLO a.test").contains("AUTH"));
  CHECK(client.command("AUTH PLAIN AGFubgBzZWNyZXQ=").starts_with("538 5.7.11"));
  CHECK(gateway.auth->asked() == 0);
}

TEST_CASE("idle clients are sent away after their time", "[session]") {
  Gateway gateway([](config::Config& config) {
    config.submission.timeouts.before_login = 300ms;
    config.submission.timeouts.command = 400ms;
    config.submission.timeouts.tls_handshake = 300ms;
  });
  SECTION("before the login") {
    Client client(gateway, Mode::kSubmission);
    CHECK(client.reply().starts_with("220"));
    CHECK(client.reply().starts_with("421 4.4.2"));
    CHECK(client.end() == "end");
  }
  SECTION("a command that comes in drops") {
    Client client(gateway, Mode::kSubmissions);
    REQUIRE(client.log_in());
    const auto began = std::chrono::steady_clock::now();
    std::jthread dropper([&](const std::stop_token& stop) {
      for (int i = 0; i < 100 && !stop.stop_requested(); ++i) {
        ::send(client.fd(), "", 0, MSG_NOSIGNAL);
        std::this_thread::sleep_for(50ms);
      }
    });
    CHECK(client.command("NOOP").starts_with("250"));
    client.send("NO");
    CHECK(client.reply().starts_with("421 4.4.2"));
    CHECK(std::chrono::steady_clock::now() - began < 2s);
  }
  SECTION("in the handshake") {
    Client client(gateway, Mode::kSubmission);
    REQUIRE(client.reply().starts_with("220"));
    REQUIRE(client.command("EHLO a.test").starts_with("250"));
    REQUIRE(client.command("STARTTLS").starts_with("220"));
    CHECK(client.end(3s) == "end");
    CHECK(gateway.vault->saw({R"("event":"tls")", R"("ok":false)", R"("reason":"timeout")"}));
  }
  CHECK(gateway.gone());
}

TEST_CASE("a message that comes in drops is given up", "[session]") {
  Gateway gateway([](config::Config& config) { config.submission.timeouts.message = 600ms; });
  Client client(gateway, Mode::kSubmissions);
  REQUIRE(client.log_in());
  REQUIRE(client.envelope());
  REQUIRE(client.command("DATA").starts_with("354"));
  for (int i = 0; i < 20; ++i) {
    client.send("X");
    std::this_thread::sleep_for(50ms);
  }
  CHECK(client.reply().starts_with("421 4.4.2"));
  CHECK(gateway.vault->saw({R"("event":"abort")", R"("reason":"message-timeout")"}));
}

TEST_CASE("a client that does not read is cut off", "[session]") {
  Gateway gateway([](config::Config& config) {
    config.submission.timeouts.write = 500ms;
    config.submission.limits.errors = 1000;
  });
  Client client(gateway, Mode::kSubmission);
  const int small = 4096;
  ::setsockopt(client.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  REQUIRE(client.reply().starts_with("220"));
  REQUIRE(client.command("EHLO a.test").starts_with("250"));
  std::string noise;
  for (int i = 0; i < 900; ++i) noise += "AUTH PLAIN\r\n";
  std::jthread sender([&] {
    for (int i = 0; i < 2000 && gateway.sessions() > 0; ++i) {
      ::send(client.fd(), noise.data(), noise.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      std::this_thread::sleep_for(1ms);
    }
  });
  CHECK(gateway.gone());
}

TEST_CASE("a new certificate is used by new sessions only", "[session]") {
  Gateway gateway;
  Client before(gateway, Mode::kSubmissions);
  REQUIRE(before.log_in());
  gateway.certificate.renew();
  gateway.reload_certificate();
  Client after(gateway, Mode::kSubmissions);
  REQUIRE(after.log_in());
  CHECK(before.fingerprint() != after.fingerprint());
  CHECK(before.command("NOOP").starts_with("250"));
  CHECK(after.command("NOOP").starts_with("250"));
}

TEST_CASE("an administrator's word ends sessions within a second", "[session]") {
  Gateway gateway([](config::Config& config) { config.submission.timeouts.commit = 2s; });
  Client ann(gateway, Mode::kSubmissions);
  REQUIRE(ann.log_in());
  Client nobody(gateway, Mode::kSubmissions);
  REQUIRE(nobody.reply().starts_with("220"));
  const ipc::EndSessions which{.person = "ann", .sources = {}, .reason = "device revoked"};
  const auto end = [&] { return gateway.on_worker([&](Worker& worker) { return worker.end_sessions(which); }); };
  SECTION("idle") {
    const auto began = std::chrono::steady_clock::now();
    CHECK(end() == 1);
    CHECK(ann.reply().starts_with("421 4.7.0"));
    CHECK(ann.end() == "end");
    CHECK(std::chrono::steady_clock::now() - began < 1s);
    CHECK(gateway.vault->saw({R"("event":"disconnect")", "device revoked"}));
  }
  SECTION("in mid-message") {
    REQUIRE(ann.envelope());
    REQUIRE(ann.command("DATA").starts_with("354"));
    ann.send(test::message(big_body(1 << 20)));
    CHECK(end() == 1);
    CHECK(ann.end() != "open");
    CHECK(gateway.vault->saw({R"("event":"abort")", "device revoked"}));
    CHECK(gateway.vault->messages().empty());
  }
  SECTION("while the vault makes it wait") {
    gateway.vault->answer(Answer::kSilence);
    REQUIRE(ann.envelope());
    REQUIRE(ann.command("DATA").starts_with("354"));
    ann.send(test::message() + ".\r\n");
    std::this_thread::sleep_for(100ms);
    const auto began = std::chrono::steady_clock::now();
    CHECK(end() == 1);
    CHECK(ann.end() != "open");
    CHECK(std::chrono::steady_clock::now() - began < 1s);
  }
  SECTION("while the login is under way") {
    gateway.auth->delay(300ms);
    std::jthread later([&] {
      std::this_thread::sleep_for(100ms);
      end();
    });
    REQUIRE(nobody.command("EHLO a.test").starts_with("250"));
    CHECK(nobody.command("AUTH PLAIN AGFubgBzZWNyZXQ=").starts_with("421 4.7.0"));
    CHECK(nobody.end() == "end");
    return;
  }
  CHECK(nobody.command("NOOP").starts_with("250"));
}

TEST_CASE("a stop lets the open message finish and sends the others away", "[session]") {
  Gateway gateway;
  Client busy(gateway, Mode::kSubmissions);
  REQUIRE(busy.log_in());
  REQUIRE(busy.envelope());
  REQUIRE(busy.command("DATA").starts_with("354"));
  Client idle(gateway, Mode::kSubmissions);
  REQUIRE(idle.log_in());
  gateway.stop(10s);
  CHECK(idle.reply().starts_with("421 4.3.2"));
  CHECK(idle.end() == "end");
  CHECK_FALSE(gateway.stopped());
  CHECK(busy.command(test::message() + ".").starts_with("250"));
  CHECK(busy.reply().starts_with("421 4.3.2"));
  for (int i = 0; i < 600 && !gateway.stopped(); ++i) std::this_thread::sleep_for(10ms);
  CHECK(gateway.stopped());
  CHECK(gateway.vault->messages().size() == 1);
  CHECK(gateway.vault->saw({R"("event":"disconnect")", R"("reason":"stop")"}));
}

TEST_CASE("a stop does not wait for ever", "[session]") {
  Gateway gateway;
  Client busy(gateway, Mode::kSubmissions);
  REQUIRE(busy.log_in());
  REQUIRE(busy.envelope());
  REQUIRE(busy.command("DATA").starts_with("354"));
  gateway.stop(200ms);
  CHECK(busy.reply().starts_with("421 4.3.2"));
  for (int i = 0; i < 600 && !gateway.stopped(); ++i) std::this_thread::sleep_for(10ms);
  CHECK(gateway.stopped());
}

}  // namespace
}  // namespace postern::submission
