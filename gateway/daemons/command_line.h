#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "config/config.h"

/// What the daemons' command lines have in common.
namespace postern::daemons {

struct CommandLine {
  std::string config = "/etc/postern/postern.yaml";
};

/// `NAME [--config FILE] | --help | --version`. The number is an exit status: help or version was printed, or what is
/// wrong was.
std::variant<CommandLine, int> parse_command_line(std::string_view name, std::string_view purpose, int argc,
                                                  const char* const* argv);

/// Loads the configuration and sets the log level that it asks for. Prints all that is wrong with it; nullopt when
/// there is no going on.
std::optional<config::Config> load_config(const std::string& file);

}  // namespace postern::daemons
