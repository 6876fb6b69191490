#include "ledger/event.h"

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <string>

#include "ledger/check.h"

using namespace postern;
using ledger::Event;

TEST_CASE("An event's members stand in the order of the calls") {
  CHECK(Event("queued")
            .id("message", 1)
            .field("from", "a@example.org")
            .number("size", std::uint64_t{18446744073709551615U})
            .number("delta", std::int64_t{-5})
            .number("recipients", 3)
            .flag("tls", true)
            .time("due", WallTime(std::chrono::microseconds(1'500'000)))
            .take() ==
        R"({"event":"queued","message":"0000000000001","from":"a@example.org","size":18446744073709551615,)"
        R"("delta":-5,"recipients":3,"tls":true,"due":"1970-01-01T00:00:01.500000Z"})");
}

TEST_CASE("Empty texts and ids are left out") {
  CHECK(Event("x").field("a", "").id("b", 0).field("c", std::string("d")).take() == R"({"event":"x","c":"d"})");
}

TEST_CASE("Whatever bytes come in, an event that the ledger takes comes out") {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  const std::string controls = all.substr(0, 128);
  CHECK(ledger::check_event(Event("x").field("raw", all).take()));
  CHECK(ledger::check_event(Event("x").field("text", controls).take()));
  CHECK(Event("x").field("t", "a\"b\\c\n\x01\x7f").take() == R"({"event":"x","t":"a\"b\\c\n\u0001\u007f"})");
  CHECK(Event("x").field("t", "\xff").take() == R"({"event":"x","t":"\\xFF"})");
  CHECK(Event("x").field("t", "é").take() == "{\"event\":\"x\",\"t\":\"é\"}");
}

TEST_CASE("Long texts are cut between characters") {
  const std::string text = std::string(Event::kMaxText - 1, 'a') + "é and more";
  const std::string event = Event("x").field("t", text).take();
  CHECK(event == R"({"event":"x","t":")" + std::string(Event::kMaxText - 1, 'a') + R"(..."})");
  CHECK(ledger::check_event(event));
}
