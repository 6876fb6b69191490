#include "message/complete.h"

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>
#include <vector>

using namespace postern;
using namespace postern::message;

namespace {

Trace trace() {
  return {.gateway = "mail.example.org",
          .id = "01KB2Q3XYZABC",
          .network = "lan",
          .time = WallTime(std::chrono::seconds(1'795'488'426))};
}

Completed completed(const std::string& bytes) {
  const auto block = HeaderBlock::parse(bytes);
  REQUIRE(block);
  auto result = complete(*block, trace());
  REQUIRE(result);
  return std::move(*result);
}

std::string fault(const std::string& bytes) {
  const auto block = HeaderBlock::parse(bytes);
  REQUIRE(block);
  const auto result = complete(*block, trace());
  return result ? "none" : result.error().context;
}

const std::string kReceived =
    "Received: from lan by mail.example.org (Postern) with ESMTPSA id\r\n"
    " 01KB2Q3XYZABC; Tue, 24 Nov 2026 02:47:06 +0000\r\n";
const std::string kDate = "Date: Mon, 23 Nov 2026 10:00:00 +0100\r\n";
const std::string kId = "Message-ID: <1@client.example>\r\n";

}  // namespace

TEST_CASE("a complete header only gets Received") {
  const std::string header = "from: Ann <ann@example.org>\r\n" + kDate + kId + "Subject:  two  blanks\t\r\n\tfold\r\n";
  const Completed result = completed(header + "\r\n");
  CHECK(result.header == kReceived + header + "\r\n");
  CHECK(result.message_id == "1@client.example");
  CHECK_FALSE(result.date_added);
  CHECK_FALSE(result.message_id_added);
  CHECK(result.fields_removed == 0);
}

TEST_CASE("Date and Message-ID are added where they are missing") {
  const Completed result = completed("From: ann@example.org\r\n\r\n");
  CHECK(result.header == kReceived +
                             "From: ann@example.org\r\n"
                             "Date: Tue, 24 Nov 2026 02:47:06 +0000\r\n"
                             "Message-ID: <" +
                             result.message_id + ">\r\n\r\n");
  CHECK(result.message_id.starts_with("01KB2Q3XYZABC."));
  CHECK(result.message_id.ends_with("@mail.example.org"));
  CHECK(result.date_added);
  CHECK(result.message_id_added);
}

TEST_CASE("fields that look alike do not count") {
  const Completed result = completed("X-Date: 1\r\nDates: 1\r\nResent-Date: 1\r\nResent-Message-ID: <1@x>\r\n\r\n");
  CHECK(result.date_added);
  CHECK(result.message_id_added);
}

TEST_CASE("Bcc, Resent-Bcc and Return-Path go, folds included, wherever they stand") {
  const std::string keep1 = "From: ann@example.org\r\n";
  const std::string keep2 = "Subject: Bcc: x\r\n Bcc: not a field\r\nX-Bcc: y\r\nBccs: z\r\n";
  const std::string header = "Return-Path: <x@example.org>\r\n" + keep1 + "BCC: a@example.org,\r\n b@example.org\r\n" +
                             "bcc:\r\n" + keep2 + kDate + kId + "Resent-Bcc: c@example.org\r\n";
  const Completed result = completed(header + "\r\n");
  CHECK(result.header == kReceived + keep1 + keep2 + kDate + kId + "\r\n");
  CHECK(result.fields_removed == 4);
}

TEST_CASE("more than one Date or Message-ID is refused") {
  CHECK(fault(kDate + kDate + "\r\n") == "more than one Date field");
  CHECK(fault(kId + "message-id: <2@x>\r\n\r\n") == "more than one Message-ID field");
}

TEST_CASE("a message without a body stays without one") {
  CHECK(completed(kDate + kId).header == kReceived + kDate + kId);
  CHECK(completed("Bcc: x@example.org\r\n").header.ends_with("@mail.example.org>\r\n"));
}

TEST_CASE("strange Message-IDs are taken as they are, but not without bound") {
  CHECK(completed(kDate + "Message-ID:\r\n  <a@b> \r\n\r\n").message_id == "a@b");
  CHECK(completed(kDate + "Message-ID: a b\r\n\r\n").message_id == "a b");
  CHECK(completed(kDate + "Message-ID:\r\n\r\n").message_id.empty());
  CHECK(completed(kDate + "Message-ID: " + std::string(900, 'x') + "\r\n\r\n").message_id.size() == 512);
}

// Whatever the client sends: what stays is there byte for byte and in order, and nothing else is but what we add.
TEST_CASE("no byte changes but those that must") {
  std::mt19937 random(20261124);  // NOLINT: the same cases in each run
  const auto pick = [&](std::size_t count) { return random() % count; };
  const std::vector<std::string> names = {"X-A", "Subject", "To", "Bcc", "bCC", "Return-Path", "Resent-Bcc", "From"};
  const std::vector<std::string> texts = {
      "", " ", " text", "\ttabs\t ", " a\r\n b", "\r\n\tBcc: x", " :::", " \xc3\xbc", " Date: x\r\n Message-ID: y"};
  for (int round = 0; round < 2000; ++round) {
    std::string kept;
    std::string bytes;
    for (std::size_t field = pick(12); field > 0; --field) {
      const std::size_t name = pick(names.size());
      const std::string line = names[name] + ":" + texts[pick(texts.size())] + "\r\n";
      bytes += line;
      if (name < 3 || name == 7) kept += line;
    }
    const bool date = pick(2) == 0;
    const bool id = pick(2) == 0;
    const std::string own = (date ? kDate : "") + (id ? kId : "");
    const Completed result = completed(own + bytes + "\r\n");
    std::string expected = kReceived + own + kept;
    if (!date) expected += "Date: Tue, 24 Nov 2026 02:47:06 +0000\r\n";
    if (!id) expected += "Message-ID: <" + result.message_id + ">\r\n";
    REQUIRE(result.header == expected + "\r\n");
    // What came out is a header again, and completing is done with.
    REQUIRE(HeaderBlock::parse(result.header));
  }
}
