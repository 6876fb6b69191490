#include <format>

#include "base/text.h"
#include "config/node.h"

namespace postern::config {

namespace {

constexpr std::size_t kCommentWidth = 100;

/// Whether YAML, ours and other readers', takes the word for a text when it has no quotes.
bool is_plain(const std::string& text) {
  if (text.empty() || !(is_alnum(text.front()) || text.front() == '/')) return false;
  for (const char c : text) {
    if (!is_alnum(c) && std::string_view("_-./+:").find(c) == std::string_view::npos) return false;
  }
  return text.back() != ':' && !equal_ignoring_case(text, "null");
}

std::string scalar_text(const Node& node) {
  if (!node.quoted && is_plain(node.text)) return node.text;
  std::string quoted = "\"";
  for (const char c : node.text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string indentation(std::size_t depth) { return std::string(depth * 2, ' '); }

/// Puts "# " and the indentation before each line, broken at blanks.
std::string comment_lines(const std::string& comment, std::size_t depth) {
  std::string text;
  for (const std::string_view paragraph : split(comment, '\n')) {
    std::string line;
    for (const std::string_view word : split(paragraph, ' ')) {
      if (!line.empty() && depth * 2 + 2 + line.size() + 1 + word.size() > kCommentWidth) {
        text += indentation(depth) + "# " + line + "\n";
        line.clear();
      }
      line += (line.empty() ? "" : " ") + std::string(word);
    }
    text += indentation(depth) + "# " + line + "\n";
  }
  return text;
}

std::string render_map(const Node& map, std::size_t depth);

std::string flow_list(const Node& list) {
  std::string text = "[";
  for (const Node& item : list.items) text += (text.size() > 1 ? ", " : "") + scalar_text(item);
  return text + "]";
}

/// A list of maps: the first line of each gets a dash.
std::string block_list(const Node& list, std::size_t depth) {
  std::string text;
  for (const Node& item : list.items) {
    std::string map = render_map(item, depth + 1);
    // The dash goes before the first key, below the comments that stand above it.
    std::size_t at = 0;
    while (map[map.find_first_not_of(' ', at)] == '#') at = map.find('\n', at) + 1;
    map[at + depth * 2] = '-';
    text += map;
  }
  return text;
}

bool is_block(const Node& value) {
  return value.kind == Node::Kind::kList && !value.items.empty() && value.items.front().kind == Node::Kind::kMap;
}

std::string commented_out(const std::string& text, std::size_t depth) {
  std::string result;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = rest.find('\n') + 1;
    result += indentation(depth) + "# " + std::string(rest.substr(depth * 2, end - depth * 2));
    rest.remove_prefix(end);
  }
  return result;
}

std::string render_entry(const Entry& entry, std::size_t depth) {
  std::string text;
  if (!entry.comment.empty()) text += comment_lines(entry.comment, depth);
  text += indentation(depth) + entry.key + ":";
  if (entry.value.kind == Node::Kind::kMap) {
    text += "\n" + render_map(entry.value, depth + 1);
  } else if (is_block(entry.value)) {
    text += "\n" + block_list(entry.value, depth + 1);
  } else {
    text += " " + render_value(entry.value) + "\n";
  }
  if (is_block(entry.sample)) text += commented_out(block_list(entry.sample, depth + 1), depth + 1);
  return text;
}

std::string render_map(const Node& map, std::size_t depth) {
  std::string text;
  for (const Entry& entry : map.entries) {
    if (!text.empty() && depth == 0) text += "\n";
    text += render_entry(entry, depth);
  }
  return text;
}

}  // namespace

std::string render_value(const Node& value) {
  return value.kind == Node::Kind::kList ? flow_list(value) : scalar_text(value);
}

std::string render(const Node& map) { return render_map(map, 0); }

}  // namespace postern::config
