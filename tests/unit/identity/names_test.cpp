#include "identity/names.h"

#include <catch2/catch_test_macros.hpp>

using namespace postern;
using namespace postern::identity;

TEST_CASE("only names that no program can misread are names of people") {
  for (const char* name : {"a", "_", "ada", "ada.l", "a-b_c.9", "abcdefghijklmnopqrstuvwxyz012345"}) {
    CAPTURE(name);
    CHECK(is_person_name(name));
  }
  for (const std::string_view name :
       {std::string_view(""), std::string_view("-schallenge"), std::string_view(".hidden"), std::string_view("9a"),
        std::string_view("Ada"), std::string_view("a:b"), std::string_view("a/b"), std::string_view("a b"),
        std::string_view("a\n"), std::string_view("a\0b", 3), std::string_view("\xc3\xa4"), std::string_view("a@b"),
        std::string_view("abcdefghijklmnopqrstuvwxyz0123456"), std::string_view("a)(uid=*")}) {
    CAPTURE(name);
    CHECK_FALSE(is_person_name(name));
  }
}

TEST_CASE("devices, full names, keys and passwords have their grammars") {
  CHECK(is_device_name("9-laptop.home"));
  CHECK_FALSE(is_device_name(""));
  CHECK_FALSE(is_device_name("-x"));
  CHECK_FALSE(is_device_name(std::string(64, 'a')));

  CHECK(is_full_name(""));
  CHECK(is_full_name("Ada K\xc3\xb6nig"));
  CHECK_FALSE(is_full_name("Ada:0:0"));
  CHECK_FALSE(is_full_name("Ada\nroot::0:0"));
  CHECK_FALSE(is_full_name("\xff"));
  CHECK_FALSE(is_full_name(std::string(129, 'a')));

  CHECK(is_public_key("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE="));
  CHECK_FALSE(is_public_key("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
  CHECK_FALSE(is_public_key("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"));
  CHECK_FALSE(is_public_key("AAAA"));
  CHECK_FALSE(is_public_key(""));

  CHECK(is_password("x"));
  CHECK(is_password(std::string(256, 'x')));
  CHECK_FALSE(is_password(""));
  CHECK_FALSE(is_password(std::string(257, 'x')));
  CHECK_FALSE(is_password(std::string_view("a\0b", 3)));
}

TEST_CASE("mail addresses come in one form") {
  CHECK(normal_address("Ada@Example.ORG") == "Ada@example.org");
  CHECK(normal_address("*@Example.ORG") == "*@example.org");
  CHECK(normal_address("\"ada\"@example.org") == "ada@example.org");
  for (const char* text : {"", "ada", "@example.org", "ada@", "*", "*@", "*@*", "*@exa mple.org", "a b@example.org",
                           "ada@example.org\r\nRCPT TO:<x@y>", "ada@-example.org"}) {
    CAPTURE(text);
    CHECK_FALSE(normal_address(text).has_value());
  }
}

TEST_CASE("hardware addresses have one form, and name one host") {
  CHECK(normal_mac("00:11:22:AA:bb:Cc") == "00:11:22:aa:bb:cc");
  CHECK(normal_mac("00-11-22-aa-bb-cc") == "00:11:22:aa:bb:cc");
  for (const char* bad : {"", "00:11:22:aa:bb", "00:11:22:aa:bb:cg", "00:11:22:aa:bb:cc:dd", "0011.22aa.bbcc",
                          "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "00:11:22:aa:bb:c\n"}) {
    CHECK(normal_mac(bad).empty());
  }
}
