#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "message/authors.h"

using namespace postern::message;
using namespace std::string_literals;

namespace {

/// The addresses with blanks between them, or "refused".
std::string read(const std::string& body) {
  const auto list = parse_address_list(body);
  if (!list) return "refused";
  std::string text;
  for (const auto& mailbox : *list) text += (text.empty() ? "" : " ") + mailbox.text();
  return text;
}

std::string why(const std::string& body) {
  const auto list = parse_address_list(body);
  return list ? "none" : list.error().context;
}

}  // namespace

TEST_CASE("usual address lists are read") {
  CHECK(read("ann@example.org") == "ann@example.org");
  CHECK(read(" ann@example.org ") == "ann@example.org");
  CHECK(read("<ann@example.org>") == "ann@example.org");
  CHECK(read("Ann <ann@example.org>") == "ann@example.org");
  CHECK(read("Ann B. Public <ann@Example.ORG>") == "ann@example.org");
  CHECK(read("\"Public, Ann (B.) <x@y>\" <ann@example.org>") == "ann@example.org");
  CHECK(read("ann@example.org, Bob <bob@example.net>,\r\n\tcarl@example.com") ==
        "ann@example.org bob@example.net carl@example.com");
  CHECK(read("ann+tag=x@[192.0.2.1]") == "ann+tag=x@[192.0.2.1]");
  CHECK(read("ann@[IPv6:2001:db8::1]") == "ann@[IPv6:2001:db8::1]");
}

TEST_CASE("folds and comments around addresses are skipped") {
  CHECK(read("\r\n ann@example.org") == "ann@example.org");
  CHECK(read("Ann\r\n <ann@example.org>\r\n ") == "ann@example.org");
  CHECK(read("ann@example.org (Ann (the \"second\") \\) of <x@y>, z@y)") == "ann@example.org");
  CHECK(read("(before) Ann (in) B. (after) <ann@example.org> (end)") == "ann@example.org");
  CHECK(read("\"\"<ann@example.org>") == "ann@example.org");
}

TEST_CASE("quoted local parts keep their meaning") {
  CHECK(read("\"ann\"@example.org") == "ann@example.org");
  CHECK(read("<\"a@b\"@example.org>") == "\"a@b\"@example.org");
  CHECK(read("\"boss@example.org>, \\\"\"@evil.example") == "\"boss@example.org>, \\\"\"@evil.example");
  CHECK(read("\"a b\"@example.org") == "\"a b\"@example.org");
}

TEST_CASE("encoded words in names are names, whatever they hold") {
  CHECK(read("=?utf-8?B?Ym9zc0BleGFtcGxlLm9yZw==?= <ann@example.org>") == "ann@example.org");
  CHECK(read("=?utf-8?Q?boss=40example.org_=3Cboss=40example.org=3E?= <ann@example.org>") == "ann@example.org");
  CHECK(read("=?utf-8?Q?boss@example.org?= <ann@example.org>") == "refused");
  CHECK(read("=?utf-8?Q?=22_=3Cboss=40example.org=3E?=@example.net") != "boss@example.org");
}

TEST_CASE("UTF-8 stands in names and addresses") {
  CHECK(read("J\xc3\xb6rg <j\xc3\xb6rg@example.org>") == "j\xc3\xb6rg@example.org");
  CHECK(read("j\xc3\xb6rg@b\xc3\xbc"
             "cher.example") ==
        "j\xc3\xb6rg@b\xc3\xbc"
        "cher.example");
}

TEST_CASE("groups are opened") {
  CHECK(read("Team: ann@example.org, Bob <bob@example.net>;") == "ann@example.org bob@example.net");
  CHECK(read("Team: ann@example.org;, carl@example.com") == "ann@example.org carl@example.com");
  CHECK(read("undisclosed recipients:;").empty());
  CHECK(read("A: (nobody) ;, B:;").empty());
}

TEST_CASE("whatever could be read in two ways is refused") {
  const std::vector<std::string> tricks = {
      "",
      " ",
      "(only a comment)",
      "Ann",
      "\"Ann\"",
      "ann@",
      "@example.org",
      "<>",
      "Ann <>",
      "ann@example.org,",
      ",ann@example.org",
      "ann@example.org,,bob@example.net",
      "ann@example.org bob@example.net",
      "ann@example.org;bob@example.net",
      "boss@example.org <ann@example.org>",
      "Boss boss@example.org <ann@example.org>",
      "boss @example.org",
      "boss@ example.org",
      "boss(x)@example.org",
      "boss@(x)example.org",
      "boss@example.(x)org",
      "a . b@example.org",
      "< ann@example.org>",
      "<ann@example.org >",
      "<ann@example.org(x)>",
      "<@relay.example:ann@example.org>",
      "<@a.example,@b.example:ann@example.org>",
      "Ann <ann@example.org> Boss",
      "Ann <ann@example.org> <boss@example.org>",
      "Ann <ann@example.org",
      "Ann ann@example.org>",
      "Ann <<ann@example.org>>",
      "\"Ann <ann@example.org>",
      "Ann (unclosed <ann@example.org>",
      "Ann ) <ann@example.org>",
      "ann@example.org (unclosed",
      "ann@example.org (unclosed\\)",
      "ann@example.org.",
      ".ann@example.org",
      "an..n@example.org",
      "ann@example..org",
      "ann@example.org@evil.example",
      "ann@-example.org",
      "ann@[192.0.2.1",
      "ann@[not an address]",
      "Team: ann@example.org",
      "Team: ann@example.org, ;",
      "Team: , ann@example.org;",
      "Team: Inner: ann@example.org;;",
      "Team: ann@example.org; bob@example.net",
      ": ann@example.org;",
      "ann@example.org\r\nBoss <boss@example.org>"s,
      "\"two\"words@example.org",
      "two\"words\"@example.org",
      "ann\x01@example.org",
      "Ann \x07 <ann@example.org>",
      "Ann [2] <ann@example.org>",
      "ann@example.org\\",
      "<ann\xe2\x80\xa8@example.org>",
  };
  for (const std::string& trick : tricks) {
    CAPTURE(trick);
    CHECK(read(trick) == "refused");
  }
}

TEST_CASE("deep comments end in an error, not in the stack") {
  const std::string deep(8, '(');
  CHECK(read("ann@example.org " + deep + std::string(8, ')')) == "ann@example.org");
  CHECK(why("ann@example.org (" + deep + std::string(9, ')')) == "comments are nested too deeply");
  CHECK(why(std::string(1 << 20, '(')) == "comments are nested too deeply");
}

TEST_CASE("the reasons can be understood") {
  CHECK(why("Ann") == "a name has no address");
  CHECK(why("<@a:b@c>") == "an address has an obsolete route");
  CHECK(why("a@b.example c@d.example") == "something stands between two addresses where a comma should");
  CHECK(why("Team: a@b.example") == "a group does not end in a semicolon");
}
