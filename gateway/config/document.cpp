#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <array>
#include <format>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "base/text.h"
#include "config/node.h"

namespace postern::config {

namespace {

constexpr std::size_t kMaxText = 1 << 20;
constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kMaxValues = 100'000;
/// In one map: what keeps the search for doubles cheap.
constexpr std::size_t kMaxKeys = 1000;

Position position(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

/// Leaves the parser when going on is of no use; the problem was reported.
struct Stop {};

/// Builds the tree out of yaml-cpp's events, so that nothing is expanded or merged behind our back.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string file, Problems& problems) : file_(std::move(file)), problems_(problems) {}

  Node take() { return std::move(root_); }

  /// Reports where the parser gave up, in words that help more than its own.
  void give_up(const YAML::Exception& error);

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 0) return;
    report(position(mark), "a second document", "one document in the file", "");
    throw Stop{};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(mark, "", anchor, Node::Kind::kNone); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    report(position(mark), "an alias", "the value itself", "");
    place(Node::empty(Node::Kind::kRefused, position(mark)));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = start(mark, tag, anchor, Node::Kind::kScalar);
    node.text = value;
    node.quoted = tag == "!";
    place(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(start(mark, tag, anchor, Node::Kind::kList));
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(start(mark, tag, anchor, Node::Kind::kMap));
  }
  void OnMapEnd() override { close(); }

 private:
  /// A list or map whose end was not seen yet.
  struct Open {
    Node node;
    bool have_key = false;  ///< maps: the next node is a value
    Entry entry;
  };

  void report(Position at, std::string found, std::string expected, std::string hint) {
    problems_.push_back({file_, at.line, at.column, path(), std::move(found), std::move(expected), std::move(hint)});
  }

  /// Where in the tree we are.
  std::string path() const {
    std::string text;
    for (const Open& open : stack_) {
      if (open.node.kind == Node::Kind::kList) {
        text += std::format("[{}]", open.node.items.size());
      } else if (open.have_key) {
        text += (text.empty() ? "" : ".") + open.entry.key;
      }
    }
    return text;
  }

  Node start(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind) {
    if (++values_ > kMaxValues) {
      report(position(mark), std::format("more than {} values", kMaxValues), "a smaller file", "");
      throw Stop{};
    }
    if (anchor != 0) report(position(mark), "an anchor", "a value without an anchor", "");
    if (!tag.empty() && tag != "?" && tag != "!") {
      report(position(mark), "the tag " + printable(tag, 40), "a value without a tag", "");
    }
    return Node::empty(kind, position(mark));
  }

  void add(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind) {
    place(start(mark, tag, anchor, kind));
  }

  void open(Node node) {
    if (stack_.size() == kMaxDepth) {
      report(node.at, std::format("more than {} levels", kMaxDepth), "the structure of the reference file", "");
      throw Stop{};
    }
    stack_.push_back({.node = std::move(node), .entry = {}});
  }

  void close() {
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    place(std::move(node));
  }

  void place(Node node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = stack_.back();
    if (parent.node.kind == Node::Kind::kList) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.have_key) {
      place_key(parent, node);
    } else {
      place_value(parent, std::move(node));
    }
  }

  void place_key(Open& map, const Node& key) {
    if (key.kind != Node::Kind::kScalar && key.kind != Node::Kind::kRefused) {
      report(key.at, "a key that is not a word", "a key", "");
    }
    map.entry = Entry{.key = key.kind == Node::Kind::kScalar ? key.text : "", .value = {}, .at = key.at};
    map.have_key = true;
  }

  void place_value(Open& map, Node value) {
    map.entry.value = std::move(value);
    for (const Entry& earlier : map.node.entries) {
      if (earlier.key.empty() || earlier.key != map.entry.key) continue;
      report(map.entry.at, "this key a second time",
             std::format("it once (it stands in line {} already)", earlier.at.line), "");
      map.entry.value.kind = Node::Kind::kRefused;
      break;
    }
    if (map.node.entries.size() == kMaxKeys) {
      report(map.entry.at, std::format("more than {} keys in one place", kMaxKeys), "the keys of the reference file",
             "");
      throw Stop{};
    }
    map.node.entries.push_back(std::move(map.entry));
    map.have_key = false;
  }

  std::string file_;
  Problems& problems_;
  Node root_;
  std::vector<Open> stack_;
  std::size_t documents_ = 0;
  std::size_t values_ = 0;
};

