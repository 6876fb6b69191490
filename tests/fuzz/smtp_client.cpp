#include <algorithm>

#include "smtp/client.h"
#include "smtp_driver.h"

// A whole client session. Octet 0: TLS, verification, login; 1: size of reads; the rest: what the server sends.
namespace {

using namespace postern::smtp;
using postern::smtp::fuzz::require;

constexpr std::string_view kPassword = "correct horse battery staple";

Envelope envelope() {
  Envelope made;
  made.sender.path = Mailbox::parse("a@b.example").value();
  made.sender.envid = "x+y";
  for (const char* to : {"c@d.example", "\"e f\"@g.example", "h@i.example"}) {
    made.recipients.push_back({Mailbox::parse(to).value(), {.failure = true}, OriginalRecipient{"rfc822", "z=z"}});
  }
  return made;
}

class Driver {
 public:
  Driver(unsigned flags, std::size_t piece) : piece_(piece), verified_((flags & 4U) != 0), client_(config(flags)) {
    if (implicit(flags)) client_.tls_established(verified_);
    may_log_in_ = (flags & 8U) != 0;
  }

  void run(std::string_view bytes) {
    while (!closed_ && !bytes.empty()) {
      const std::string_view part = bytes.substr(0, piece_);
      bytes.remove_prefix(part.size());
      pending_ += part;
      pump();
    }
    if (closed_) return;
    client_.connection_lost("gone");
    pump();
    require(closed_, "a lost connection closes the session");
    require(!under_way_, "a lost connection settles the message");
  }

 private:
  static bool implicit(unsigned flags) { return (flags & 3U) == 3; }
  static ClientConfig config(unsigned flags) {
    ClientConfig made{.hello_name = "gate.example.org", .tls = static_cast<TlsUse>(flags & 3U), .credentials = {}};
    made.max_reply_line = 200;
    made.max_reply_lines = 10;
    if ((flags & 8U) != 0) made.credentials = Credentials{"alice", postern::Secret(kPassword)};
    return made;
  }

  void pump() {
    const std::string buffer = pending_;
    std::string_view input = buffer;
    while (!closed_) {
      const ClientAction action = client_.next(input);
      if (std::visit([this](const auto& concrete) { return on(concrete); }, action)) break;
    }
    pending_ = std::string(input);
    require(closed_ || pending_.size() < 200, "the input buffer is bounded");
    check_output();
  }

  // Each tells whether more input is needed.
  bool on(const ClientNeedInput&) { return true; }
  bool on(const ClientStartTls&) {
    check_output();
    client_.tls_established(verified_);
    return false;
  }
  bool on(const ClientReady&) {
    require(!under_way_, "ready means that nothing is under way");
    require(!may_log_in_ || verified_, "no login without verification");
    if (messages_++ == 3) {
      client_.quit();
    } else {
      under_way_ = true;
      content_done_ = false;
      client_.send(envelope_, 10);
    }
    return false;
  }
  bool on(const ClientSendContent&) {
    check_output();
    client_.content("x\n.y\r\n");
    client_.content_end();
    content_done_ = true;
    require(client_.output() == "x\r\n..y\r\n.\r\n", "content goes out in its one form");
    client_.output().clear();
    return false;
  }
  bool on(const ClientResult&) {
    require(under_way_, "one result for each message");
    under_way_ = false;
    require(client_.results().size() == envelope_.recipients.size(), "a result for each recipient");
    for (const RecipientResult& result : client_.results()) {
      const bool final = result.outcome == Outcome::kAccepted || result.outcome == Outcome::kUncertain;
      require(!final || content_done_, "nothing is accepted before it was sent");
      require(result.outcome != Outcome::kAccepted || result.reply.positive(), "accepted means 2xx");
      require(result.outcome != Outcome::kFailed || result.reply.permanent(), "failed means 5xx");
    }
    return false;
  }
  bool on(const ClientClosed&) {
    closed_ = true;
    return true;
  }

  void check_output() {
    std::string& output = client_.output();
    require(output.empty() || output.ends_with("\r\n"), "output is whole lines");
    for (std::size_t i = 0; i < output.size(); ++i) {
      const char c = output[i];
      if (c == '\r') require(i + 1 < output.size() && output[i + 1] == '\n', "no bare CR goes out");
      if (c == '\n') require(i > 0 && output[i - 1] == '\r', "no bare LF goes out");
      require(c != '\0', "no NUL goes out");
    }
    if (!verified_) require(!output.contains("AUTH PLAIN") && !output.contains("AUTH LOGIN"), "no secret unverified");
    output.clear();
  }

  const Envelope envelope_ = envelope();
  std::size_t piece_;
  bool verified_;
  bool may_log_in_ = false;
  Client client_;
  std::string pending_;
  int messages_ = 0;
  bool under_way_ = false;
  bool content_done_ = false;
  bool closed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  Driver(data[0], std::max<std::size_t>(1, data[1])).run(std::string(data + 2, data + size));
  return 0;
}
