#include "daemons/posternctl/arguments.h"

#include <algorithm>
#include <format>

namespace postern::control {

namespace {

/// "-f" and "-n" are what hands type for these two.
std::string_view long_name(std::string_view option) {
  if (option == "-f") return "follow";
  if (option == "-n") return "lines";
  return option.starts_with("--") ? option.substr(2) : std::string_view{};
}

}  // namespace

Result<Arguments> Arguments::parse(std::span<const std::string> arguments, const Grammar& grammar) {
  Arguments parsed;
  bool options = true;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (!options || !argument.starts_with('-') || argument == "-") {
      parsed.words_.emplace_back(argument);
      continue;
    }
    if (argument == "--") {
      options = false;
      continue;
    }
    const auto equals = argument.find('=');
    const std::string name(long_name(argument.substr(0, equals)));
    if (std::ranges::contains(grammar.flags, name) && equals == std::string_view::npos) {
      parsed.values_[name];
    } else if (std::ranges::contains(grammar.values, name)) {
      if (equals == std::string_view::npos && ++i == arguments.size()) {
        return fail(ErrorCode::kInvalid, std::format("{} needs a value", argument));
      }
      parsed.values_[name].emplace_back(equals == std::string_view::npos ? std::string_view(arguments[i])
                                                                         : argument.substr(equals + 1));
    } else {
      return fail(ErrorCode::kInvalid, std::format("unknown option {}", argument));
    }
  }
  if (parsed.words_.size() < grammar.least) return fail(ErrorCode::kInvalid, "an argument is missing");
  if (parsed.words_.size() > grammar.most) {
    return fail(ErrorCode::kInvalid, std::format("'{}' is one argument too many", parsed.words_[grammar.most]));
  }
  return parsed;
}

std::optional<std::string> Arguments::value(std::string_view name) const {
  const auto found = values_.find(std::string(name));
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::vector<std::string> Arguments::all(std::string_view name) const {
  const auto found = values_.find(std::string(name));
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

}  // namespace postern::control