void TreeBuilder::give_up(const YAML::Exception& error) {
  struct Translation {
    std::string_view message;
    const char* found;
    const char* expected;
  };
  const std::string_view in_quotes = YAML::ErrorMsg::DOC_IN_SCALAR;
  const std::array<Translation, 8> translations{
      {{in_quotes, "an opening quotation mark", "a closing one as well"},
       {YAML::ErrorMsg::END_OF_MAP, "a line that fits neither here nor above",
        "\"key: value\", indented as its neighbours"},
       {YAML::ErrorMsg::END_OF_SEQ, "a line that fits neither here nor above",
        "\"- item\", indented as its neighbours"},
       {YAML::ErrorMsg::END_OF_MAP_FLOW, "a { whose end is missing", "} before this"},
       {YAML::ErrorMsg::END_OF_SEQ_FLOW, "a [ whose end is missing", "] before this"},
       {YAML::ErrorMsg::FLOW_END, "a ] or } without its beginning", "nothing of the kind"},
       {YAML::ErrorMsg::MAP_VALUE, "a colon where none can be",
        "a colon in the line above too, or quotes around a text that has one"},
       {YAML::ErrorMsg::BLOCK_ENTRY, "a dash", "an item on a line of its own"}}};
  // The parser sees an open quotation mark only at the end of the text: the last key is nearer to it.
  const bool at_key = error.msg == in_quotes && !stack_.empty() && stack_.back().have_key;
  const Position at = at_key ? stack_.back().entry.at : position(error.mark);
  for (const Translation& translation : translations) {
    if (error.msg == translation.message) return report(at, translation.found, translation.expected, "");
  }
  report(at, "broken YAML: " + printable(error.msg, 120), "valid YAML", "");
}

/// What yaml-cpp would read as something else than a person sees. Returns whether parsing makes sense.
bool check_bytes(std::string_view text, const std::string& file, Problems& problems) {
  if (text.size() > kMaxText) {
    problems.push_back({file, 0, 0, "", std::format("{} bytes", text.size()), "at most 1MiB", ""});
    return false;
  }
  const std::size_t before = problems.size();
  std::size_t line_number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++line_number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto report = [&](std::size_t column, std::string found, std::string expected) {
      problems.push_back({file, line_number, column + 1, "", std::move(found), std::move(expected), ""});
    };
    if (!is_utf8(line)) report(0, "bytes that are not UTF-8", "a text in UTF-8");
    const auto tab = line.substr(0, line.find_first_not_of(" \t")).find('\t');
    if (tab != std::string_view::npos) report(tab, "a tab in the indentation", "spaces");
    for (std::size_t i = 0; i < line.size(); ++i) {
      const auto byte = static_cast<unsigned char>(line[i]);
      if ((byte >= 0x20 && byte != 0x7f) || byte == '\t') continue;
      report(i, std::format("the control character \\x{:02x}", byte), "printable text");
      break;
    }
  }
  return problems.size() == before;
}

void parse_events(std::string_view text, TreeBuilder& builder) {
  // yaml-cpp takes a quoted text that the end of the file cuts off; the end mark, which no text may hold, makes it see.
  std::istringstream stream{std::string(text) + "\n...\n"};
  YAML::Parser parser(stream);
  if (!parser.HandleNextDocument(builder)) return;
  try {
    parser.HandleNextDocument(builder);
  } catch (const Stop&) {
    // A second document was reported; the first is still worth a look.
    return;
  }
}

}  // namespace

Node Node::scalar(std::string text, bool quoted) {
  Node node;
  node.kind = Kind::kScalar;
  node.text = std::move(text);
  node.quoted = quoted;
  return node;
}

Node Node::empty(Kind kind, Position at) {
  Node node;
  node.kind = kind;
  node.at = at;
  return node;
}

Node parse_document(std::string_view text, const std::string& file, Problems& problems) {
  const Node refused = Node::empty(Node::Kind::kRefused);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (!check_bytes(text, file, problems)) return refused;
  TreeBuilder builder(file, problems);
  try {
    parse_events(text, builder);
    return builder.take();
  } catch (const Stop&) {
    return refused;
  } catch (const YAML::Exception& error) {
    builder.give_up(error);
    return refused;
  } catch (const std::exception& error) {
    problems.push_back({file, 0, 0, "", "broken YAML: " + printable(error.what(), 120), "valid YAML", ""});
    return refused;
  }
}

}  // namespace postern::config
