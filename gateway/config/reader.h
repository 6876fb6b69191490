#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"
#include "config/problem.h"

namespace postern::config {

/// What goes along while a tree is read into structs: the key path, the places of all keys, and the problems.
class Reader {
 public:
  /// `all_keys`: every key path of the schema, for suggestions.
  Reader(std::string file, Problems& problems, std::vector<std::string> all_keys);

  /// While it lives, reading is one step further down: "limits" or "[0]".
  class Scope {
   public:
    Scope(Reader& reader, std::string_view step, Position at);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Reader& reader_;
    std::size_t length_;
  };

  /// The value at the current path is wrong. What was found is the node as it would be printed.
  void wrong(const Node& node, std::string expected, std::string hint = {});
  /// An entry whose key the section does not have; `known` are those that it has.
  void unknown(const Entry& entry, const std::vector<std::string>& known);
  /// The current section lacks a key that must be there.
  void missing(std::string_view key, std::string expected);

  /// For rules between keys: reports at a key, or at the nearest section around it when the text does not have it.
  void contradiction(const std::string& key, std::string found, std::string expected, std::string hint = {});
  /// Whether nothing at or below any of the keys was reported: only then is a rule between them worth checking.
  bool good(const std::vector<std::string>& keys) const;

  /// Notes a path of the file system that is relative to gateway.data once that is known. `path` must stay in place.
  void note_path(std::string* path) { paths_.push_back(path); }
  const std::vector<std::string*>& paths() const { return paths_; }

 private:
  void report(std::string key, Position at, std::string found, std::string expected, std::string hint);

  std::string file_;
  Problems& problems_;
  std::vector<std::string> all_keys_;
  std::string path_;
  std::map<std::string, Position> places_;
  std::set<std::string> bad_;
  std::vector<std::string*> paths_;
};

}  // namespace postern::config
