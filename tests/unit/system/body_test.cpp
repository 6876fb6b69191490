#include "system/body.h"

#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>

#include "support.h"

using namespace postern;
using namespace postern::system;
using namespace postern::system::test;

namespace {
http::json::object parse(const std::string& text) { return http::json::parse(text).as_object(); }
}  // namespace

TEST_CASE("members of the right types are taken") {
  const auto object = parse(R"({"name":"anna","wildcards":true,"addresses":["10.9.0.2","fd09::2"],
    "list":["a","b"],"expires":"2026-12-31T23:59:59Z","never":null,"limits":{"hour":5},"state":"off"})");
  Body body(object);
  CHECK(body.required_text("name") == "anna");
  CHECK(body.flag("wildcards") == true);
  CHECK(body.addresses("addresses") == std::vector{ip("10.9.0.2"), ip("fd09::2")});
  CHECK(body.texts("list") == std::vector<std::string>{"a", "b"});
  REQUIRE(body.time("expires"));
  CHECK(format_rfc3339(**body.time("expires")) == "2026-12-31T23:59:59.000000Z");
  REQUIRE(body.time("never"));
  CHECK_FALSE(body.time("never")->has_value());
  CHECK(body.numbers("limits", {"hour"}) == std::vector<std::pair<std::string, std::uint32_t>>{{"hour", 5}});
  CHECK(body.word("state", {"on", "off"}) == 1);
  CHECK(body.finish());
}

TEST_CASE("what is missing is not there, unless it has to be") {
  const http::json::object empty;
  Body body(empty);
  CHECK_FALSE(body.text("a"));
  CHECK_FALSE(body.flag("b"));
  CHECK_FALSE(body.time("c"));
  CHECK_FALSE(body.word("d", {"x"}));
  CHECK(body.finish());
  CHECK(body.required_text("name").empty());
  const auto finished = body.finish();
  REQUIRE_FALSE(finished);
  CHECK(finished.error().context == "'name' must be given");
}

TEST_CASE("everything that is wrong is told at once") {
  const auto object = parse(R"({"name":5,"flag":"yes","addresses":["10.9.0.2/24"],"list":"a","expires":"tomorrow",
    "limits":{"hour":-1},"state":"maybe","nmae":"typo"})");
  Body body(object);
  body.required_text("name");
  body.flag("flag");
  body.addresses("addresses");
  body.texts("list");
  body.time("expires");
  body.numbers("limits", {"hour", "day"});
  body.word("state", {"on", "off"});
  const auto finished = body.finish();
  REQUIRE_FALSE(finished);
  CHECK(finished.error().code == ErrorCode::kInvalid);
  CHECK(finished.error().context ==
        "'name' must be a text; 'flag' must be true or false; 'addresses' must be a list of IP addresses; "
        "'list' must be a list of texts; 'expires' must be a time such as \"2026-12-31T23:59:59Z\", or null; "
        "'limits' must be an object with whole numbers by the names day, hour; 'state' must be \"on\" or \"off\"; "
        "'nmae' is not known here");
}

TEST_CASE("numbers are whole, not too large, and have a known name") {
  for (const char* bad : {R"({"l":{"hour":1.5}})", R"({"l":{"hour":4294967296}})", R"({"l":{"hour":"5"}})",
                          R"({"l":{"houre":5}})", R"({"l":[5]})", R"({"l":null})"}) {
    CAPTURE(bad);
    const auto object = parse(bad);
    Body body(object);
    CHECK_FALSE(body.numbers("l", {"hour"}));
    CHECK_FALSE(body.finish());
  }
}
