#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <format>

#include "config/load.h"
#include "daemons/posternctl/command.h"

namespace postern::control {

namespace {

/// The file itself, or the .yaml and .yml files of a folder in the order of their names.
std::vector<std::string> files_of(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return {path};
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    const auto end = entry.path().extension();
    if (end == ".yaml" || end == ".yml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

Exit check(const Context& context, const Arguments& arguments) {
  auto paths = arguments.words();
  if (paths.empty()) paths.push_back(context.config_file);
  std::size_t bad = 0;
  std::size_t seen = 0;
  for (const auto& path : paths) {
    for (const auto& file : files_of(path)) {
      ++seen;
      const auto problems = config::check_file(file);
      if (!problems.empty()) ++bad;
      for (const auto& problem : problems) std::puts(problem.to_string().c_str());
    }
  }
  if (seen == 0) return complain({ErrorCode::kNotFound, "no .yaml file there"});
  if (bad == 0) std::puts(seen == 1 ? "good" : std::format("{} files, all good", seen).c_str());
  return bad == 0 ? Exit::kOk : Exit::kFailed;
}

Exit show(const Context& context, const Arguments&) {
  std::fputs(config::to_yaml(context.config, config::Comments::kWithout).c_str(), stdout);
  return Exit::kOk;
}

Exit reference(const Context&, const Arguments&) {
  std::fputs(config::to_yaml({}, config::Comments::kWith).c_str(), stdout);
  return Exit::kOk;
}

const Command kCommands[] = {
    {"config check",
     "[FILE|FOLDER...]",
     "all that is wrong with a configuration, with file, line, column and key",
     "",
     {{}, {}, 0, 1000},
     check},
    {"config show", "", "the configuration in force, defaults included", "", {}, show},
    {"config reference", "", "every key with its meaning and default", "", {}, reference},
};

}  // namespace

std::span<const Command> config_commands() { return kCommands; }

}  // namespace postern::control
