#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "config/problem.h"

/// From text to a checked Config and back. No state, any thread, no exceptions.
namespace postern::config {

/// What came out of a text: a configuration when nothing was wrong with it, else what was, all of it, in the order of
/// the text.
struct Loaded {
  std::optional<Config> config;
  Problems problems;
};

/// `file` is only for the problems' printing. At most 100 problems are kept.
Loaded load_text(std::string_view text, const std::string& file = "postern.yaml");

/// The same for a file; one that can't be read is a problem as well.
Loaded load_file(const std::string& path);

/// For `posternctl config check`: only what is wrong.
Problems check_text(std::string_view text, const std::string& file = "postern.yaml");
Problems check_file(const std::string& path);

/// Whether each key has its documentation above it.
enum class Comments { kWithout, kWith };

/// YAML that loads to exactly this configuration. With comments and Config{} this is the reference file.
std::string to_yaml(const Config& config, Comments comments = Comments::kWith);

}  // namespace postern::config
