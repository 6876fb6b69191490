#include "ledger/chain.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "base/encoding.h"

using namespace postern;
using namespace postern::ledger;

namespace {

std::string hex(const Hash& hash) { return hex_encode({hash.data(), hash.size()}); }

}  // namespace

TEST_CASE("SHA-256 of FIPS 180-4's example") {
  Hasher hasher;
  CHECK(hex(hasher("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(hasher("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("An entry's line is as documented") {
  Hasher hasher;
  std::string out;
  const WallTime time(std::chrono::microseconds(1'700'000'000'123'456));
  const Hash hash = append_entry(out, hasher, 1, time, R"({"event":"start","daemon":"vault"})", Hash{});
  const std::string hashed = R"({"seq":1,"time":"2023-11-14T22:13:20.123456Z","event":"start","daemon":"vault",)"
                             R"("prev":")" +
                             std::string(64, '0') + "\"";
  CHECK(out == hashed + R"(,"hash":")" + hex(hash) + "\"}\n");
  CHECK(hash == hasher(hashed));
  // What chain.h tells people to do with a line.
  CHECK(out.substr(0, out.size() - 1 - 75) == hashed);

  const auto entry = parse_entry(std::string_view(out).substr(0, out.size() - 1));
  REQUIRE(entry);
  CHECK(entry->seq == 1);
  CHECK(entry->time == "2023-11-14T22:13:20.123456Z");
  CHECK(entry->event == "start");
  CHECK(entry->prev == Hash{});
  CHECK(entry->hash == hash);
  CHECK(entry->hashed == hashed);
}

TEST_CASE("Lines that are no entries") {
  Hasher hasher;
  std::string good;
  append_entry(good, hasher, 12, WallTime{}, R"({"event":"x","n":1})", Hash{});
  good.pop_back();
  REQUIRE(parse_entry(good));
  // Every single byte's loss and every cut is noticed by the form alone, or changes what is hashed.
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed.erase(i, 1);
    const auto entry = parse_entry(changed);
    INFO(changed);
    CHECK((!entry || hasher(entry->hashed) != entry->hash));
    CHECK_FALSE(parse_entry(good.substr(0, i)));
  }
  const auto replaced = [&good](std::string_view what, std::string_view with) {
    std::string text = good;
    text.replace(text.find(what), what.size(), with);
    return parse_entry(text).has_value();
  };
  CHECK_FALSE(replaced("\"seq\":12", "\"seq\":012"));
  CHECK_FALSE(replaced("\"seq\":12", "\"seq\":0"));
  CHECK_FALSE(replaced("\"seq\":12", "\"seq\":99999999999999999999"));
  CHECK_FALSE(replaced("1970-01-01T", "1970-01-01 "));
  CHECK_FALSE(replaced("\"n\":1", "\"n\":"));
  CHECK_FALSE(replaced("\"event\"", "\"Event\""));
  CHECK_FALSE(parse_entry(std::string(kMaxLine + 1, 'x')));
  CHECK_FALSE(parse_entry(""));
  // Nothing between seq and prev.
  const std::string bare = good.substr(0, good.find(",\"time\"")) + good.substr(good.find(",\"prev\""));
  CHECK_FALSE(parse_entry(bare));
}
