#include "smtp/content.h"

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>
#include <vector>

#include "smtp/dot_writer.h"

namespace postern::smtp {

namespace {

/// Few letters, so that line ends, dots and their neighbours meet in all ways.
std::string random_text(std::mt19937& random, std::size_t limit, std::string_view letters) {
  std::string text(std::uniform_int_distribution<std::size_t>(0, limit)(random), ' ');
  std::uniform_int_distribution<std::size_t> letter(0, letters.size() - 1);
  for (char& c : text) c = letters[letter(random)];
  return text;
}

/// What the content is once each CR, LF or CRLF is a CRLF and the last line is complete: by the plainest means.
std::string with_crlf(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pair = text.substr(i, 2) == "\r\n";
    if (pair) ++i;
    if (pair || text[i] == '\r' || text[i] == '\n') {
      out += "\r\n";
    } else {
      out += text[i];
    }
  }
  if (!out.empty() && !out.ends_with('\n')) out += "\r\n";
  return out;
}

std::string stuffed(std::string_view text) {
  std::string out;
  bool start = true;
  for (const char c : text) {
    if (start && c == '.') out += '.';
    out += c;
    start = c == '\n';
  }
  return out + ".\r\n";
}

}  // namespace

TEST_CASE("the first CR, LF or NUL is found wherever it stands") {
  for (const char special : {'\r', '\n', '\0'}) {
    for (std::size_t length = 0; length < 100; ++length) {
      std::string text(length, '\x0C');
      REQUIRE(find_special(text) == length);
      for (std::size_t at = 0; at < length; ++at) {
        text.assign(length, '\xFF');
        text[at] = special;
        REQUIRE(find_special(text) == at);
      }
    }
  }
}

TEST_CASE("a scan stops where a scan byte by byte stops, and leaves the same line state") {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = random_text(random, 40, std::string_view("ab.\r\n\r\n\r\n\0", round % 4 == 0 ? 10 : 9));
    LineState whole;
    const Run run = scan_content(text, whole, true);

    LineState line;
    std::size_t at = 0;
    Stop stop = Stop::kInput;
    for (std::size_t end = 0; end <= text.size() && stop == Stop::kInput; ++end) {
      const Run piece = scan_content(std::string_view(text).substr(at, end - at), line, true);
      at += piece.length;
      stop = piece.stop;
    }
    INFO(text);
    REQUIRE(at == run.length);
    REQUIRE(stop == run.stop);
    REQUIRE(line.at_start == whole.at_start);
    REQUIRE(line.length == whole.length);
    REQUIRE(line.longest == whole.longest);
    // What is clean holds whole CRLFs only.
    const std::string clean = text.substr(0, run.length);
    REQUIRE(with_crlf(clean).substr(0, clean.size()) == clean);
    REQUIRE(clean.find('\0') == std::string::npos);
  }
}

TEST_CASE("content goes out with line ends made anew and dots stuffed, however it is cut") {
  std::mt19937 random(2);
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = random_text(random, 40, "ab..\r\n");
    const std::string expected = stuffed(with_crlf(text));
    DotWriter writer;
    std::string out;
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::size_t size = std::uniform_int_distribution<std::size_t>(0, rest.size())(random);
      writer.append(out, rest.substr(0, size));
      rest.remove_prefix(size);
    }
    writer.finish(out);
    INFO(text);
    REQUIRE(out == expected);
    // Nothing of one message is left for the next.
    std::string next;
    writer.finish(next);
    REQUIRE(next == ".\r\n");
  }
}

}  // namespace postern::smtp
