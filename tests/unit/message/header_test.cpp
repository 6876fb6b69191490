#include "message/header.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace postern;
using namespace postern::message;
using namespace std::string_literals;

namespace {

std::string fault(const std::string& bytes, const HeaderLimits& limits = {}) {
  const auto block = HeaderBlock::parse(bytes, limits);
  return block ? "none" : std::string(to_string(block.error().code)) + ": " + block.error().context;
}

}  // namespace

TEST_CASE("the end of the header is found wherever the stream was cut") {
  const std::string bytes = "A: 1\r\nB: 2\r\n\r\nbody\r\n\r\nmore";
  const std::size_t end = bytes.find("body");
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    HeaderEnd finder;
    const auto early = finder.scan(std::string_view(bytes).substr(0, first));
    CAPTURE(first);
    CHECK(early.has_value() == (first >= end));
    CHECK((early ? early : finder.scan(bytes)) == end);
  }
  HeaderEnd bytewise;
  for (std::size_t length = 0; length < end; ++length) {
    REQUIRE_FALSE(bytewise.scan(std::string_view(bytes).substr(0, length)).has_value());
  }
  CHECK(bytewise.scan(std::string_view(bytes).substr(0, end)) == end);
}

TEST_CASE("an empty first line is an empty header") {
  HeaderEnd finder;
  CHECK_FALSE(finder.scan("\r").has_value());
  CHECK(finder.scan("\r\nbody") == 2);
  const auto block = HeaderBlock::parse("\r\n");
  REQUIRE(block);
  CHECK(block->fields().empty());
  CHECK(block->has_empty_line());
}

TEST_CASE("a block is cut into fields, folds included") {
  const std::string bytes = "From: ann@example.org\r\nSubject: one\r\n two\r\n\tthree\r\nX-Empty:\r\n\r\n";
  const auto block = HeaderBlock::parse(bytes);
  REQUIRE(block);
  REQUIRE(block->fields().size() == 3);
  CHECK(block->fields()[1].name == "Subject");
  CHECK(block->fields()[1].body == " one\r\n two\r\n\tthree");
  CHECK(block->fields()[1].raw == "Subject: one\r\n two\r\n\tthree\r\n");
  CHECK(block->fields()[2].body.empty());
  CHECK(block->find("SUBJECT") == &block->fields()[1]);
  CHECK(block->find("To") == nullptr);
  CHECK(block->count("from") == 1);
  CHECK(block->is_ascii());
  CHECK(block->bytes() == bytes);
}

TEST_CASE("a message may be all header") {
  const auto block = HeaderBlock::parse("A: 1\r\nB: 2\r\n");
  REQUIRE(block);
  CHECK_FALSE(block->has_empty_line());
  CHECK(block->fields().size() == 2);
  const auto nothing = HeaderBlock::parse("");
  REQUIRE(nothing);
  CHECK(nothing->fields().empty());
}

TEST_CASE("UTF-8 is taken and noticed, other bytes are refused") {
  const auto block = HeaderBlock::parse(
      "Subject: gr\xc3\xbc\xc3\x9f"
      "e\r\n\r\n");
  REQUIRE(block);
  CHECK_FALSE(block->is_ascii());
  CHECK(fault("A: 1\r\nSubject: gr\xfc\xdf"
              "e\r\n\r\n") == "invalid: header line 2 is not UTF-8");
}

TEST_CASE("what is no header is refused") {
  CHECK(fault("no colon here\r\n\r\n") == "invalid: header line 1 has no colon");
  CHECK(fault("A: 1\r\nhello\r\n\r\n") == "invalid: header line 2 has no colon");
  CHECK(fault(" A: 1\r\n\r\n") == "invalid: header line 1 continues a field, but there is none");
  CHECK(fault("From : ann@example.org\r\n\r\n") == "invalid: header line 1 has no valid field name");
  CHECK(fault(": x\r\n\r\n") == "invalid: header line 1 has no valid field name");
  CHECK(fault("From ann@example.org Tue Nov 24 02:47:06 2026\r\n\r\n") ==
        "invalid: header line 1 has no valid field name");
  CHECK(fault("Fr\xc3\xb6m: x\r\n\r\n") == "invalid: header line 1 has no valid field name");
  CHECK(fault("A\tB: x\r\n\r\n") == "invalid: header line 1 has no valid field name");
  CHECK(fault("A: 1\r\n\r\nB: 2\r\n\r\n") == "invalid: header line 2 is empty, but the header goes on");
}

TEST_CASE("bare CR, bare LF, NUL and a missing last CRLF are refused") {
  CHECK(fault("A: 1\nB: 2\r\n\r\n") == "invalid: header line 1 has a bare LF");
  CHECK(fault("A: 1\r\n\nB: 2\r\n\r\n") == "invalid: header line 2 has a bare LF");
  CHECK(fault("A: 1\rB: 2\r\n\r\n") == "invalid: header line 1 has a bare CR");
  CHECK(fault("A: 1\r\r\n\r\n") == "invalid: header line 1 has a bare CR");
  CHECK(fault("A: 1\r\nB: \0x\r\n\r\n"s) == "invalid: header line 2 has a NUL");
  CHECK(fault("A: 1\r\nB: 2") == "invalid: header line 2 does not end in CRLF");
}

TEST_CASE("limits hold exactly") {
  const std::string bytes = "A: 1\r\nB: 2\r\n\r\n";
  CHECK(fault(bytes, {.size = bytes.size(), .fields = 2}) == "none");
  CHECK(fault(bytes, {.size = bytes.size() - 1, .fields = 2}) == "limit: the header is longer than 13 bytes");
  CHECK(fault(bytes, {.size = bytes.size(), .fields = 1}) == "limit: the header has more than 1 fields");
}
