#include "spool/index.h"

#include <catch2/catch_test_macros.hpp>

using namespace postern::spool;

namespace {

Entry entry(MessageId id, std::uint64_t due, std::uint16_t recipients = 1, std::uint32_t segment = 1) {
  Entry made;
  made.id = id;
  made.size = 100;
  made.due = due;
  made.accepted = due;
  made.place = {segment, static_cast<std::uint32_t>(id * 128), 128};
  made.recipients = made.pending = recipients;
  return made;
}

StateChange change(MessageId id) {
  StateChange made;
  made.id = id;
  return made;
}

}  // namespace

TEST_CASE("An entry takes no more memory than it should") { CHECK(sizeof(Entry) <= 72); }

TEST_CASE("Due messages are claimed in the order of their time, each once") {
  Index index;
  index.accept(entry(1, 30));
  index.accept(entry(2, 10));
  index.accept(entry(3, 10));
  index.accept(entry(4, 20));
  CHECK(index.next_due() == 10U);
  CHECK(index.claim(9, 1, 10).empty());
  CHECK(index.claim(20, 1, 2) == std::vector<MessageId>{2, 3});
  CHECK(index.claim(20, 1, 10) == std::vector<MessageId>{4});
  CHECK(index.claim(20, 1, 10).empty());
  CHECK(index.next_due() == 30U);
  CHECK(index.counts().claimed == 3);
  CHECK(index.end_claims(2) == 0);
  CHECK(index.end_claims(1) == 3);
  CHECK(index.claim(20, 2, 10) == std::vector<MessageId>{2, 3, 4});
}

TEST_CASE("A claim is settled by its owner only, and once") {
  Index index;
  index.accept(entry(1, 0));
  index.claim(0, 5, 1);
  CHECK_FALSE(index.begin_settle(1, 6));
  CHECK_FALSE(index.begin_settle(2, 5));
  CHECK(index.begin_settle(1, 5));
  CHECK_FALSE(index.begin_settle(1, 5));
  CHECK(index.end_claims(5) == 0);  // what is on its way to the disk is not claimed again
  index.end_claim(1);
  CHECK(index.claim(0, 5, 1).size() == 1);
}

TEST_CASE("Recipients' states are kept, and the last one ends the message") {
  Index index;
  index.accept(entry(1, 0, 3));
  StateChange first = change(1);
  first.recipients = {{0, RecipientState::kDelivered, "250 ok"}, {2, RecipientState::kPending, "450 later"}};
  first.due = 50;
  first.attempts = 1;
  CHECK_FALSE(index.apply(first));
  CHECK(index.find(1)->pending == 2);
  CHECK(index.counts().deferred == 1);
  const auto progress = unpack_progress(*index.find(1));
  CHECK(progress[0] == RecipientProgress{RecipientState::kDelivered, "250 ok"});
  CHECK(progress[1] == RecipientProgress{});
  CHECK(progress[2] == RecipientProgress{RecipientState::kPending, "450 later"});

  StateChange back = change(1);  // a final state stays
  back.recipients = {{0, RecipientState::kFailed, "550"}, {9, RecipientState::kFailed, "none such"}};
  CHECK_FALSE(index.apply(back));
  CHECK(unpack_progress(*index.find(1))[0].state == RecipientState::kDelivered);

  StateChange last = change(1);
  last.recipients = {{1, RecipientState::kFailed, "550"}, {2, RecipientState::kCancelled, ""}};
  const auto ended = index.apply(last);
  REQUIRE(ended);
  CHECK(ended->id == 1);
  CHECK(index.size() == 0);
  CHECK(index.use().empty());
  CHECK(index.counts().messages == 0);
  CHECK(index.counts().bytes == 0);
  CHECK(index.counts().deferred == 0);
  CHECK_FALSE(index.next_due());
  CHECK_FALSE(index.apply(last));
}

TEST_CASE("Held and damaged messages are not due") {
  Index index;
  index.accept(entry(1, 0));
  index.accept(entry(2, 0));
  StateChange hold = change(1);
  hold.held = true;
  index.apply(hold);
  StateChange damaged = change(2);
  damaged.damaged = true;
  index.apply(damaged);
  CHECK(index.claim(100, 1, 10).empty());
  CHECK(index.counts().held == 1);
  CHECK(index.counts().damaged == 1);
  hold.held = false;
  index.apply(hold);
  CHECK(index.claim(100, 1, 10) == std::vector<MessageId>{1});
  CHECK(index.counts().held == 0);
}

TEST_CASE("A message that is held while claimed stays held when the claim ends") {
  Index index;
  index.accept(entry(1, 0));
  index.claim(0, 1, 1);
  StateChange hold = change(1);
  hold.held = true;
  index.apply(hold);
  index.end_claim(1);
  CHECK(index.claim(100, 1, 10).empty());
}

TEST_CASE("The use of segments follows moves and ends") {
  Index index;
  index.accept(entry(1, 0, 1, 1));
  index.accept(entry(2, 0, 1, 1));
  CHECK(index.use().at(1).bytes == 256);
  index.move(1, {2, 0, 100});
  CHECK(index.use().at(1).records == 1);
  CHECK(index.use().at(2).bytes == 100);
  index.move(3, {2, 0, 100});  // nobody's
  CHECK(index.use().at(2).records == 1);
  StateChange end = change(2);
  end.recipients = {{0, RecipientState::kDelivered, ""}};
  index.apply(end);
  CHECK_FALSE(index.use().contains(1));
  CHECK(index.place_of(1) == Place{2, 0, 100});
  CHECK_FALSE(index.place_of(2));
}

TEST_CASE("Replaying what has taken effect changes nothing") {
  Index index;
  for (int round = 0; round < 2; ++round) {
    index.accept(entry(1, 0, 2));
    StateChange first = change(1);
    first.recipients = {{0, RecipientState::kDelivered, "250"}};
    first.due = 10;
    first.attempts = 1;
    index.apply(first);
    index.move(1, {2, 64, 128});
  }
  CHECK(index.size() == 1);
  CHECK(index.counts().messages == 1);
  CHECK(index.counts().bytes == 100);
  CHECK(index.counts().deferred == 1);
  CHECK(index.use().size() == 1);
  CHECK(index.find(1)->pending == 1);
  CHECK(index.claim(10, 1, 10).size() == 1);
  CHECK(index.claim(10, 1, 10).empty());
}

TEST_CASE("All that waits can be brought forward") {
  Index index;
  index.accept(entry(1, 100));
  index.accept(entry(2, 50));
  index.bring_forward(60);
  CHECK(index.next_due() == 0U);
  CHECK(index.claim(40, 1, 10) == std::vector<MessageId>{2, 1});
}
