#include "config/suggest.h"

#include <catch2/catch_test_macros.hpp>

using namespace postern::config;

TEST_CASE("distances count slips of the keyboard") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "abc") == 0);
  CHECK(edit_distance("abc", "ABC") == 0);
  CHECK(edit_distance("abc", "ab") == 1);
  CHECK(edit_distance("abc", "abcd") == 1);
  CHECK(edit_distance("abc", "axc") == 1);
  CHECK(edit_distance("abc", "acb") == 1);
  CHECK(edit_distance("", "abc") == 3);
}

TEST_CASE("the nearest word is found, and only a near one") {
  const std::vector<std::string> words = {"message_size", "recipients", "port", "pool"};
  CHECK(nearest("mesage_size", words) == "message_size");
  CHECK(nearest("message-size", words) == "message_size");
  CHECK(nearest("Message Size", words) == "message_size");
  CHECK(nearest("receipients", words) == "recipients");
  CHECK(nearest("prot", words) == "port");
  CHECK(nearest("colour", words).empty());
  CHECK(nearest("", words).empty());
  CHECK(nearest(std::string(1 << 20, 'm'), words).empty());
}
