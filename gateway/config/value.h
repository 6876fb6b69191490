#pragma once

#include <expected>
#include <format>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/node.h"
#include "config/reader.h"

/// The language in which schema.cpp is written: a value knows how it is read, how it is written, and how to tell a
/// person what it wants. Internal to config/.
namespace postern::config {

/// What the documentation says of one key.
struct KeyDoc {
  std::string path;      ///< "network.lan[].link"
  std::string expected;  ///< "a number from 1 to 64"
  std::string standard;  ///< the default as it would be written; empty for sections
  std::string text;
};

template <class T>
class Value {
 public:
  virtual ~Value() = default;
  /// "a number from 1 to 64"
  virtual std::string expected() const = 0;
  /// Reads a node into `out`; reports and leaves it alone when the node is wrong.
  virtual void read(const Node& node, Reader& reader, T& out) const = 0;
  /// Called in place of read() when the text does not have the key.
  virtual void absent(Reader&, T&) const {}
  virtual Node write(const T& value, const std::string& data) const = 0;
  /// Adds the keys below, when there are some.
  virtual void describe(const std::string& path, const T& standard, std::vector<KeyDoc>& out) const {
    static_cast<void>(path), static_cast<void>(standard), static_cast<void>(out);
  }
  /// Whether the value is a section or has some in it: its comment then needs no "expected".
  virtual bool is_section() const { return false; }
};

template <class T>
using ValuePtr = std::shared_ptr<const Value<T>>;

/// A word or text. `parse` gives the value, or a hint (which may be empty) when it is none.
template <class T>
class Scalar final : public Value<T> {
 public:
  using Parsed = std::expected<T, std::string>;

  Scalar(std::string expected, std::function<Parsed(const std::string&)> parse,
         std::function<std::string(const T&)> print, bool quoted = false)
      : expected_(std::move(expected)), parse_(std::move(parse)), print_(std::move(print)), quoted_(quoted) {}

  std::string expected() const override { return expected_; }
  void read(const Node& node, Reader& reader, T& out) const override {
    if (node.kind != Node::Kind::kScalar) return reader.wrong(node, expected_);
    Parsed parsed = parse_(node.text);
    if (!parsed) return reader.wrong(node, expected_, parsed.error());
    out = std::move(*parsed);
  }
  Node write(const T& value, const std::string&) const override { return Node::scalar(print_(value), quoted_); }

  Parsed parse(const std::string& text) const { return parse_(text); }
  std::string print(const T& value) const { return print_(value); }

 private:
  std::string expected_;
  std::function<Parsed(const std::string&)> parse_;
  std::function<std::string(const T&)> print_;
  bool quoted_;
};

/// Either the word "none" or a value.
template <class T>
class Optional final : public Value<std::optional<T>> {
 public:
  explicit Optional(std::shared_ptr<const Scalar<T>> value) : value_(std::move(value)) {}

  std::string expected() const override { return value_->expected() + ", or none"; }
  void read(const Node& node, Reader& reader, std::optional<T>& out) const override {
    if (node.kind != Node::Kind::kScalar) return reader.wrong(node, expected());
    if (node.text == "none") {
      out.reset();
      return;
    }
    auto parsed = value_->parse(node.text);
    if (!parsed) return reader.wrong(node, expected(), parsed.error());
    out = std::move(*parsed);
  }
  Node write(const std::optional<T>& value, const std::string&) const override {
    return Node::scalar(value ? value_->print(*value) : "none");
  }

 private:
  std::shared_ptr<const Scalar<T>> value_;
};

/// Values in a row, at least `least` and at most `most`.
template <class T>
class List final : public Value<std::vector<T>> {
 public:
  List(ValuePtr<T> item, std::size_t least, std::size_t most) : item_(std::move(item)), least_(least), most_(most) {}

  std::string expected() const override {
    return std::format("a list of {} to {} items, each {}", least_, most_, item_->expected());
  }
  bool is_section() const override { return item_->is_section(); }

  void read(const Node& node, Reader& reader, std::vector<T>& out) const override {
    const bool none = node.kind == Node::Kind::kNone;
    if (node.kind != Node::Kind::kList && !none) return reader.wrong(node, expected());
    if (node.items.size() < least_ || node.items.size() > most_) return reader.wrong(node, expected());
    std::vector<T> items(node.items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Reader::Scope scope(reader, std::format("[{}]", i), node.items[i].at);
      item_->read(node.items[i], reader, items[i]);
    }
    out = std::move(items);
  }

  Node write(const std::vector<T>& value, const std::string& data) const override {
    Node list;
    list.kind = Node::Kind::kList;
    for (const T& item : value) list.items.push_back(item_->write(item, data));
    return list;
  }
  void describe(const std::string& path, const std::vector<T>&, std::vector<KeyDoc>& out) const override {
    item_->describe(path + "[]", T{}, out);
  }

