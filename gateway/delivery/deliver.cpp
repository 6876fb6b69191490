#include "delivery/deliver.h"

#include <algorithm>
#include <span>

#include "base/encoding.h"
#include "base/log.h"
#include "base/text.h"
#include "delivery/envelope.h"

namespace postern::delivery {

namespace {

/// The recipients of one transaction: their indexes, and what is sent.
struct Batch {
  std::vector<std::uint32_t> indexes;
  smtp::Envelope envelope;
};

/// Takes recipients from the front of what is due. A stored address that is none fails here.
Batch make_batch(Job& job, smtp::Sender sender, std::size_t limit, const Circumstances& circumstances) {
  Batch batch;
  batch.envelope.sender = std::move(sender);
  for (const std::uint32_t index : std::vector(job.due)) {
    if (batch.indexes.size() == limit) break;
    auto recipient = to_recipient(job.envelope.recipients[index]);
    if (!recipient) {
      log::error("queue", {{"message", base32_id(job.id)}, {"reason", recipient.error().context}});
      note_local(job, index, true, "553 5.1.3 the stored address can't be read", circumstances);
      continue;
    }
    batch.indexes.push_back(index);
    batch.envelope.recipients.push_back(std::move(*recipient));
  }
  return batch;
}

/// The recipients that the server would take in another transaction: refused for want of room, while others had it.
std::vector<std::uint32_t> refused_for_room(const Batch& batch, const Transaction& transaction) {
  std::vector<std::uint32_t> again;
  std::size_t taken = 0;
  for (std::size_t i = 0; i < batch.indexes.size(); ++i) {
    if (transaction.recipients[i].outcome == smtp::Outcome::kAccepted) ++taken;
    if (is_recipient_limit(transaction.recipients[i])) again.push_back(batch.indexes[i]);
  }
  if (taken == 0) again.clear();
  return again;
}

void fail_all(Job& job, std::string_view reply, const Circumstances& circumstances) {
  for (const std::uint32_t index : std::vector(job.due)) note_local(job, index, true, reply, circumstances);
}

void defer_all(Job& job, std::string_view reply, const Circumstances& circumstances) {
  for (const std::uint32_t index : std::vector(job.due)) note_local(job, index, false, reply, circumstances);
}

DeliveryEnd local_fault(Job& job, const Error& error, const Circumstances& circumstances) {
  log::warning("content", {{"message", base32_id(job.id)}, {"reason", error.context}});
  defer_all(job, "451 4.3.0 the content could not be read from the queue", circumstances);
  return {.moved = false, .local_fault = true, .reply = {}};
}

std::size_t batch_limit(const Session& session, std::size_t configured) {
  const std::size_t server = session.max_recipients();
  return server == 0 ? configured : std::min(server, configured);
}

}  // namespace

asio::awaitable<DeliveryEnd> deliver(Session& session, Job& job, Content& content, std::size_t recipients_limit,
                                     const Circumstances& circumstances) {
  const auto sender = to_sender(job.envelope);
  if (!sender) {
    log::error("queue", {{"message", base32_id(job.id)}, {"reason", sender.error().context}});
    fail_all(job, "553 5.1.7 the stored reverse-path can't be read", circumstances);
    co_return DeliveryEnd{};
  }
  if (sender->body == smtp::Body::k8BitMime && !session.capabilities().eight_bit_mime) {
    // Converting would break signatures, so a server of the last century gets 7-bit mail only (RFC 6152 section 3).
    const auto eight_bit = co_await has_eight_bit(content);
    if (!eight_bit) co_return local_fault(job, eight_bit.error(), circumstances);
    if (*eight_bit) {
      fail_all(job, "554 5.6.3 the content has 8-bit bytes, which the next server does not take", circumstances);
      co_return DeliveryEnd{};
    }
  }
  bool first = true;
  while (!job.due.empty()) {
    if (!first && !session.usable()) {
      defer_all(job, "451 4.4.2 the session ended before the message's last recipients", circumstances);
      break;
    }
    const Batch batch = make_batch(job, *sender, batch_limit(session, recipients_limit), circumstances);
    if (batch.indexes.empty()) break;
    const Transaction transaction = co_await session.send(batch.envelope, content);
    if (transaction.content_fault) co_return local_fault(job, *transaction.content_fault, circumstances);
    if (first && transaction.untouched) {
      co_return DeliveryEnd{true, false, printable(transaction.recipients.front().reply.to_string())};
    }
    const std::vector<std::uint32_t> again =
        session.usable() ? refused_for_room(batch, transaction) : std::vector<std::uint32_t>{};
    if (!again.empty()) session.set_max_recipients(batch.indexes.size() - again.size());
    note_transaction(job, session, batch.indexes, transaction, again, circumstances);
    first = false;
  }
  co_return DeliveryEnd{};
}

}  // namespace postern::delivery
