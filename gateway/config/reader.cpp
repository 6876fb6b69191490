#include "config/reader.h"

#include <algorithm>
#include <format>
#include <utility>

#include "base/text.h"
#include "config/suggest.h"

namespace postern::config {

namespace {

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNone: return "nothing";
    case Node::Kind::kList: return std::format("a list of {} items", node.items.size());
    case Node::Kind::kMap: return "a section";
    default: return "\"" + printable(node.text, 80) + "\"";
  }
}

std::string last_step(const std::string& path) { return path.substr(path.rfind('.') + 1); }

}  // namespace

Reader::Reader(std::string file, Problems& problems, std::vector<std::string> all_keys)
    : file_(std::move(file)), problems_(problems), all_keys_(std::move(all_keys)) {
  // What parse_document() reported counts as bad for the rules.
  for (const Problem& problem : problems_) bad_.insert(problem.key);
}

Reader::Scope::Scope(Reader& reader, std::string_view step, Position at)
    : reader_(reader), length_(reader.path_.size()) {
  if (!reader.path_.empty() && !step.starts_with('[')) reader.path_ += '.';
  reader.path_ += step;
  reader.places_.emplace(reader.path_, at);
}

Reader::Scope::~Scope() { reader_.path_.resize(length_); }

void Reader::report(std::string key, Position at, std::string found, std::string expected, std::string hint) {
  bad_.insert(key);
  problems_.push_back(
      {file_, at.line, at.column, std::move(key), std::move(found), std::move(expected), std::move(hint)});
}

void Reader::wrong(const Node& node, std::string expected, std::string hint) {
  if (node.kind == Node::Kind::kRefused) return;
  report(path_, node.at, describe(node), std::move(expected), std::move(hint));
}

void Reader::unknown(const Entry& entry, const std::vector<std::string>& known) {
  if (entry.key.empty()) return;
  std::string hint = nearest(entry.key, known);
  if (hint.empty()) {
    // Perhaps the key is right and the section is not.
    const auto elsewhere =
        std::ranges::find_if(all_keys_, [&](const std::string& path) { return last_step(path) == entry.key; });
    if (elsewhere != all_keys_.end()) hint = *elsewhere;
  }
  if (!hint.empty()) hint = "did you mean " + hint + "?";
  const std::string shown = printable(entry.key, 60);
  std::string key = path_.empty() ? shown : path_ + "." + shown;
  std::string expected = "one of ";
  for (const std::string& name : known) expected += (expected.size() > 7 ? ", " : "") + name;
  report(std::move(key), entry.at, "an unknown key", std::move(expected), std::move(hint));
}

void Reader::missing(std::string_view key, std::string expected) {
  const auto place = places_.find(path_);
  std::string path = path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  report(std::move(path), place == places_.end() ? Position{1, 1} : place->second, "no such key", std::move(expected),
         "");
}

void Reader::contradiction(const std::string& key, std::string found, std::string expected, std::string hint) {
  std::string path = key;
  while (!path.empty() && !places_.contains(path)) {
    const auto cut = path.find_last_of(".[");
    path.resize(cut == std::string::npos ? 0 : cut);
  }
  const Position at = path.empty() ? Position{1, 1} : places_.at(path);
  report(key, at, std::move(found), std::move(expected), std::move(hint));
}

bool Reader::good(const std::vector<std::string>& keys) const {
  return std::ranges::none_of(keys, [&](const std::string& key) {
    return std::ranges::any_of(bad_, [&](const std::string& bad) {
      if (!bad.starts_with(key) && !key.starts_with(bad)) return false;
      const std::string& longer = bad.size() > key.size() ? bad : key;
      const std::size_t shorter = std::min(bad.size(), key.size());
      return longer.size() == shorter || longer[shorter] == '.' || longer[shorter] == '[';
    });
  });
}

}  // namespace postern::config
