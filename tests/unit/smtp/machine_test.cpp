#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <new>
#include <random>
#include <string>
#include <utility>

#include "base/encoding.h"
#include "smtp/client.h"
#include "smtp/server.h"

// What dialogues can't show: memory, secrets, and both machines talking to each other.

namespace {

std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace postern::smtp {

namespace {

const ServerConfig& config() {
  static const ServerConfig config{.hostname = "gate.example.org", .greeting = "test", .limits = {}};
  return config;
}

/// Hands over all bytes and takes each decision in the positive; gives the content.
std::string say(Server& server, std::string bytes) {
  std::string content;
  std::span<char> input(bytes);
  for (;;) {
    Action action = server.next(input);
    if (std::holds_alternative<NeedInput>(action) || std::holds_alternative<Close>(action)) return content;
    if (const auto* data = std::get_if<MessageData>(&action)) content += data->bytes;
    const bool decide = std::holds_alternative<Authenticate>(action) || std::holds_alternative<MailFrom>(action) ||
                        std::holds_alternative<RcptTo>(action) || std::holds_alternative<BeginMessage>(action) ||
                        std::holds_alternative<EndMessage>(action);
    if (decide) server.accept();
  }
}

void log_in(Server& server) {
  say(server, "EHLO c\r\n");
  say(server, "AUTH PLAIN " + base64_encode(std::string_view("\0alice\0secret", 13)) + "\r\n");
  REQUIRE(server.state() == State::kIdle);
  server.output().clear();
}

}  // namespace

TEST_CASE("a message with short addresses costs the server no allocation once its buffers have grown") {
  Server server(config(), true);
  log_in(server);
  std::string commands = "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n";
  std::string content = "Subject: x\r\n\r\n..dot\r\n.\r\n";
  const auto transact = [&] {
    for (std::string* bytes : {&commands, &content}) {
      std::span<char> input(*bytes);
      for (;;) {
        const Action action = server.next(input);
        if (std::holds_alternative<NeedInput>(action)) break;
        if (!std::holds_alternative<MessageData>(action)) server.accept();
      }
    }
    server.output().clear();
  };
  transact();
  const std::size_t before = allocations;
  transact();
  CHECK(allocations == before);
  CHECK(server.state() == State::kIdle);
}

TEST_CASE("credentials are wiped from the driver's buffer") {
  const std::string plain = base64_encode(std::string_view("\0alice\0secret", 13));
  for (const std::string& exchange : {"AUTH PLAIN " + plain + "\r\n", "AUTH PLAIN\r\n" + plain + "\r\n"}) {
    Server server(config(), true);
    say(server, "EHLO c\r\n");
    std::string bytes = exchange;
    std::span<char> input(bytes);
    // As if each line came alone: only so much is shown.
    const std::size_t first = exchange.find('\n') + 1;
    std::span<char> line = input.first(first);
    Action action = server.next(line);
    if (first < input.size()) {
      REQUIRE(std::holds_alternative<NeedInput>(action));
      std::span<char> rest = input.subspan(first);
      action = server.next(rest);
    }
    const auto* login = std::get_if<Authenticate>(&action);
    REQUIRE(login != nullptr);
    CHECK(login->user == "alice");
    CHECK(login->password.reveal() == "secret");
    CHECK_FALSE(bytes.contains(plain));
    CHECK_FALSE(bytes.contains(plain.substr(8, 8)));
  }
}

TEST_CASE("AUTH in the clear is wiped too, though refused") {
  Server server(config(), false);
  const std::string plain = base64_encode(std::string_view("\0alice\0secret", 13));
  std::string bytes = "AUTH PLAIN " + plain + "\r\n";
  std::span<char> input(bytes);
  const Action action = server.next(input);
  REQUIRE(std::holds_alternative<Refused>(action));
  CHECK(std::get<Refused>(action).argument.empty());
  CHECK_FALSE(bytes.contains(plain));
}

TEST_CASE("a decision that the end of the session overtakes is void") {
  Server server(config(), true);
  log_in(server);
  std::string bytes = "MAIL FROM:<a@b.example>\r\n";
  std::span<char> input(bytes);
  REQUIRE(std::holds_alternative<MailFrom>(server.next(input)));
  server.end_session(ReplyView{421, {4, 4, 2}, "too slow"});
  const Action action = server.next(input);
  REQUIRE(std::holds_alternative<Close>(action));
  CHECK(std::get<Close>(action).reason == Fault::kDriver);
  CHECK(server.output() == "421 4.4.2 too slow\r\n");
  CHECK(server.last_reply().to_string() == "421 4.4.2 too slow");
}

TEST_CASE("the envelope holds what was accepted, and only that") {
  Server server(config(), true);
  log_in(server);
  say(server, "MAIL FROM:<a@b.example> SIZE=5\r\nRCPT TO:<c@d.example>\r\n");
  CHECK(server.envelope().sender.size == 5);
  std::string bytes = "RCPT TO:<e@f.example>\r\n";
  std::span<char> input(bytes);
  const Action action = server.next(input);
  REQUIRE(std::holds_alternative<RcptTo>(action));
  CHECK(server.envelope().recipients.size() == 1);
  server.reject(ReplyView{550, {5, 7, 1}, "no"});
  CHECK(server.envelope().recipients.size() == 1);
  say(server, "RSET\r\n");
  CHECK(server.envelope() == Envelope{});
}

namespace {

Envelope envelope_with_everything() {
  Envelope envelope;
  envelope.sender = {.path = Mailbox::parse("alice@example.org").value(),
                     .size = {},
                     .body = Body::k8BitMime,
                     .smtputf8 = true,
                     .ret = DsnReturn::kHeaders,
                     .envid = "a+b =c"};
  envelope.recipients.push_back({Mailbox::parse("\"b \\\" c\"@example.net").value(), {.never = true}, {}});
  envelope.recipients.push_back({Mailbox::parse("\xE7\x94\xA8@example.net").value(),
                                 {.success = true, .delay = true},
                                 OriginalRecipient{"utf-8", "\xC3\xBC+\\ x@example.net"}});
  return envelope;
}

/// Both machines, each with what the other said and it has not read yet.
class Pair {
 public:
  explicit Pair(int messages) : left_(messages), server_(config(), true), client_(client_config()) {
    client_.tls_established(true);
    while (!done_) {
      step_client();
      step_server();
    }
  }
  int accepted() const { return accepted_; }

 private:
  static ClientConfig client_config() {
    ClientConfig made{.hello_name = "c.example", .tls = TlsUse::kImplicit, .credentials = {}};
    made.credentials = Credentials{"alice", Secret("secret")};
    return made;
  }

  void step_client() {
    std::string_view view = to_client_;
    const ClientAction action = client_.next(view);
    to_client_.erase(0, to_client_.size() - view.size());
    if (std::holds_alternative<ClientReady>(action)) {
      if (left_-- == 0) {
        client_.quit();
      } else {
        client_.send(envelope_, 0);
      }
    } else if (std::holds_alternative<ClientSendContent>(action)) {
      write_content();
    } else if (std::holds_alternative<ClientResult>(action)) {
      REQUIRE(client_.results().size() == 2);
      for (const RecipientResult& result : client_.results()) REQUIRE(result.outcome == Outcome::kAccepted);
      REQUIRE(received_ == sent_);
      ++accepted_;
    } else if (const auto* closed = std::get_if<ClientClosed>(&action)) {
      REQUIRE(closed->clean);
      done_ = true;
    }
    to_server_ += std::exchange(client_.output(), {});
  }

  void write_content() {
    sent_.clear();
    for (int lines = std::uniform_int_distribution(0, 20)(random_); lines > 0; --lines) {
      sent_.append(static_cast<std::size_t>(lines % 3), '.').append(static_cast<std::size_t>(lines), 'x') += "\r\n";
    }
    client_.content(sent_);
    client_.content_end();
  }

  void step_server() {
    std::span<char> input(to_server_);
    while (!server_closed_) {
      Action action = server_.next(input);
      if (std::holds_alternative<NeedInput>(action)) break;
      if (const auto* begin = std::get_if<BeginMessage>(&action)) {
        Envelope got = *begin->envelope;
        got.sender.size.reset();
        REQUIRE(got == envelope_);
        received_.clear();
        server_.accept();
      } else if (const auto* data = std::get_if<MessageData>(&action)) {
        received_ += data->bytes;
      } else if (std::holds_alternative<Close>(action)) {
        server_closed_ = true;
      } else if (!std::holds_alternative<Hello>(action)) {
        server_.accept();
      }
    }
    to_server_.erase(0, to_server_.size() - input.size());
    to_client_ += std::exchange(server_.output(), {});
  }

  const Envelope envelope_ = envelope_with_everything();
  std::mt19937 random_{3};
  int left_;
  int accepted_ = 0;
  bool done_ = false;
  bool server_closed_ = false;
  Server server_;
  Client client_;
  std::string to_server_;
  std::string to_client_;
  std::string sent_;
  std::string received_;
};

}  // namespace

TEST_CASE("our client and our server understand each other") { CHECK(Pair(50).accepted() == 50); }

}  // namespace postern::smtp
