#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/server.h"

/// What must hold of a server session whatever the client sends. A breach ends the program, as the fuzzer wants it.
namespace postern::smtp::fuzz {

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

/// Drives one session, cut into reads of `piece` octets, and checks each action and each octet of output.
/// `decisions`: bit n % 32 tells whether the n-th decision is taken in the positive.
class Driver {
 public:
  Driver(const ServerConfig& config, bool tls, std::uint32_t decisions)
      : limits_(config.limits), decisions_(decisions), server_(config, tls) {}

  void feed(std::string_view bytes, std::size_t piece) {
    while (!bytes.empty() && !closed_) {
      const std::string_view part = bytes.substr(0, piece);
      bytes.remove_prefix(part.size());
      pending_ += part;
      pump();
    }
  }

  void end() {
    if (closed_) return;
    server_.end_of_stream();
    pump();
    require(closed_, "the end of the stream closes the session");
    require(!open_, "the end of the stream aborts the message");
  }

  /// Replies and whole messages: what the client and the vault see.
  const std::string& trace() const { return trace_; }
  /// Whether the session ended because of what stood in one read together: then another cut may go another way.
  bool depends_on_cut() const { return depends_on_cut_; }

 private:
  void pump() {
    // A buffer of just the right size for each call: a sanitizer sees views that outlive it.
    std::vector<char> buffer(pending_.begin(), pending_.end());
    std::span<char> input(buffer);
    while (!closed_) {
      const std::size_t before = input.size();
      Action action = server_.next(input);
      require(input.size() <= before, "input only shrinks");
      if (std::holds_alternative<NeedInput>(action)) break;
      std::visit([this](auto& concrete) { on(concrete); }, action);
    }
    pending_.assign(input.begin(), input.end());
    require(closed_ || pending_.size() <= limits_.max_auth_line, "the input buffer is bounded");
    check_output();
  }

  bool decide() {
    const bool yes = (decisions_ >> (decided_++ % 32) & 1U) != 0;
    if (yes) {
      server_.accept();
    } else {
      server_.reject(ReplyView{550, {5, 7, 1}, "no"});
    }
    return yes;
  }

  void on(NeedInput&) {}
  void on(Hello& hello) {
    for (const char c : hello.name) require(c > ' ' && c <= '~', "the name shown is printable ASCII");
  }
  void on(StartTls&) {
    require(!server_.tls(), "STARTTLS only in the clear");
    check_output();
    server_.tls_established();
    require(server_.state() == State::kTlsStart && !logged_in_, "TLS starts anew");
  }
  void on(Authenticate& login) {
    require(server_.tls(), "no AUTH without TLS");
    require(!logged_in_, "one login");
    require(!login.user.empty() && !login.password.empty(), "login and password are there");
    require(!login.user.contains('\0') && !login.password.reveal().contains('\0'), "no NUL in a login");
    logged_in_ = decide();
  }
  void on(MailFrom& mail) {
    require(logged_in_ && server_.tls(), "no MAIL without AUTH");
    require(!open_, "no MAIL in a message");
    require(mail.sender->smtputf8 || !mail.sender->path || mail.sender->path->is_ascii(), "UTF-8 only with SMTPUTF8");
    require(mail.sender->envid.find_first_of("\r\n") == std::string::npos, "no line end in ENVID");
    decide();
  }
  void on(RcptTo& rcpt) {
    require(logged_in_ && !open_, "RCPT only in a transaction");
    require(server_.envelope().recipients.size() < limits_.max_recipients, "recipients are bounded");
    require(rcpt.recipient->mailbox.text().find_first_of("\r\n") == std::string::npos, "no line end in an address");
    decide();
  }
  void on(BeginMessage& begin) {
    require(logged_in_ && !open_, "one message at a time");
    require(!begin.envelope->recipients.empty(), "no message without recipients");
    content_.clear();
    open_ = decide();
  }
  void on(MessageData& data) {
    require(open_ && !data.bytes.empty(), "content only within a message");
    content_ += data.bytes;
    check_content(data.bytes);
    require(content_.size() <= limits_.max_message_size, "content is bounded");
  }
  void on(EndMessage& end) {
    require(open_ && end.size == content_.size(), "the size is the content's");
    require(content_.empty() || content_.ends_with("\r\n"), "the last line is whole");
    open_ = false;
    trace_ += "message " + content_ + "\n";
    decide();
  }
  void on(AbortMessage& abort) {
    require(open_, "only what is open is aborted");
    trace_ += "abort " + std::string(to_string(abort.reason)) + "\n";
    open_ = false;
  }
  void on(Refused& refused) {
    require(!refused.reply.positive(), "a refusal refuses");
    require(refused.verb != Verb::kAuth || refused.argument.empty(), "no secret in the ledger");
  }
  void on(Close& close) {
    closed_ = true;
    depends_on_cut_ = close.reason == Fault::kPipelining || close.reason == Fault::kStartTlsInjection;
    trace_ += "close " + std::string(to_string(close.reason)) + "\n";
  }

  void check_content(std::string_view bytes) const {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      require(bytes[i] != '\0', "no NUL in content");
      if (bytes[i] == '\r') require(i + 1 < bytes.size() && bytes[i + 1] == '\n', "no bare CR in content");
      if (bytes[i] == '\n') require(i > 0 && bytes[i - 1] == '\r', "no bare LF in content");
    }
  }

  void check_output() {
    std::string& output = server_.output();
    std::string_view rest = output;
    while (!rest.empty()) {
      const std::size_t end = rest.find("\r\n");
      require(end != std::string_view::npos && end >= 4 && end <= 510, "output is lines of a legal length");
      const std::string_view line = rest.substr(0, end);
      for (const char c : line) require(c >= ' ' && c <= '~', "output is printable ASCII");
      require(line[0] >= '2' && line[0] <= '5' && (line[3] == ' ' || line[3] == '-'), "output is replies");
      rest.remove_prefix(end + 2);
    }
    replies_ += output;
    output.clear();
    if (closed_) trace_ += replies_;
  }

  const ServerLimits& limits_;
  std::uint32_t decisions_;
  std::uint32_t decided_ = 0;
  Server server_;
  std::string pending_;
  std::string content_;
  std::string trace_;
  std::string replies_;
  bool logged_in_ = false;
  bool open_ = false;
  bool closed_ = false;
  bool depends_on_cut_ = false;
};

/// Plays the bytes whole and in pieces; both must come to the same end.
inline void compare_cuts(const ServerConfig& config, bool tls, std::uint32_t decisions, std::string_view prelude,
                         std::string_view bytes, std::size_t piece) {
  Driver whole(config, tls, decisions);
  Driver pieces(config, tls, decisions);
  for (Driver* driver : {&whole, &pieces}) {
    // The prelude's lines each wait for their reply.
    for (std::string_view rest = prelude; !rest.empty();) {
      const std::size_t end = rest.find('\n') + 1;
      driver->feed(rest.substr(0, end), end);
      rest.remove_prefix(end);
    }
    driver->feed(bytes, driver == &whole ? bytes.size() : piece);
    driver->end();
  }
  if (whole.depends_on_cut() || pieces.depends_on_cut()) return;
  require(whole.trace() == pieces.trace(), "how the bytes are cut makes no difference");
}

}  // namespace postern::smtp::fuzz
