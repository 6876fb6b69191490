#include <algorithm>
#include <deque>
#include <format>

#include "base/text.h"
#include "dialogue.h"
#include "script.h"

namespace postern::smtp::test {

namespace {

/// What one step brought about.
struct Seen {
  std::deque<std::string> lines;
  std::vector<std::string> actions;
};

std::string describe(const Sender& sender) {
  std::string out = "mail " + to_string(sender.path);
  if (sender.size) out += std::format(" size={}", *sender.size);
  if (sender.body == Body::k8BitMime) out += " body=8BITMIME";
  if (sender.smtputf8) out += " smtputf8";
  if (sender.ret != DsnReturn::kUnset) out += sender.ret == DsnReturn::kFull ? " ret=FULL" : " ret=HDRS";
  if (!sender.envid.empty()) out += " envid=" + sender.envid;
  return out;
}

std::string describe(const Recipient& recipient) {
  std::string out = "rcpt <" + recipient.mailbox.text() + ">";
  if (recipient.notify.given()) out += " notify=" + to_string(recipient.notify);
  if (recipient.original) out += " orcpt=" + recipient.original->type + ";" + recipient.original->address;
  return out;
}

/// The driver: hands input over in pieces, answers decisions, notes all that happens.
class Player {
 public:
  Player(const Dialogue& dialogue, const Transitions& transitions, Cut cut)
      : dialogue_(dialogue), cut_(cut), server_(dialogue.config, dialogue.tls, transitions) {}

  Played run() {
    Played played;
    for (const Step& step : dialogue_.steps) {
      seen_ = {};
      happen(step);
      for (const Expectation& expectation : step.expectations) {
        if (!played.failure) played.failure = check(expectation);
      }
      if (!played.failure && !seen_.lines.empty()) {
        const std::string where = step.expectations.empty() ? dialogue_.name : step.expectations.back().where;
        played.failure = where + ": the server also said: " + escape(seen_.lines.front());
      }
    }
    played.trace = said_ + acted_;
    return played;
  }

 private:
  void happen(const Step& step) {
    if (step.bytes.empty()) pump();
    for (std::size_t done = 0; done < step.bytes.size() && !closed_;) {
      const std::size_t size = piece(step.bytes.size() - done);
      pending_.append(step.bytes, done, size);
      done += size;
      offset_ += size;
      pump();
    }
    if (closed_ || step.event.empty()) return;
    if (step.event == "end-of-stream") server_.end_of_stream();
    if (step.event == "end-session") server_.end_session(ReplyView{421, {4, 3, 2}, "Shutting down"});
    pump();
  }

  std::size_t piece(std::size_t left) const {
    if (cut_.kind == Cut::kPieces) return std::min(left, cut_.at);
    if (cut_.kind == Cut::kOnce && offset_ < cut_.at) return std::min(left, cut_.at - offset_);
    return left;
  }

  /// Each call of the machine sees a buffer of its own, of just the right size, so that a sanitizer notices views
  /// into an old one.
  void pump() {
    std::vector<char> buffer(pending_.begin(), pending_.end());
    std::span<char> input(buffer);
    while (!closed_) {
      Action action = server_.next(input);
      if (std::holds_alternative<NeedInput>(action)) break;
      std::visit([this](auto& concrete) { on(concrete); }, action);
    }
    pending_.assign(input.begin(), input.end());
    flush();
  }

  void flush() {
    std::string& output = server_.output();
    for (std::size_t end = 0; (end = output.find("\r\n")) != std::string::npos; output.erase(0, end + 2)) {
      said_ += "S " + output.substr(0, end) + "\n";
      seen_.lines.push_back(output.substr(0, end));
    }
    if (!output.empty()) seen_.lines.push_back("output without CRLF: " + output);
    output.clear();
  }

  void act(const std::string& what) {
    acted_ += "A " + what + "\n";
    seen_.actions.push_back(what);
  }

  void decide(std::string_view kind, const std::string& key) {
    for (const Rule& rule : dialogue_.rules) {
      if (rule.kind != kind || (rule.key != key && !rule.key.empty())) continue;
      return rule.reply.positive() ? server_.accept(rule.reply) : server_.reject(rule.reply);
    }
    server_.accept();
  }

