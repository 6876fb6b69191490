#include "config/load.h"

#include <algorithm>
#include <tuple>

#include "base/file.h"
#include "base/text.h"
#include "config/node.h"
#include "config/rules.h"
#include "config/schema.h"

namespace postern::config {

namespace {

constexpr std::size_t kMaxProblems = 100;
/// Read a little more than parse_document() takes, so that it is the one to refuse.
constexpr std::size_t kMaxFile = (1 << 20) + 1;

constexpr std::string_view kIntroduction =
    "# Postern's configuration: every key with its default. A file needs only \"version\" and what differs.\n"
    "# Times: 500us, 250ms, 90s, 5m, 12h, 5d, 1h30m. Sizes in bytes: 512, 64KiB, 25MiB, 1GiB.\n"
    "# \"posternctl config check FILE\" lists all that is wrong with a file.\n\n";

std::vector<std::string> all_paths() {
  std::vector<std::string> paths;
  for (const KeyDoc& doc : key_docs()) paths.push_back(doc.path);
  return paths;
}

void sort_and_cut(Problems& problems) {
  std::ranges::stable_sort(problems, {}, [](const Problem& p) { return std::tuple(p.line, p.column); });
  if (problems.size() > kMaxProblems) problems.resize(kMaxProblems);
}

void remove_comments(Node& map) {
  for (Entry& entry : map.entries) {
    entry.comment.clear();
    entry.sample = {};
    remove_comments(entry.value);
    for (Node& item : entry.value.items) remove_comments(item);
  }
}

}  // namespace

Loaded load_text(std::string_view text, const std::string& file) {
  Loaded result;
  const Node root = parse_document(text, file, result.problems);
  Config config;
  Reader reader(file, result.problems, all_paths());
  schema().read(root, reader, config);
  if (root.kind != Node::Kind::kRefused) {
    for (std::string* path : reader.paths()) {
      if (!path->starts_with('/')) *path = config.gateway.data + "/" + *path;
    }
    check_rules(config, reader);
  }
  sort_and_cut(result.problems);
  if (result.problems.empty()) result.config = std::move(config);
  return result;
}

Loaded load_file(const std::string& path) {
  const auto text = read_file(path, kMaxFile);
  if (text) return load_text(*text, path);
  Loaded result;
  result.problems.push_back(
      {.file = path, .key = {}, .found = printable(text.error().context), .expected = "a readable file", .hint = {}});
  return result;
}

Problems check_text(std::string_view text, const std::string& file) { return load_text(text, file).problems; }

Problems check_file(const std::string& path) { return load_file(path).problems; }

std::string to_yaml(const Config& config, Comments comments) {
  Node root = schema().write(config, config.gateway.data);
  if (comments == Comments::kWith) return std::string(kIntroduction) + render(root);
  remove_comments(root);
  return render(root);
}

}  // namespace postern::config
