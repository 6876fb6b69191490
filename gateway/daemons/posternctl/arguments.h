#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace postern::control {

/// What a command understands: names of options without their dashes.
struct Grammar {
  std::vector<std::string_view> flags;   ///< --name
  std::vector<std::string_view> values;  ///< --name=VALUE or --name VALUE, may be given several times
  std::size_t least = 0;                 ///< words that aren't options
  std::size_t most = 0;
};

/// A command's own arguments, taken apart.
class Arguments {
 public:
  /// kInvalid says which argument is wrong. "--" ends the options.
  static Result<Arguments> parse(std::span<const std::string> arguments, const Grammar& grammar);

  bool flag(std::string_view name) const { return values_.contains(std::string(name)); }
  /// The last value given.
  std::optional<std::string> value(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
  const std::vector<std::string>& words() const { return words_; }

 private:
  std::map<std::string, std::vector<std::string>> values_;
  std::vector<std::string> words_;
};

}  // namespace postern::control