 private:
  ValuePtr<T> item_;
  std::size_t least_;
  std::size_t most_;
};

/// A struct: keys in the order in which the reference shows them.
template <class S>
class Section final : public Value<S> {
 public:
  /// A key that may be left out; `standard` values come from the struct itself.
  template <class M>
  Section& key(std::string name, M S::* member, std::type_identity_t<ValuePtr<M>> value, std::string doc) {
    return add(std::move(name), member, std::move(value), std::move(doc), false, std::nullopt);
  }
  /// A key that must be there.
  template <class M>
  Section& required(std::string name, M S::* member, std::type_identity_t<ValuePtr<M>> value, std::string doc) {
    return add(std::move(name), member, std::move(value), std::move(doc), true, std::nullopt);
  }
  /// A key of which the reference shows a sample, since its default is empty.
  template <class M>
  Section& sampled(std::string name, M S::* member, std::type_identity_t<ValuePtr<M>> value, std::string doc,
                   std::type_identity_t<M> sample) {
    return add(std::move(name), member, std::move(value), std::move(doc), false, std::optional<M>(std::move(sample)));
  }

  std::string expected() const override { return "a section"; }
  bool is_section() const override { return true; }

  void read(const Node& node, Reader& reader, S& out) const override {
    if (node.kind == Node::Kind::kRefused) return;
    if (node.kind != Node::Kind::kMap && node.kind != Node::Kind::kNone) return reader.wrong(node, "a section");
    std::vector<bool> seen(keys_.size());
    for (const Entry& entry : node.entries) {
      const std::size_t index = find(entry.key);
      if (index == keys_.size()) {
        reader.unknown(entry, names());
        continue;
      }
      // A key that stands twice was reported by parse_document().
      if (seen[index]) continue;
      seen[index] = true;
      const Reader::Scope scope(reader, entry.key, entry.at);
      keys_[index].read(entry.value, reader, out);
    }
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (seen[i]) continue;
      if (keys_[i].required) reader.missing(keys_[i].name, keys_[i].expected);
      keys_[i].absent(reader, out);
    }
  }
  void absent(Reader& reader, S& out) const override {
    for (const Key& key : keys_) key.absent(reader, out);
  }

  Node write(const S& value, const std::string& data) const override {
    Node map;
    map.kind = Node::Kind::kMap;
    for (const Key& key : keys_) {
      std::string comment = key.doc;
      if (!key.section) comment += "\nExpected: " + key.expected + ".";
      map.entries.push_back({.key = key.name,
                             .value = key.write(value, data),
                             .at = {},
                             .comment = std::move(comment),
                             .sample = key.sample(value, data)});
    }
    return map;
  }

  void describe(const std::string& path, const S& standard, std::vector<KeyDoc>& out) const override {
    for (const Key& key : keys_) key.describe(path.empty() ? key.name : path + "." + key.name, standard, out);
  }

 private:
  struct Key {
    std::string name;
    std::string doc;
    std::string expected;
    bool required = false;
    bool section = false;
    std::function<void(const Node&, Reader&, S&)> read;
    std::function<void(Reader&, S&)> absent;
    std::function<Node(const S&, const std::string&)> write;
    std::function<Node(const S&, const std::string&)> sample;
    std::function<void(const std::string&, const S&, std::vector<KeyDoc>&)> describe;
  };

  std::size_t find(const std::string& name) const {
    std::size_t index = 0;
    while (index < keys_.size() && keys_[index].name != name) ++index;
    return index;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const Key& key : keys_) all.push_back(key.name);
    return all;
  }

  template <class M>
  Section& add(std::string name, M S::* member, ValuePtr<M> value, std::string doc, bool required,
               std::type_identity_t<std::optional<M>> sample) {
    Key key{.name = std::move(name),
            .doc = std::move(doc),
            .expected = value->expected(),
            .required = required,
            .section = value->is_section(),
            .read = {},
            .absent = {},
            .write = {},
            .sample = {},
            .describe = {}};
    key.read = [=](const Node& node, Reader& reader, S& out) { value->read(node, reader, out.*member); };
    key.absent = [=](Reader& reader, S& out) { value->absent(reader, out.*member); };
    key.write = [=](const S& from, const std::string& data) { return value->write(from.*member, data); };
    key.sample = [=](const S& from, const std::string& data) {
      return sample && from.*member == M{} ? value->write(*sample, data) : Node{};
    };
    key.describe = [=, text = key.doc, section = key.section](const std::string& path, const S& standard,
                                                              std::vector<KeyDoc>& out) {
      const std::string shown = section ? "" : render_value(value->write(standard.*member, ""));
      out.push_back({path, value->expected(), shown, text});
      value->describe(path, standard.*member, out);
    };
    keys_.push_back(std::move(key));
    return *this;
  }

  std::vector<Key> keys_;
};

}  // namespace postern::config
