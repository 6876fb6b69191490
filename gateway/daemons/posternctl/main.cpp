#include <algorithm>
#include <cstdio>
#include <format>
#include <string>
#include <vector>

#include "config/load.h"
#include "daemons/posternctl/command.h"

/// posternctl: administration from the console; the same API as the panel's.
namespace {

using namespace postern;
using namespace postern::control;

std::vector<Command> all_commands() {
  std::vector<Command> commands;
  for (const auto group : {status_commands(), people_commands(), device_commands(), queue_commands(), ledger_commands(),
                           config_commands()}) {
    commands.insert(commands.end(), group.begin(), group.end());
  }
  return commands;
}

void print_overview(const std::vector<Command>& commands) {
  std::puts("usage: posternctl [--config FILE] [--json] COMMAND [ARGUMENT...]\n\ncommands:");
  for (const auto& command : commands) std::puts(std::format("  {:<18} {}", command.name, command.summary).c_str());
  std::puts(
      "\n  --config FILE      the gateway's configuration; /etc/postern/postern.yaml\n"
      "  --json             output for programs\n"
      "\n'posternctl COMMAND --help' says more. Exit status: 0 done, 1 refused or something found, 2 wrong usage,\n"
      "3 a daemon isn't running.");
}

void print_help(const Command& command) {
  std::puts(std::format("usage: posternctl {} {}\n\n{}.", command.name, command.usage, command.summary).c_str());
  if (!command.details.empty()) std::puts(std::format("\n{}", command.details).c_str());
}

/// The command that the words begin with, and how many words its name takes.
const Command* find(const std::vector<Command>& commands, const std::vector<std::string>& words, std::size_t& used) {
  for (std::size_t count = std::min<std::size_t>(2, words.size()); count > 0; --count) {
    const std::string name = count == 2 ? words[0] + " " + words[1] : words[0];
    const auto found = std::ranges::find(commands, name, &Command::name);
    if (found == commands.end()) continue;
    used = count;
    return &*found;
  }
  return nullptr;
}

int usage_error(const std::string& what, std::string_view help) {
  std::fputs(std::format("posternctl: {}; try 'posternctl {}--help'\n", what, help).c_str(), stderr);
  return static_cast<int>(Exit::kUsage);
}

/// Takes the options that stand before or behind any command out of the words. False: --config without its file.
bool take_global(std::vector<std::string>& words, Context& context, bool& help) {
  for (auto word = words.begin(); word != words.end() && *word != "--";) {
    if (*word == "--json") {
      context.json = true;
    } else if (*word == "--help" || *word == "-h") {
      help = true;
    } else if (word->starts_with("--config=")) {
      context.config_file = word->substr(9);
    } else if (*word == "--config") {
      if (word + 1 == words.end()) return false;
      word = words.erase(word);
      context.config_file = *word;
    } else {
      ++word;
      continue;
    }
    word = words.erase(word);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const auto commands = all_commands();
  Context context;
  context.config_file = "/etc/postern/postern.yaml";
  bool help = false;
  if (!take_global(words, context, help)) return usage_error("--config needs a file", "");
  if (words.empty()) {
    print_overview(commands);
    return static_cast<int>(help ? Exit::kOk : Exit::kUsage);
  }
  if (words[0] == "--version") return std::puts("posternctl " POSTERN_VERSION), 0;
  std::size_t used = 0;
  const Command* command = find(commands, words, used);
  if (command == nullptr) return usage_error(std::format("there is no command '{}'", words[0]), "");
  if (help) return print_help(*command), 0;
  const auto arguments = Arguments::parse(std::span(words).subspan(used), command->grammar);
  if (!arguments) return usage_error(arguments.error().context, std::string(command->name) + " ");
  if (auto loaded = config::load_file(context.config_file); loaded.config) {
    context.config = std::move(*loaded.config);
  } else if (command->name != "config check" && command->name != "config reference") {
    std::fputs(std::format("posternctl: {} can't be used, going on with the defaults ('posternctl config check')\n",
                           context.config_file)
                   .c_str(),
               stderr);
  }
  return static_cast<int>(command->run(context, *arguments));
}
