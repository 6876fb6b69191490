#include "daemons/command_line.h"

#include <cstdio>
#include <cstdlib>
#include <format>
#include <utility>

#include "base/log.h"
#include "config/load.h"

namespace postern::daemons {

namespace {

/// sysexits.h: the command was used wrongly.
constexpr int kUsage = 64;

int print(std::FILE* to, std::string_view text, int status) {
  std::fwrite(text.data(), 1, text.size(), to);
  return status;
}

log::Level level_of(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::kDebug: return log::Level::kDebug;
    case config::LogLevel::kInfo: return log::Level::kInfo;
    case config::LogLevel::kNotice: return log::Level::kNotice;
    case config::LogLevel::kWarning: return log::Level::kWarning;
    case config::LogLevel::kError: return log::Level::kError;
  }
  return log::Level::kInfo;
}

}  // namespace

std::variant<CommandLine, int> parse_command_line(std::string_view name, std::string_view purpose, int argc,
                                                  const char* const* argv) {
  CommandLine line;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--help") {
      return print(stdout,
                   std::format("{}: {}\n\nusage: {} [--config FILE]\n  --config FILE  configuration; without it {}\n"
                               "  --help         prints this\n  --version      prints the version\n",
                               name, purpose, name, line.config),
                   EXIT_SUCCESS);
    }
    if (argument == "--version") return print(stdout, std::format("{} {}\n", name, POSTERN_VERSION), EXIT_SUCCESS);
    if (argument != "--config" || i + 1 == argc) {
      return print(stderr, std::format("{}: '{}' is not understood; see --help\n", name, argument), kUsage);
    }
    line.config = argv[++i];
  }
  return line;
}

std::optional<config::Config> load_config(const std::string& file) {
  auto loaded = config::load_file(file);
  for (const auto& problem : loaded.problems) print(stderr, problem.to_string() + "\n", EXIT_FAILURE);
  if (!loaded.config) print(stderr, std::format("{} can't be used\n", file), EXIT_FAILURE);
  if (loaded.config) log::set_level(level_of(loaded.config->gateway.log_level));
  return std::move(loaded.config);
}

}  // namespace postern::daemons
