#include <catch2/catch_test_macros.hpp>

#include "config/node.h"

using namespace postern::config;

namespace {

Problems problems_of(const std::string& text) {
  Problems problems;
  parse_document(text, "f", problems);
  return problems;
}

}  // namespace

TEST_CASE("a document becomes a tree with places") {
  Problems problems;
  const Node root = parse_document("a: 1\nb:\n  - x\n  - \"y\"\n", "f", problems);
  REQUIRE(problems.empty());
  REQUIRE(root.kind == Node::Kind::kMap);
  REQUIRE(root.entries.size() == 2);
  CHECK(root.entries[0].key == "a");
  CHECK(root.entries[0].value.text == "1");
  CHECK(root.entries[0].value.at.line == 1);
  CHECK(root.entries[0].value.at.column == 4);
  REQUIRE(root.entries[1].value.items.size() == 2);
  CHECK(root.entries[1].value.items[1].quoted);
  CHECK(root.entries[1].value.items[1].at.line == 4);
}

TEST_CASE("what is not there is a node of its own") {
  Problems problems;
  const Node root = parse_document("a:\n", "f", problems);
  REQUIRE(root.entries.size() == 1);
  CHECK(root.entries[0].value.kind == Node::Kind::kNone);
  CHECK(parse_document("", "f", problems).kind == Node::Kind::kNone);
  CHECK(problems.empty());
}

TEST_CASE("an alias bomb is not expanded") {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) text += ", " + before;
    text += "]\n";
  }
  const Problems problems = problems_of(text);
  REQUIRE_FALSE(problems.empty());
  CHECK(problems[0].found == "an anchor");
  CHECK(problems.size() == 30 + 290);
}

TEST_CASE("depth, values, keys and size are bounded") {
  CHECK(problems_of(std::string(20, '[') + std::string(20, ']'))[0].found == "more than 16 levels");
  CHECK_FALSE(problems_of(std::string(100'000, '[')).empty());
  CHECK_FALSE(problems_of(std::string(100'000, '{')).empty());
  std::string nested = "a";
  for (int i = 0; i < 5000; ++i) nested = "- " + nested;
  CHECK(problems_of(nested)[0].found == "more than 16 levels");
  std::string many = "[";
  for (int i = 0; i < 110'000; ++i) many += "x,";
  CHECK(problems_of(many + "x]")[0].found == "more than 100000 values");
  std::string keys;
  for (int i = 0; i < 1100; ++i) keys += "k" + std::to_string(i) + ": 1\n";
  CHECK(problems_of(keys)[0].found == "more than 1000 keys in one place");
  CHECK(problems_of(std::string((1 << 20) + 1, 'x'))[0].expected == "at most 1MiB");
}

TEST_CASE("a byte order mark and CRLF line ends are taken") {
  Problems problems;
  const Node root = parse_document(
      "\xef\xbb\xbf"
      "a: 1\r\nb: 2\r\n",
      "f", problems);
  CHECK(problems.empty());
  REQUIRE(root.entries.size() == 2);
  CHECK(root.entries[0].value.text == "1");
}

TEST_CASE("rendered text parses to the same tree") {
  Node root = Node::empty(Node::Kind::kMap);
  const std::vector<std::string> texts = {
      "plain", "with blank", "quote \" and \\", "",           "null", "~", "# no comment", "a: b",
      "1.2",   "- x",        "ends:",           "fd09::1/64", "[x]"};
  for (const std::string& text : texts) {
    root.entries.push_back({.key = "k" + std::to_string(root.entries.size()), .value = Node::scalar(text), .at = {}});
  }
  Node list = Node::empty(Node::Kind::kList);
  for (const std::string& text : texts) list.items.push_back(Node::scalar(text));
  root.entries.push_back({.key = "list", .value = list, .at = {}, .comment = "Words " + std::string(300, 'w')});
  Problems problems;
  const Node again = parse_document(render(root), "f", problems);
  REQUIRE(problems.empty());
  REQUIRE(again.entries.size() == texts.size() + 1);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CHECK(again.entries[i].value.text == texts[i]);
    CHECK(again.entries.back().value.items[i].text == texts[i]);
  }
}
