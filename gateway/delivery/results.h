#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/config.h"
#include "delivery/session.h"
#include "ipc/vault_messages.h"
#include "spool/envelope.h"

namespace postern::delivery {

/// A claimed message while it is here.
struct Job {
  std::uint64_t id = 0;
  std::uint64_t epoch = 0;  ///< of the claim
  std::uint32_t attempts = 0;
  std::uint64_t accepted_ms = 0;
  spool::Envelope envelope;
  std::vector<std::uint32_t> due;  ///< indexes into the envelope, not yet decided
  std::uint64_t size = 0;
  std::string head;
  unsigned moves = 0;  ///< how often it went on to another session without a trace

  ipc::Settle settle;      ///< what is known so far
  bool deferred = false;   ///< some recipient stays due
  unsigned uncertain = 0;  ///< recipients whose final reply was lost

  /// Decides the recipients: their outcome, and what the queue's list shows.
  void decide(std::uint32_t index, ipc::Settle::Outcome outcome, std::string reply);
};

/// The facts that the rules for a result need beside the reply.
struct Circumstances {
  bool expired = false;            ///< the message's time is up: what would be deferred has failed
  config::Duration retry_after{};  ///< for those that stay due
};

/// What one reply means for a recipient. RFC 5321 section 4.2.1, with two exceptions: 552 to RCPT is "too many
/// recipients" of old servers (section 4.5.3.1.10), and a lost reply to the final dot is deferred although it may have
/// been delivered: twice is better than never.
ipc::Settle::Outcome outcome_of(const smtp::RecipientResult& result, bool expired);

/// Whether RCPT was refused only because the transaction was full: another transaction may follow at once.
bool is_recipient_limit(const smtp::RecipientResult& result);

/// Notes a transaction's results in the job: outcomes and ledger events. `indexes` are the envelope's recipients in
/// the transaction's order; `to` the session's facts. Recipients named in `again` are left undecided.
void note_transaction(Job& job, const Session& session, const std::vector<std::uint32_t>& indexes,
                      const Transaction& transaction, const std::vector<std::uint32_t>& again,
                      const Circumstances& circumstances);

/// Notes that no session was to be had for the job: everything that is due is deferred, or failed when expired.
void note_unreachable(Job& job, const Route& route, const OpenFailure& failure, const Circumstances& circumstances);

/// Notes a recipient that can't be served for a reason of our own ("5.1.3 ..." or "5.6.3 ..."): failed, or deferred
/// when `permanent` is false.
void note_local(Job& job, std::uint32_t index, bool permanent, std::string_view reply,
                const Circumstances& circumstances);

}  // namespace postern::delivery
