#include "spool/envelope.h"

#include <catch2/catch_test_macros.hpp>

#include "spool/change.h"

using namespace postern;
using namespace postern::spool;

namespace {

Envelope full_envelope() {
  Envelope envelope;
  envelope.reverse_path = "ann@example.org";
  envelope.recipients = {{"bob@example.org", "rfc822;bob@example.org", kNotifySuccess | kNotifyFailure},
                         {"übung@example.org", "", kNotifyNever}};
  envelope.flags = kSmtpUtf8 | kEightBit;
  envelope.returns = Return::kHeaders;
  envelope.envelope_id = "QQ314159";
  envelope.person = "ann";
  envelope.device = "ann-laptop";
  envelope.client = "10.9.0.2";
  envelope.session = 0x0123456789ABCDEF;
  envelope.received = WallTime(std::chrono::microseconds(1'700'000'000'123'456));
  return envelope;
}

}  // namespace

TEST_CASE("An envelope comes back as it was") {
  const Envelope envelope = full_envelope();
  const auto back = decode_envelope(encode(envelope));
  REQUIRE(back);
  CHECK(*back == envelope);
  CHECK(count_recipients(encode(envelope)) == 2);
}

TEST_CASE("Bytes that are no envelope are refused") {
  const std::string bytes = encode(full_envelope());
  for (std::size_t i = 0; i < bytes.size(); ++i) CHECK_FALSE(decode_envelope(bytes.substr(0, i)));
  CHECK_FALSE(decode_envelope(bytes + "x"));
  std::string other = bytes;
  other[0] = 2;
  CHECK_FALSE(decode_envelope(other));
  CHECK(count_recipients(other) == 0);
  CHECK(count_recipients("") == 0);
  Envelope nobody = full_envelope();
  nobody.recipients.clear();
  CHECK_FALSE(decode_envelope(encode(nobody)));
  other = bytes;
  other[4] = '\x7f';  // two thousand million recipients
  CHECK_FALSE(decode_envelope(other));
}

TEST_CASE("Changes come back as they were") {
  std::string bytes;
  encode(bytes, MessageChange{42, true, 1234567, 0xDEADBEEF, "envelope"});
  const auto message = decode_message_change(bytes);
  REQUIRE(message);
  CHECK(message->id == 42);
  CHECK(message->in_file);
  CHECK(message->size == 1234567);
  CHECK(message->content_crc == 0xDEADBEEF);
  CHECK(message->envelope == "envelope");
  CHECK_FALSE(decode_message_change(bytes + "x"));
  CHECK_FALSE(decode_message_change(bytes.substr(1)));

  StateChange change;
  change.id = 43;
  change.held = false;
  change.due = 99;
  change.recipients = {{7, RecipientState::kFailed, "550 no"}, {8, RecipientState::kPending, "450 later"}};
  bytes.clear();
  encode(bytes, change);
  const auto state = decode_state_change(bytes);
  REQUIRE(state);
  CHECK(state->id == 43);
  CHECK(state->held == false);
  CHECK_FALSE(state->damaged);
  CHECK(state->due == 99U);
  CHECK_FALSE(state->attempts);
  REQUIRE(state->recipients.size() == 2);
  CHECK(state->recipients[0].reply == "550 no");
  CHECK(state->recipients[1].index == 8);
  for (std::size_t i = 0; i < bytes.size(); ++i) CHECK_FALSE(decode_state_change(bytes.substr(0, i)));
}
