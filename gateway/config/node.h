#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.h"

namespace postern::config {

/// A place in the text, both from 1; line 0 means nowhere.
struct Position {
  std::size_t line = 0;
  std::size_t column = 0;
};

struct Entry;

/// A YAML document as a tree: what parse_document() makes of a text and render() makes a text of.
struct Node {
  enum class Kind {
    kNone,     ///< nothing stands there ("key:" alone)
    kScalar,   ///< a word or text
    kList,     ///< items
    kMap,      ///< entries
    kRefused,  ///< something that was reported already; readers skip it in silence
  };
  Kind kind = Kind::kNone;
  std::string text;
  bool quoted = false;  ///< the text stood, or must stand, in quotes
  std::vector<Node> items;
  std::vector<Entry> entries;
  Position at;

  static Node scalar(std::string text, bool quoted = false);
  static Node empty(Kind kind, Position at = {});
};

/// One "key: value" of a map.
struct Entry {
  std::string key;
  Node value;
  Position at;               ///< of the key
  std::string comment = {};  ///< for render(): lines above the key
  Node sample = {};          ///< for render(): shown as a comment below the key
};

/// Reads a text into a tree with yaml-cpp, the only place that uses it. What is wrong goes to `problems`, whose
/// `file` is `file`; a Node of kind kRefused comes back when nothing can be made of the text. Refused are, besides
/// broken syntax: bytes that aren't UTF-8, control characters, tabs as indentation, several documents, anchors,
/// aliases and tags (a few lines of them can grow to gigabytes), a key twice in one map, keys that aren't words, texts
/// over 1 MiB, more than 16 levels or 100,000 values. Throws nothing.
Node parse_document(std::string_view text, const std::string& file, Problems& problems);

/// A scalar, or a list of scalars, as it stands behind its key.
std::string render_value(const Node& value);

/// The tree as YAML, maps in block style, lists of scalars in one line, comments where entries have them.
std::string render(const Node& map);

}  // namespace postern::config
