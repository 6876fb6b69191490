#include "script.h"

#include <algorithm>
#include <filesystem>
#include <format>
#include <fstream>
#include <stdexcept>

#include "base/encoding.h"
#include "base/text.h"

namespace postern::smtp::test {

namespace {

/// Takes `open`TEXT`close` off the front of `rest`, where the braces may nest.
std::string take_braced(std::string_view& rest, char open, char close) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == open) ++depth;
    if (rest[i] == close && --depth == 0) {
      std::string inside(rest.substr(1, i - 1));
      rest.remove_prefix(i + 1);
      return inside;
    }
  }
  throw std::runtime_error(std::format("unclosed {} in a dialogue", open));
}

std::string repeated(std::string_view inside) {
  const std::size_t star = inside.find('*');
  const auto count = parse_decimal<std::size_t>(inside.substr(0, star));
  if (!count || star == std::string_view::npos) throw std::runtime_error("\\[ wants COUNT*TEXT]");
  const std::string text = unescape(inside.substr(star + 1));
  std::string out;
  for (std::size_t i = 0; i < *count; ++i) out += text;
  return out;
}

void take_escape(std::string& out, std::string_view& rest) {
  if (rest.empty()) throw std::runtime_error("a dialogue's line ends in a backslash");
  const char kind = rest.front();
  if (kind == '[') {
    out += repeated(take_braced(rest, '[', ']'));
    return;
  }
  rest.remove_prefix(1);
  switch (kind) {
    case 'r': out += '\r'; return;
    case 'n': out += '\n'; return;
    case 't': out += '\t'; return;
    case '0': out += '\0'; return;
    case '\\': out += '\\'; return;
    case 'b': out += base64_encode(unescape(take_braced(rest, '{', '}'))); return;
    case 'x': {
      const auto byte = hex_decode(rest.substr(0, 2));
      if (!byte || byte->size() != 1) throw std::runtime_error("\\x wants two hexadecimal digits");
      out += *byte;
      rest.remove_prefix(2);
      return;
    }
    default: throw std::runtime_error(std::format("unknown escape \\{}", kind));
  }
}

}  // namespace

std::vector<ScriptLine> read_script(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::filesystem::path includes = std::filesystem::path(path).parent_path();
  if (includes.filename() != "include") includes /= "include";
  std::vector<ScriptLine> lines;
  std::string line;
  for (unsigned number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t blank = line.find(' ');
    const std::string keyword = line.substr(0, blank);
    const std::string text = blank == std::string::npos ? "" : line.substr(blank + 1);
    if (keyword == "include") {
      std::ranges::move(read_script((includes / (text + ".smtp")).string()), std::back_inserter(lines));
      continue;
    }
    lines.push_back({keyword, text, std::format("{}:{}", std::filesystem::path(path).filename().string(), number)});
  }
  return lines;
}

std::string unescape(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '\\') {
      take_escape(out, text);
    } else {
      out += c;
    }
  }
  return out;
}

std::string escape(std::string_view bytes) { return printable(bytes, 300); }

bool matches(std::string_view pattern, std::string_view text) {
  if (!pattern.ends_with("...")) return pattern == text;
  return text.starts_with(pattern.substr(0, pattern.size() - 3));
}

std::vector<std::string> script_files(std::string_view folder) {
  std::vector<std::string> files;
  const std::string path = std::string(POSTERN_SOURCE_DIR) + "/tests/unit/smtp/" + std::string(folder);
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.path().extension() == ".smtp") files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace postern::smtp::test
