#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "base/text.h"
#include "dialogue.h"
#include "script.h"

namespace postern::smtp::test {

namespace {

[[noreturn]] void wrong(const ScriptLine& line, const std::string& what) {
  throw std::runtime_error(line.where + ": " + what + ": " + line.keyword + " " + line.text);
}

void set_limit(ServerLimits& limits, const ScriptLine& line) {
  const auto words = split(line.text, ' ');
  const auto value = words.size() == 2 ? parse_decimal<std::size_t>(words[1]) : std::nullopt;
  if (!value) wrong(line, "limit wants NAME VALUE");
  const std::map<std::string_view, std::size_t*> names{{"command_line", &limits.max_command_line},
                                                       {"auth_line", &limits.max_auth_line},
                                                       {"text_line", &limits.max_text_line},
                                                       {"message_size", &limits.max_message_size},
                                                       {"recipients", &limits.max_recipients},
                                                       {"refused_recipients", &limits.max_refused_recipients},
                                                       {"errors", &limits.max_errors},
                                                       {"auth_attempts", &limits.max_auth_attempts},
                                                       {"idle_commands", &limits.max_idle_commands},
                                                       {"messages", &limits.max_messages}};
  const auto found = names.find(words[0]);
  if (found == names.end()) wrong(line, "unknown limit");
  *found->second = *value;
}

/// "550 5.7.1 text"
Reply parse_reply(const ScriptLine& line, std::string_view text) {
  const auto words = split(text, ' ');
  if (words.size() < 3) wrong(line, "a reply is CODE X.Y.Z TEXT");
  const auto numbers = split(words[1], '.');
  const auto code = parse_decimal<unsigned>(words[0]);
  if (!code || numbers.size() != 3) wrong(line, "a reply is CODE X.Y.Z TEXT");
  EnhancedCode enhanced;
  enhanced.klass = parse_decimal<std::uint8_t>(numbers[0]).value();
  enhanced.subject = parse_decimal<std::uint16_t>(numbers[1]).value();
  enhanced.detail = parse_decimal<std::uint16_t>(numbers[2]).value();
  const std::size_t before = words[0].size() + words[1].size() + 2;
  return Reply(*code, enhanced, unescape(text.substr(before)));
}

/// "mail <bob@example.org> 550 5.7.1 not yours", "end 451 4.3.0 later"
Rule parse_rule(const ScriptLine& line) {
  std::string_view rest = line.text;
  const auto take_word = [&rest] {
    const std::string word(rest.substr(0, rest.find(' ')));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    return word;
  };
  Rule rule;
  rule.kind = take_word();
  if (rule.kind == "mail" || rule.kind == "rcpt") rule.key = unescape(take_word());
  rule.reply = parse_reply(line, rest);
  return rule;
}

bool take_setting(Dialogue& dialogue, const ScriptLine& line) {
  if (line.keyword == "mode") {
    dialogue.tls = line.text == "465";
  } else if (line.keyword == "limit") {
    set_limit(dialogue.config.limits, line);
  } else if (line.keyword == "timing") {
    dialogue.timing = true;
  } else if (line.keyword == "login") {
    const auto words = split(line.text, ' ');
    if (words.size() != 2) wrong(line, "login wants NAME PASSWORD");
    dialogue.logins[std::string(words[0])] = words[1];
  } else if (line.keyword == "on") {
    dialogue.rules.push_back(parse_rule(line));
  } else {
    return false;
  }
  return true;
}

bool is_expectation(const std::string& keyword) {
  return std::ranges::contains(std::vector<std::string>{"S:", "S~", "A:", "A!", "D:", "D#", "="}, keyword);
}

}  // namespace

std::size_t Dialogue::bytes() const {
  std::size_t count = 0;
  for (const Step& step : steps) count += step.bytes.size();
  return count;
}

Dialogue load_dialogue(const std::string& path) {
  Dialogue dialogue;
  dialogue.name = std::filesystem::path(path).stem().string();
  dialogue.config.hostname = "gate.example.org";
  dialogue.logins["alice"] = "secret";
  dialogue.steps.emplace_back();
  bool fresh = true;  // what the client says next belongs to a new step
  for (const ScriptLine& line : read_script(path)) {
    if (take_setting(dialogue, line)) continue;
    if (is_expectation(line.keyword)) {
      dialogue.steps.back().expectations.push_back({line.keyword, unescape(line.text), line.where});
      fresh = true;
      continue;
    }
    if (fresh || line.keyword == "--") dialogue.steps.emplace_back();
    fresh = false;
    if (line.keyword == "C:") {
      dialogue.steps.back().bytes += unescape(line.text) + "\r\n";
    } else if (line.keyword == "R:") {
      dialogue.steps.back().bytes += unescape(line.text);
    } else if (line.keyword == "X:") {
      dialogue.steps.back().event = line.text;
      fresh = true;
    } else if (line.keyword != "--") {
      wrong(line, "unknown line");
    }
  }
  return dialogue;
}

}  // namespace postern::smtp::test
