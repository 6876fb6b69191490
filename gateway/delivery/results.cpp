#include "delivery/results.h"

#include <algorithm>

#include "base/text.h"
#include "ledger/event.h"

namespace postern::delivery {

namespace {

using Outcome = ipc::Settle::Outcome;

constexpr std::size_t kMaxReply = 500;

std::string_view event_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kDelivered: return "delivered";
    case Outcome::kDeferred: return "deferred";
    case Outcome::kFailed: return "failed";
  }
  std::unreachable();
}

/// Why a failure of this message is not reported by mail; every failure leaves this trace until reports exist.
std::string_view suppression(const spool::Envelope& envelope, const spool::Recipient& recipient) {
  if ((envelope.flags & spool::kGenerated) != 0) return "generated";
  if (envelope.reverse_path.empty()) return "null-reverse-path";
  if ((recipient.notify & spool::kNotifyNever) != 0) return "notify-never";
  if (recipient.notify != spool::kNotifyUnset && (recipient.notify & spool::kNotifyFailure) == 0) return "notify";
  return "not-implemented";
}

/// Everything about one recipient's outcome but its reply.
struct Note {
  std::string_view remote;
  std::string_view stage;
  std::string_view reason;  ///< "expired", "reply-lost", "route", "local"; empty: the reply says it all
};

void note(Job& job, std::uint32_t index, Outcome outcome, std::string reply, const Note& facts,
          const Circumstances& circumstances) {
  const spool::Recipient& recipient = job.envelope.recipients[index];
  ledger::Event event(event_name(outcome));
  event.id("message", job.id)
      .field("recipient", recipient.address)
      .field("remote", facts.remote)
      .field("stage", facts.stage)
      .field("reason", facts.reason)
      .field("reply", reply);
  if (outcome == Outcome::kDeferred) {
    event.number("retry_ms", std::uint64_t(circumstances.retry_after / std::chrono::milliseconds(1)));
  }
  job.settle.events.push_back(event.take());
  if (outcome == Outcome::kFailed) {
    job.settle.events.push_back(ledger::Event("bounce-suppressed")
                                    .id("message", job.id)
                                    .field("recipient", recipient.address)
                                    .field("person", job.envelope.person)
                                    .field("reason", suppression(job.envelope, recipient))
                                    .take());
  }
  job.decide(index, outcome, std::move(reply));
}

void note_attempt(Job& job, const Session& session, std::size_t recipients) {
  ledger::Event event("attempt");
  event.id("message", job.id)
      .field("route", session.route()->name)
      .field("host", session.route()->host)
      .field("remote", session.remote())
      .number("attempt", job.attempts + 1)
      .number("recipients", std::uint64_t{recipients});
  if (const auto& tls = session.tls()) {
    event.field("tls", tls->version)
        .field("cipher", tls->cipher)
        .field("group", tls->group)
        .field("verified", tls->verified)
        .field("peer", tls->peer);
  }
  event.flag("login", session.logged_in());
  job.settle.events.push_back(event.take());
}

std::string_view reason_of(const smtp::RecipientResult& result, Outcome outcome) {
  if (result.outcome == smtp::Outcome::kUncertain) return "reply-lost";
  return outcome == Outcome::kFailed && result.outcome != smtp::Outcome::kFailed ? "expired" : "";
}

}  // namespace

void Job::decide(std::uint32_t index, Outcome outcome, std::string reply) {
  std::erase(due, index);
  if (outcome == Outcome::kDeferred) deferred = true;
  settle.recipients.push_back({index, outcome, std::move(reply)});
}

bool is_recipient_limit(const smtp::RecipientResult& result) {
  return result.stage == smtp::Stage::kRcpt && (result.reply.code == 452 || result.reply.code == 552);
}

Outcome outcome_of(const smtp::RecipientResult& result, bool expired) {
  if (result.outcome == smtp::Outcome::kAccepted) return Outcome::kDelivered;
  if (result.outcome == smtp::Outcome::kFailed && !is_recipient_limit(result)) return Outcome::kFailed;
  return expired ? Outcome::kFailed : Outcome::kDeferred;
}

void note_transaction(Job& job, const Session& session, const std::vector<std::uint32_t>& indexes,
                      const Transaction& transaction, const std::vector<std::uint32_t>& again,
                      const Circumstances& circumstances) {
  note_attempt(job, session, indexes.size());
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    if (std::ranges::contains(again, indexes[i])) continue;
    const smtp::RecipientResult& result = transaction.recipients[i];
    const Outcome outcome = outcome_of(result, circumstances.expired);
    if (result.outcome == smtp::Outcome::kUncertain) ++job.uncertain;
    std::string reply = printable(result.reply.to_string(), kMaxReply);
    note(job, indexes[i], outcome, std::move(reply),
         {session.remote(), smtp::to_string(result.stage), reason_of(result, outcome)}, circumstances);
  }
}

void note_unreachable(Job& job, const Route& route, const OpenFailure& failure, const Circumstances& circumstances) {
  const std::string reply = printable(route.host + ": " + failure.reason, kMaxReply);
  const Outcome outcome = circumstances.expired ? Outcome::kFailed : Outcome::kDeferred;
  for (const std::uint32_t index : std::vector(job.due)) {
    note(job, index, outcome, reply, {failure.remote, failure.stage, circumstances.expired ? "expired" : "route"},
         circumstances);
  }
}

void note_local(Job& job, std::uint32_t index, bool permanent, std::string_view reply,
                const Circumstances& circumstances) {
  const bool failed = permanent || circumstances.expired;
  note(job, index, failed ? Outcome::kFailed : Outcome::kDeferred, std::string(reply),
       {{}, {}, permanent || !circumstances.expired ? "local" : "expired"}, circumstances);
}

}  // namespace postern::delivery
