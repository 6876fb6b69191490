#include <termios.h>
#include <unistd.h>

#include <array>
#include <boost/json/array.hpp>
#include <cstdio>
#include <format>

#include "base/secret.h"
#include "daemons/posternctl/command.h"
#include "http/client.h"

namespace postern::control {

namespace {

using http::Method;

std::string target_of(const std::string& name) { return "/v1/people/" + http::encode(name); }

Exit list(const Context& context, const Arguments&) {
  const auto answer = ask(context, "system", Method::kGet, "/v1/people");
  if (!answer) return complain(answer.error());
  if (context.json) return print_json(*answer), Exit::kOk;
  std::vector<std::vector<std::string>> rows;
  for (const auto& person : answer->at("people").as_array()) {
    rows.push_back({cell(person, "name"), cell(person, "full_name"), cell(person, "role"), cell(person, "state"),
                    cell(person, "expires"), cell(person, "addresses"), cell(person, "devices")});
  }
  print_table({"NAME", "FULL NAME", "ROLE", "STATE", "EXPIRES", "ADDRESSES", "DEVICES"}, rows);
  return Exit::kOk;
}

Exit show(const Context& context, const Arguments& arguments) {
  const auto answer = ask(context, "system", Method::kGet, target_of(arguments.words()[0]));
  if (!answer) return complain(answer.error());
  if (context.json) return print_json(*answer), Exit::kOk;
  std::vector<std::vector<std::string>> rows;
  for (const auto& member : answer->as_object()) {
    rows.push_back({std::string(member.key()), cell(*answer, member.key())});
  }
  print_table({"", ""}, rows);
  return Exit::kOk;
}

Exit add(const Context& context, const Arguments& arguments) {
  json::object body{{"name", arguments.words()[0]}};
  json::array addresses;
  for (const auto& address : arguments.all("address")) addresses.emplace_back(address);
  body["addresses"] = std::move(addresses);
  if (const auto name = arguments.value("full-name")) body["full_name"] = *name;
  if (const auto expires = arguments.value("expires")) body["expires"] = *expires;
  if (const auto role = arguments.value("role")) body["role"] = *role;
  if (arguments.flag("wildcards")) body["wildcards"] = true;
  return ask_and_report(context, "system", Method::kPost, "/v1/people", body,
                        std::format("added; set a password: posternctl people password {}", arguments.words()[0]));
}

/// Keeps what is typed off the screen for as long as it lives.
class Silence {
 public:
  Silence() : silent_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!silent_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~Silence() {
    if (silent_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  termios before_{};
  bool silent_;
};

Result<Secret> read_line(const char* prompt) {
  const bool person = ::isatty(STDIN_FILENO) == 1;
  const Silence silence;
  if (person) std::fputs(prompt, stderr);
  std::array<char, 1024> line{};
  const bool got = std::fgets(line.data(), static_cast<int>(line.size()), stdin) != nullptr;
  if (person) std::fputs("\n", stderr);
  std::string text(line.data());
  line.fill('\0');
  if (!got || !text.ends_with('\n')) {
    postern::wipe(text);
    return fail(ErrorCode::kInvalid, "no password came on standard input, or one that is too long");
  }
  text.pop_back();
  return Secret::take(text);
}

Exit password(const Context& context, const Arguments& arguments) {
  auto first = read_line("New password: ");
  if (!first) return complain(first.error());
  if (::isatty(STDIN_FILENO) == 1) {
    const auto again = read_line("Again: ");
    if (!again) return complain(again.error());
    if (!constant_time_equal(first->reveal(), again->reveal())) {
      return complain({ErrorCode::kInvalid, "the two passwords differ; nothing was changed"});
    }
  }
  return ask_and_report(context, "system", Method::kPost, target_of(arguments.words()[0]) + "/password",
                        json::object{{"password", first->reveal()}}, "password set");
}

Exit set_state(const Context& context, const Arguments& arguments, std::string_view state) {
  return ask_and_report(context, "system", Method::kPatch, target_of(arguments.words()[0]),
                        json::object{{"state", state}}, state);
}

Exit suspend(const Context& context, const Arguments& arguments) { return set_state(context, arguments, "suspended"); }
Exit resume(const Context& context, const Arguments& arguments) { return set_state(context, arguments, "active"); }

Exit set(const Context& context, const Arguments& arguments) {
  json::object body;
  if (const auto name = arguments.value("full-name")) body["full_name"] = *name;
  if (const auto expires = arguments.value("expires")) {
    body["expires"] = *expires == "never" ? json::value(nullptr) : json::value(*expires);
  }
  json::array addresses;
  for (const auto& address : arguments.all("address")) addresses.emplace_back(address);
  if (!addresses.empty()) body["addresses"] = std::move(addresses);
  if (const auto role = arguments.value("role")) body["role"] = *role;
  if (body.empty()) return complain({ErrorCode::kInvalid, "nothing to change was named"});
  return ask_and_report(context, "system", Method::kPatch, target_of(arguments.words()[0]), body, "changed");
}

Exit remove(const Context& context, const Arguments& arguments) {
  return ask_and_report(context, "system", Method::kDelete, target_of(arguments.words()[0]), nullptr, "removed");
}

const Command kCommands[] = {
    {"people list", "", "everybody who may send mail", "", {}, list},
    {"people show", "NAME", "one person", "", {{}, {}, 1, 1}, show},
    {"people add",
     "NAME --address=ADDRESS... [--full-name=TEXT] [--role=ROLE] [--expires=TIME] [--wildcards]",
     "let somebody send mail",
     "NAME is the login: lower-case letters, digits, '.', '-' and '_'. Each ADDRESS is a mail address that the person\n"
     "may use as a sender. \"*@example.org\" needs --wildcards. ROLE is what they may do in the administration: "
     "person\n"
     "(their own things), auditor (look), helpdesk (what can be undone) or administrator.\n"
     "TIME is RFC 3339, such as 2027-01-31T18:00:00Z. No login works before a password is set.",
     {{"wildcards"}, {"address", "full-name", "role", "expires"}, 1, 1},
     add},
    {"people password",
     "NAME",
     "set a password",
     "Asks for it twice without showing it; reads one line when standard input is not a terminal.",
     {{}, {}, 1, 1},
     password},
    {"people set",
     "NAME [--address=ADDRESS...] [--full-name=TEXT] [--role=ROLE] [--expires=TIME|never]",
     "change somebody",
     "The addresses given replace all that there were.",
     {{}, {"address", "full-name", "role", "expires"}, 1, 1},
     set},
    {"people suspend", "NAME", "refuse logins from now on and end open sessions", "", {{}, {}, 1, 1}, suspend},
    {"people resume", "NAME", "allow logins again", "", {{}, {}, 1, 1}, resume},
    {"people remove", "NAME", "forget somebody; their devices are revoked", "", {{}, {}, 1, 1}, remove},
};

}  // namespace

std::span<const Command> people_commands() { return kCommands; }

}  // namespace postern::control
