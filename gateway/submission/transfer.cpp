#include "submission/transfer.h"

#include <algorithm>
#include <format>

#include "base/encoding.h"
#include "base/log.h"
#include "message/authors.h"
#include "message/complete.h"
#include "submission/replies.h"
#include "submission/stored_envelope.h"

namespace postern::submission {

namespace {

/// Pieces from this size on go into a frame of their own without being gathered first.
constexpr std::size_t kDirect = 4 << 10;

bool has_eight_bit(std::string_view bytes) {
  unsigned char all = 0;
  for (const char c : bytes) all = static_cast<unsigned char>(all | static_cast<unsigned char>(c));
  return all > 127;
}

smtp::Reply reply_of(ipc::Refused::Kind kind) {
  switch (kind) {
    case ipc::Refused::Kind::kFull: return smtp::Reply(replies::kFull);
    case ipc::Refused::Kind::kTooBig: return smtp::Reply(replies::kTooBig);
    case ipc::Refused::Kind::kStorage:
    case ipc::Refused::Kind::kInvalid: break;
  }
  return smtp::Reply(replies::kStorage);
}

}  // namespace

bool Transfer::take(std::string_view bytes) {
  received_ += bytes.size();
  if (stage_ == Stage::kRefused) return false;
  if (!eight_bit_) eight_bit_ = has_eight_bit(bytes);
  if (stage_ == Stage::kBody) {
    stored_ += bytes.size();
    if (channel_ && content_.empty() && bytes.size() >= kDirect) {
      (*channel_)->queue(ipc::Chunk{bytes});
    } else {
      content_ += bytes;
    }
    return content_.size() + (channel_ ? (*channel_)->queued() : 0) >= kStreamAfter;
  }
  content_ += bytes;
  if (const auto end = header_end_.scan(content_)) {
    take_header(*end);
  } else if (content_.size() > context_.settings.submission.limits.header_size) {
    refuse(smtp::Reply(552, {5, 3, 4}, "Message header is too large"), "header-size");
  }
  return stage_ == Stage::kBody && content_.size() >= kStreamAfter;
}

void Transfer::take_header(std::size_t size) {
  const std::string block = content_.substr(0, size);
  const std::string body = content_.substr(size);
  if (const auto error = complete_header(block)) {
    switch (error->code) {
      case ErrorCode::kPermission:
        refuse(smtp::Reply(550, {5, 7, 1}, "Message refused: " + error->context), "foreign-author");
        return;
      case ErrorCode::kLimit:
        refuse(smtp::Reply(552, {5, 3, 4}, "Message refused: " + error->context), "header-size");
        return;
      default: refuse(smtp::Reply(554, {5, 6, 0}, "Message refused: " + error->context), "malformed-header"); return;
    }
  }
  stored_ = content_.size() + body.size();
  content_ += body;
  stage_ = Stage::kBody;
}

std::optional<Error> Transfer::complete_header(std::string_view block) {
  const config::Submission& submission = context_.settings.submission;
  const auto header = message::HeaderBlock::parse(
      block, {.size = submission.limits.header_size, .fields = submission.limits.header_fields});
  if (!header) return header.error();
  const auto authors = message::find_authors(*header);
  if (!authors) return authors.error();
  const SessionFacts& facts = context_.facts;
  if (const auto owned = message::check_ownership(*authors, *facts.ownership); !owned) return owned.error();

  const smtp::Envelope& envelope = context_.envelope;
  const std::string id = base32_id(context_.id);
  const bool single = envelope.recipients.size() == 1;
  const message::Trace trace{.gateway = context_.settings.gateway.name,
                             .id = id,
                             .network = ipc::to_string(facts.origin.network),
                             .utf8 = envelope.sender.smtputf8,
                             .tls_version = facts.tls.version,
                             .tls_cipher = facts.tls.cipher,
                             .tls_group = facts.tls.group,
                             .recipient = single ? std::string_view(envelope.recipients[0].mailbox.text()) : "",
                             .time = context_.clock.wall(),
                             .hide_client = submission.hide_client_address,
                             .helo = facts.helo,
                             .client = facts.client,
                             .person = facts.person,
                             .device = facts.device};
  auto completed = message::complete(*header, trace);
  if (!completed) return completed.error();
  message_id_ = std::move(completed->message_id);
  content_ = std::move(completed->header);
  return std::nullopt;
}

void Transfer::refuse(smtp::Reply reply, std::string reason) {
  stage_ = Stage::kRefused;
  std::string().swap(content_);
  channel_.reset();  // the vault takes a broken connection for an abort
  refusal_ = {.accepted = false, .reply = std::move(reply), .reason = std::move(reason)};
}

asio::awaitable<bool> Transfer::open_channel() {
  auto lease = co_await context_.vault.acquire(kConnect);
  if (!lease) {
    log::error("the vault can't be reached", {{"error", lease.error().context}});
    refuse(smtp::Reply(replies::kStorage), "vault-unavailable");
    co_return false;
  }
  channel_.emplace(std::move(*lease));
  (*channel_)->queue(
      ipc::Begin{.id = context_.id, .size = context_.envelope.sender.size.value_or(0), .envelope = encoded_envelope()});
  co_return true;
}

std::string Transfer::encoded_envelope() const {
  return spool::encode(stored_envelope(context_.envelope, context_.facts, eight_bit_, context_.clock.wall()));
}

void Transfer::queue_content() {
  for (std::string_view rest = content_; !rest.empty();) {
    const auto piece = rest.substr(0, ipc::kChunkSize);
    (*channel_)->queue(ipc::Chunk{piece});
    rest.remove_prefix(piece.size());
  }
  content_.clear();
}

asio::awaitable<void> Transfer::push() {
  if (stage_ != Stage::kBody) co_return;
  if (!channel_ && !co_await open_channel()) co_return;
  queue_content();
  const auto sent = co_await (*channel_)->flush(context_.settings.submission.timeouts.commit);
  if (!sent) {
    log::error("the vault does not take a message", {{"error", sent.error().context}});
    refuse(smtp::Reply(replies::kStorage), "vault-unavailable");
  }
}

std::string Transfer::queued_event() const {
  const smtp::Envelope& envelope = context_.envelope;
  ledger::Event event = context_.facts.event("queued");
  event.id("message", context_.id)
      .field("network", ipc::to_string(context_.facts.origin.network))
      .field("from", envelope.sender.path ? envelope.sender.path->text() : "<>")
      .number("recipients", std::uint64_t{envelope.recipients.size()})
      .number("size", stored_)
      .field("message_id", message_id_);
  return event.take();
}

asio::awaitable<Transfer::Verdict> Transfer::finish(std::vector<std::string>& events) {
  // Without an empty line all of the message is its header.
  if (stage_ == Stage::kHeader) take_header(content_.size());
  const bool streamed = channel_.has_value();
  if (stage_ == Stage::kBody && !channel_) co_await open_channel();
  if (stage_ == Stage::kRefused) co_return std::move(refusal_);
  queue_content();
  events.push_back(queued_event());
  // What was not known when Begin was sent: the last byte's time, and whether any was above 127.
  ipc::Commit commit{.envelope = streamed ? encoded_envelope() : std::string(), .events = std::move(events)};
  (*channel_)->queue(commit);
  events = std::move(commit.events);
  Verdict verdict = judge(co_await exchange());
  if (!verdict.accepted) events.pop_back();
  co_return verdict;
}

asio::awaitable<Result<ipc::Frame>> Transfer::exchange() {
  const auto patience = context_.settings.submission.timeouts.commit;
  if (const auto sent = co_await (*channel_)->flush(patience); !sent) co_return fail(sent.error());
  co_return co_await (*channel_)->receive(patience);
}

Transfer::Verdict Transfer::judge(const Result<ipc::Frame>& frame) {
  const auto refused = [](ipc::Refused::Kind kind, std::string reason) {
    return Verdict{.accepted = false, .reply = reply_of(kind), .reason = std::move(reason)};
  };
  if (!frame) {
    log::error("the vault did not answer a commit", {{"error", frame.error().context}});
    return refused(ipc::Refused::Kind::kStorage, "vault-unavailable");
  }
  if (frame->type == ipc::Committed::kType) {
    const auto committed = ipc::parse<ipc::Committed>(*frame);
    if (!committed || committed->id != context_.id) return refused(ipc::Refused::Kind::kStorage, "vault-protocol");
    channel_->release();
    return {
        .accepted = true, .reply = smtp::Reply(250, {2, 0, 0}, "queued as " + base32_id(context_.id)), .reason = {}};
  }
  const auto answer = ipc::parse<ipc::Refused>(*frame);
  if (!answer) return refused(ipc::Refused::Kind::kStorage, "vault-protocol");
  log::warning("the vault refused a message", {{"reason", answer->reason}});
  channel_->release();
  return refused(answer->kind, answer->kind == ipc::Refused::Kind::kFull     ? "vault-full"
                               : answer->kind == ipc::Refused::Kind::kTooBig ? "vault-size"
                                                                             : "vault-refused");
}

asio::awaitable<void> Transfer::abandon() {
  if (!channel_) co_return;
  if (co_await (*channel_)->send(ipc::Abort{}, kConnect)) channel_->release();
  channel_.reset();
}

}  // namespace postern::submission