  void on(NeedInput&) {}
  void on(Hello& hello) { act(std::format("hello {}{}", hello.name, hello.extended ? "" : " basic")); }
  void on(StartTls&) {
    act("starttls");
    flush();
    server_.tls_established();
  }
  void on(Authenticate& login) {
    act(std::format("login {} {} {}", to_string(login.mechanism), login.user, login.password.reveal()));
    const auto known = dialogue_.logins.find(login.user);
    if (known != dialogue_.logins.end() && known->second == login.password.reveal()) return server_.accept();
    server_.reject(kLoginFailed);
  }
  void on(MailFrom& mail) {
    act(describe(*mail.sender));
    decide("mail", to_string(mail.sender->path));
  }
  void on(RcptTo& rcpt) {
    act(describe(*rcpt.recipient));
    decide("rcpt", "<" + rcpt.recipient->mailbox.text() + ">");
  }
  void on(BeginMessage& begin) {
    act(std::format("begin {} {}", begin.chunking ? "bdat" : "data", begin.envelope->recipients.size()));
    content_.clear();
    decide("begin", "");
  }
  void on(MessageData& data) { content_ += data.bytes; }
  void on(EndMessage& end) {
    if (end.size != content_.size()) seen_.lines.push_back("EndMessage lies about the size");
    // Whether more has arrived behind the end depends on the cut: not for the trace.
    acted_ += std::format("A end {}\nD {}\n", end.size, content_);
    seen_.actions.push_back(std::format("end {}{}", end.size, end.more_behind ? " more" : ""));
    decide("end", "");
  }
  void on(AbortMessage& abort) { act(std::format("abort {}", to_string(abort.reason))); }
  void on(Refused& refused) {
    act(std::format("refused {} {} {} {}{}{}", to_string(refused.verb), to_string(refused.state),
                    to_string(refused.fault), refused.reply.code, refused.argument.empty() ? "" : " ",
                    printable(refused.argument)));
  }
  void on(Close& close) {
    act(std::format("close {}", to_string(close.reason)));
    closed_ = true;
    flush();
  }

  std::optional<std::string> check(const Expectation& expected) {
    const auto failure = [&](const std::string& got) {
      return std::format("{}: expected {} {}, got {}", expected.where, expected.kind, escape(expected.text),
                         escape(got));
    };
    if (expected.kind == "S:") {
      const std::string line = next_line();
      return matches(expected.text, line) ? std::nullopt : std::optional(failure(line));
    }
    if (expected.kind == "S~") return check_whole_reply(expected.text) ? std::nullopt : std::optional(failure("other"));
    if (expected.kind == "A:") return take_action(expected.text) ? std::nullopt : std::optional(failure(actions()));
    if (expected.kind == "A!") return has_action(expected.text) ? std::optional(failure(actions())) : std::nullopt;
    if (expected.kind == "D:" && expected.text != content_) return failure(content_);
    if (expected.kind == "D#" && expected.text != std::to_string(content_.size())) {
      return failure(std::to_string(content_.size()));
    }
    if (expected.kind == "=" && expected.text != state()) return failure(state());
    return std::nullopt;
  }

  std::string state() const { return closed_ ? "closed" : std::string(to_string(server_.state())); }

  std::string next_line() {
    if (seen_.lines.empty()) return "(silence)";
    std::string line = std::move(seen_.lines.front());
    seen_.lines.pop_front();
    return line;
  }

  /// All lines of one reply; the last one must match.
  bool check_whole_reply(std::string_view pattern) {
    std::string line;
    do line = next_line();
    while (line.size() > 3 && line[3] == '-');
    return matches(pattern, line);
  }

  /// The actions named must come in their order; others may stand between.
  bool take_action(std::string_view pattern) {
    const auto found =
        std::ranges::find_if(seen_.actions, [&](const std::string& action) { return matches(pattern, action); });
    if (found == seen_.actions.end()) return false;
    seen_.actions.erase(seen_.actions.begin(), found + 1);
    return true;
  }

  bool has_action(std::string_view pattern) const {
    return std::ranges::any_of(seen_.actions, [&](const std::string& action) { return matches(pattern, action); });
  }

  std::string actions() const {
    std::string out;
    for (const std::string& action : seen_.actions) out += "[" + action + "] ";
    return out.empty() ? "no action" : out;
  }

  const Dialogue& dialogue_;
  Cut cut_;
  Server server_;
  std::string pending_;
  std::size_t offset_ = 0;
  std::string content_;
  // Apart, since how many replies go out together depends on how the input comes in.
  std::string said_;
  std::string acted_;
  Seen seen_;
  bool closed_ = false;
};

}  // namespace

Played play(const Dialogue& dialogue, const Transitions& transitions, Cut cut) {
  return Player(dialogue, transitions, cut).run();
}

}  // namespace postern::smtp::test
