#include <algorithm>
#include <deque>
#include <format>

#include "client_dialogue.h"
#include "script.h"

namespace postern::smtp::test {

namespace {

ClientConfig config_of(const ClientDialogue& dialogue) {
  ClientConfig config{.hello_name = "gate.example.org", .tls = dialogue.tls, .credentials = {}};
  config.auth_unverified = dialogue.auth_unverified;
  config.max_reply_line = dialogue.max_line;
  config.max_reply_lines = dialogue.max_lines;
  if (dialogue.login) config.credentials = Credentials{dialogue.login->first, Secret(dialogue.login->second)};
  return config;
}

class ClientPlayer {
 public:
  ClientPlayer(const ClientDialogue& dialogue, Cut cut) : dialogue_(dialogue), cut_(cut), client_(config_of(dialogue)) {
    if (dialogue.tls == TlsUse::kImplicit) client_.tls_established(dialogue.verified);
  }

  Played run() {
    Played played;
    for (const ClientStep& step : dialogue_.steps) {
      lines_.clear();
      actions_.clear();
      happen(step);
      for (const Expectation& expectation : step.expectations) {
        if (!played.failure) played.failure = check(expectation);
      }
      if (!played.failure && !lines_.empty()) {
        const std::string where = step.expectations.empty() ? dialogue_.name : step.expectations.back().where;
        played.failure = where + ": the client also said: " + escape(lines_.front());
      }
    }
    played.trace = said_ + acted_;
    return played;
  }

 private:
  void happen(const ClientStep& step) {
    command(step.command);
    if (step.bytes.empty()) pump();
    for (std::size_t done = 0; done < step.bytes.size();) {
      std::size_t size = step.bytes.size() - done;
      if (cut_.kind == Cut::kPieces) size = std::min(size, cut_.at);
      if (cut_.kind == Cut::kOnce && offset_ < cut_.at) size = std::min(size, cut_.at - offset_);
      pending_.append(step.bytes, done, size);
      done += size;
      offset_ += size;
      pump();
    }
  }

  void command(const std::string& text) {
    const std::string word = text.substr(0, text.find(' '));
    const std::string rest = text.substr(std::min(text.size(), word.size() + 1));
    last_.clear();
    if (word == "send") {
      const ClientMessage& message = dialogue_.messages.at(sent_++);
      client_.send(message.envelope, message.size);
    }
    if (word == "content") client_.content(rest);
    if (word == "end") client_.content_end();
    if (word == "quit") client_.quit();
    if (word == "lost") client_.connection_lost(rest);
  }

  void pump() {
    const std::string buffer = pending_;
    std::string_view input = buffer;
    while (!closed_) {
      ClientAction action = client_.next(input);
      if (std::visit([this](auto& concrete) { return on(concrete); }, action)) break;
    }
    pending_ = std::string(input);
    flush();
  }

  void flush() {
    std::string& output = client_.output();
    for (std::size_t end = 0; (end = output.find("\r\n")) != std::string::npos; output.erase(0, end + 2)) {
      said_ += "C " + output.substr(0, end) + "\n";
      lines_.push_back(output.substr(0, end));
    }
    // A piece of content may end anywhere; the rest of its line comes with the next.
  }

  void act(const std::string& what) {
    // How often the machine says that it waits depends on the cut.
    if (std::exchange(last_, what) == what) return;
    acted_ += "A " + what + "\n";
    actions_.push_back(what);
  }

  // Each tells whether the driver has to read (or do) something before it goes on.
  bool on(ClientNeedInput&) { return true; }
  bool on(ClientReady&) {
    act("ready");
    return true;
  }
  bool on(ClientSendContent&) {
    act("content");
    return true;
  }
  bool on(ClientStartTls&) {
    act("starttls");
    flush();
    client_.tls_established(dialogue_.verified);
    return false;
  }
  bool on(ClientResult&) {
    for (const RecipientResult& result : client_.results()) {
      last_.clear();
      act(std::format("result {} {} {}", to_string(result.outcome), to_string(result.stage), result.reply.to_string()));
    }
    if (client_.final_reply()) act("final " + client_.final_reply()->to_string());
    return false;
  }
  bool on(ClientClosed& closed) {
    act(std::format("closed {} {} {}", to_string(closed.stage), closed.clean ? "clean" : "broken",
                    closed.reply.to_string()));
    closed_ = true;
    return true;
  }

  std::optional<std::string> check(const Expectation& expected) {
    const auto failure = [&](const std::string& got) {
      return std::format("{}: expected {} {}, got {}", expected.where, expected.kind, escape(expected.text),
                         escape(got));
    };
    if (expected.kind == "C:") {
      const std::string line = lines_.empty() ? "(silence)" : lines_.front();
      if (!lines_.empty()) lines_.pop_front();
      return matches(expected.text, line) ? std::nullopt : std::optional(failure(line));
    }
    const auto found =
        std::ranges::find_if(actions_, [&](const std::string& action) { return matches(expected.text, action); });
    std::string all;
    for (const std::string& action : actions_) all += "[" + action + "] ";
    if (expected.kind == "=!") return found == actions_.end() ? std::nullopt : std::optional(failure(all));
    if (found == actions_.end()) return failure(all);
    actions_.erase(actions_.begin(), found + 1);
    return std::nullopt;
  }

  const ClientDialogue& dialogue_;
  Cut cut_;
  Client client_;
  std::size_t sent_ = 0;
  std::string pending_;
  std::size_t offset_ = 0;
  std::deque<std::string> lines_;
  std::vector<std::string> actions_;
  std::string last_;
  std::string said_;
  std::string acted_;
  bool closed_ = false;
};

}  // namespace

Played play(const ClientDialogue& dialogue, Cut cut) { return ClientPlayer(dialogue, cut).run(); }

}  // namespace postern::smtp::test
