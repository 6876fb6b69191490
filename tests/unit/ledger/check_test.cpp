#include "ledger/check.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "ledger/event.h"

using postern::ledger::check_event;

TEST_CASE("Events that the ledger takes") {
  for (const std::string_view event : {
           R"({"event":"x"})",
           R"({"event":"x","a":1,"b":-1.5e+10,"c":0,"d":true,"e":false,"f":null})",
           R"({"event":"x","text":"quote \" backslash \\ slash \/ \b\f\n\r\t \u00e9 é"})",
           R"({"event":"x","list":[1,[2,{"any Name":3}]],"empty":[],"object":{}})",
       }) {
    CAPTURE(event);
    CHECK(check_event(event));
  }
}

TEST_CASE("Events that the ledger refuses") {
  for (const std::string_view event : {
           R"()",
           R"({})",
           R"([])",
           R"("event")",
           R"({"event":"x"}x)",
           R"({"event":"x"},{"event":"y"})",
           R"({"event":""})",
           R"({"event":1})",
           R"({"a":1,"event":"x"})",
           R"({"event":"x",})",
           R"({"event":"x")",
           R"({ "event":"x"})",
           R"({"event": "x"})",
           "{\"event\":\"x\"}\n",
           "{\"event\":\"a\nb\"}",
           R"({"event":"x","seq":1})",
           R"({"event":"x","time":"t"})",
           R"({"event":"x","prev":""})",
           R"({"event":"x","hash":""})",
           R"({"event":"x","event":"y"})",
           R"({"event":"x","a":1,"a":2})",
           R"({"event":"x","s\u0065q":1})",
           R"({"event":"x","Upper":1})",
           R"({"event":"x","":1})",
           R"({"event":"x","a":01})",
           R"({"event":"x","a":+1})",
           R"({"event":"x","a":1.})",
           R"({"event":"x","a":.5})",
           R"({"event":"x","a":1e})",
           R"({"event":"x","a":-})",
           R"({"event":"x","a":tru})",
           R"({"event":"x","a":'b'})",
           R"({"event":"x","a":"\x"})",
           R"({"event":"x","a":"\u12g4"})",
           R"({"event":"x","a":"\u12)",
           R"({"event":"x","a":[1,]})",
           R"({"event":"x","a":{"b"}})",
           R"({"event":"x","a":})",
           R"({"event":"x","a":[[[[[1]]]]]})",
           "{\"event\":\"\xff\"}",
           "{\"event\":\"a\tb\"}",
       }) {
    CAPTURE(event);
    CHECK_FALSE(check_event(event));
  }
}

TEST_CASE("Bounds of an event") {
  std::string many = R"({"event":"x")";
  for (int i = 0; i < 63; ++i) many += ",\"m" + std::to_string(i) + "\":1";
  CHECK(check_event(many + "}"));
  CHECK_FALSE(check_event(many + ",\"one-more\":1}"));
  const std::string long_text(postern::ledger::kMaxEvent, 'a');
  CHECK_FALSE(check_event("{\"event\":\"" + long_text + "\"}"));
  CHECK_FALSE(check_event("{\"event\":\"x\",\"a\":" + std::string(10000, '[') + std::string(10000, ']') + "}"));
}
