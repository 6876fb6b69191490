#include <algorithm>
#include <filesystem>
#include <map>
#include <stdexcept>

#include "base/text.h"
#include "client_dialogue.h"
#include "script.h"

namespace postern::smtp::test {

namespace {

[[noreturn]] void wrong(const ScriptLine& line, const std::string& what) {
  throw std::runtime_error(line.where + ": " + what + ": " + line.keyword + " " + line.text);
}

Mailbox mailbox(const ScriptLine& line, std::string_view path) {
  auto parsed = Mailbox::parse(path.substr(1, path.size() - 2));
  if (!parsed) wrong(line, parsed.error().context);
  return *parsed;
}

/// "message <from> <to> <to>"
ClientMessage parse_message(const ScriptLine& line) {
  ClientMessage message;
  bool first = true;
  const std::string text = unescape(line.text);
  for (const std::string_view path : split(text, ' ')) {
    if (!std::exchange(first, false)) {
      message.envelope.recipients.push_back({mailbox(line, path), {}, {}});
    } else if (path != "<>") {
      message.envelope.sender.path = mailbox(line, path);
    }
  }
  return message;
}

/// "with size 100", "with notify SUCCESS,FAILURE" (for the last recipient) ...
void add_parameter(ClientMessage& message, const ScriptLine& line) {
  const std::string name = line.text.substr(0, line.text.find(' '));
  const std::string value = unescape(line.text.substr(std::min(line.text.size(), name.size() + 1)));
  Sender& sender = message.envelope.sender;
  Recipient& last = message.envelope.recipients.back();
  if (name == "size") {
    message.size = parse_decimal<std::uint64_t>(value).value();
  } else if (name == "body") {
    sender.body = Body::k8BitMime;
  } else if (name == "smtputf8") {
    sender.smtputf8 = true;
  } else if (name == "ret") {
    sender.ret = value == "FULL" ? DsnReturn::kFull : DsnReturn::kHeaders;
  } else if (name == "envid") {
    sender.envid = value;
  } else if (name == "notify") {
    last.notify = {.never = value.contains("NEVER"),
                   .success = value.contains("SUCCESS"),
                   .failure = value.contains("FAILURE"),
                   .delay = value.contains("DELAY")};
  } else if (name == "orcpt") {
    const std::size_t semicolon = value.find(';');
    last.original = OriginalRecipient{value.substr(0, semicolon), value.substr(semicolon + 1)};
  } else {
    wrong(line, "unknown parameter");
  }
}

bool take_setting(ClientDialogue& dialogue, const ScriptLine& line) {
  const std::map<std::string, TlsUse> uses{{"never", TlsUse::kNever},
                                           {"opportunistic", TlsUse::kOpportunistic},
                                           {"required", TlsUse::kRequired},
                                           {"implicit", TlsUse::kImplicit}};
  if (line.keyword == "tls") {
    dialogue.tls = uses.at(line.text);
  } else if (line.keyword == "timing") {
    dialogue.timing = true;
  } else if (line.keyword == "unverified") {
    dialogue.verified = false;
  } else if (line.keyword == "trusting") {
    dialogue.auth_unverified = true;
  } else if (line.keyword == "login") {
    const std::size_t blank = line.text.find(' ');
    dialogue.login = {unescape(line.text.substr(0, blank)), unescape(line.text.substr(blank + 1))};
  } else if (line.keyword == "max_line") {
    dialogue.max_line = parse_decimal<std::size_t>(line.text).value();
  } else if (line.keyword == "max_lines") {
    dialogue.max_lines = parse_decimal<std::size_t>(line.text).value();
  } else if (line.keyword == "message") {
    dialogue.messages.push_back(parse_message(line));
  } else if (line.keyword == "with") {
    add_parameter(dialogue.messages.back(), line);
  } else {
    return false;
  }
  return true;
}

}  // namespace

ClientDialogue load_client_dialogue(const std::string& path) {
  ClientDialogue dialogue;
  dialogue.name = std::filesystem::path(path).stem().string();
  bool fresh = true;  // what the server says next belongs to a new step
  for (const ScriptLine& line : read_script(path)) {
    if (take_setting(dialogue, line)) continue;
    if (line.keyword == "C:" || line.keyword == "=" || line.keyword == "=!") {
      if (dialogue.steps.empty()) wrong(line, "nothing happened yet");
      dialogue.steps.back().expectations.push_back({line.keyword, unescape(line.text), line.where});
      fresh = true;
      continue;
    }
    const bool command = line.keyword == ">";
    if (fresh || command || line.keyword == "--") dialogue.steps.emplace_back();
    fresh = command;
    if (command) {
      dialogue.steps.back().command = unescape(line.text);
    } else if (line.keyword == "S:" || line.keyword == "R:") {
      dialogue.steps.back().bytes += unescape(line.text) + (line.keyword == "S:" ? "\r\n" : "");
    } else if (line.keyword != "--") {
      wrong(line, "unknown line");
    }
  }
  return dialogue;
}

}  // namespace postern::smtp::test
