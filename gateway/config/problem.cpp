#include "config/problem.h"

#include <format>

namespace postern::config {

std::string Problem::to_string() const {
  std::string text = file;
  if (line != 0) text += std::format(":{}:{}", line, column);
  text += ": ";
  if (!key.empty()) text += key + ": ";
  text += std::format("found {}; expected {}", found, expected);
  if (!hint.empty()) text += std::format(" ({})", hint);
  return text;
}

std::string to_string(const Problems& problems) {
  std::string text;
  for (const Problem& problem : problems) text += problem.to_string() + "\n";
  return text;
}

}  // namespace postern::config
