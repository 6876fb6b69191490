#include "base/encoding.h"
#include "base/log.h"
#include "base/text.h"
#include "ipc/auth_messages.h"
#include "submission/replies.h"
#include "submission/session.h"
#include "submission/worker.h"

namespace postern::submission {

namespace {

/// For reaching postern-auth, and beyond the time that it takes for itself.
constexpr std::chrono::seconds kMargin{5};
constexpr std::size_t kShown = 128;

asio::awaitable<Result<ipc::LoginReply>> ask_auth(ipc::Pool& pool, const ipc::LoginRequest& request,
                                                  std::chrono::microseconds patience) {
  auto lease = co_await pool.acquire(kMargin);
  if (!lease) co_return fail(lease.error());
  ipc::Channel& channel = **lease;
  channel.carries_secrets();
  if (const auto sent = co_await channel.send(request, kMargin); !sent) co_return fail(sent.error());
  auto reply = co_await channel.receive_as<ipc::LoginReply>(patience);
  if (reply) lease->release();
  co_return reply;
}

}  // namespace

asio::awaitable<void> Session::decide_login(smtp::Authenticate& request) {
  const MonoTime asked = worker_.clock().mono();
  const std::string user = request.user;
  ipc::LoginRequest question{.service = ipc::LoginRequest::Service::kSubmission,
                             .session = facts_.id,
                             .user = std::move(request.user),
                             .password = std::move(request.password),
                             .client = facts_.origin.client.address,
                             .link = facts_.origin.link,
                             .network = facts_.origin.network};
  const config::Login& login = settings_->login;
  put_leftover_aside();
  auto reply = co_await ask_auth(worker_.auth(), question, login.timeout + login.failure_delay + kMargin);
  question.password.wipe();
  if (!leftover_.empty()) take_leftover_back();
  if (!reply) {
    log::error("postern-auth can't be asked", {{"error", reply.error().context}});
    refuse_login({}, user);
  } else if (!reply->granted) {
    refuse_login(*reply, user);
  } else {
    grant(*reply);
    if (const auto* revoked = worker_.revoked_since(asked, facts_)) {
      ending_ = true;
      end_reason_ = revoked->reason;
      server_->end_session(replies::kRevoked);
      co_return;
    }
    server_->accept();
  }
}

void Session::grant(ipc::LoginReply& reply) {
  facts_.person = std::move(reply.person);
  facts_.device = std::move(reply.device);
  facts_.ownership.emplace(reply.addresses);
  phase_ = Phase::kCommand;
  if (admission_) admission_->logged_in();
  ++worker_.counters().logins;
  worker_.events().add(facts_.event("login").flag("ok", true).take());
}

void Session::refuse_login(const ipc::LoginReply& reply, std::string_view user) {
  const bool temporary = reply.reason == ipc::LoginReply::Reason::kUnavailable;
  const smtp::ReplyView& answer = temporary ? replies::kLoginUnavailable : replies::kLoginFailed;
  ++worker_.counters().login_failures;
  ledger::Event event = facts_.event("login");
  event.flag("ok", false)
      .field("user", printable(user, kShown))
      .field("account", reply.person)
      .field("from_device", reply.device)
      .field("reason", ipc::to_string(reply.reason));
  if (reply.retry_after > 0) event.number("retry_after", std::uint64_t{reply.retry_after});
  worker_.events().add(event.field("reply", answer.to_string()).take());
  server_->reject(answer);
}

void Session::reject(const smtp::ReplyView& reply, std::string_view command, std::string_view reason,
                     std::string_view argument) {
  worker_.events().add(facts_.event("refuse")
                           .id("message", message_)
                           .field("command", command)
                           .field("reason", reason)
                           .field("argument", printable(argument, kShown))
                           .field("reply", reply.to_string())
                           .take());
  server_->reject(reply);
}

asio::awaitable<void> Session::decide_sender(const smtp::Sender& sender) {
  if (!sender.path && !settings_->submission.allow_null_sender) {
    reject(replies::kNullSender, "MAIL", "null-sender", "<>");
    co_return;
  }
  if (sender.path && !facts_.ownership->owns(*sender.path)) {
    reject(replies::kForeignSender, "MAIL", "foreign-sender", sender.path->text());
    co_return;
  }
  if (finishing_) {
    reject(replies::kStopping, "MAIL", "stop", {});
    co_return;
  }
  const auto no = co_await worker_.probe().ask(sender.size.value_or(0));
  if (!no) {
    begin_transaction(sender);
    server_->accept();
    co_return;
  }
  switch (*no) {
    case ipc::Refused::Kind::kFull: reject(replies::kFull, "MAIL", "vault-full", {}); break;
    case ipc::Refused::Kind::kTooBig: reject(replies::kTooBig, "MAIL", "vault-size", {}); break;
    case ipc::Refused::Kind::kStorage:
    case ipc::Refused::Kind::kInvalid: reject(replies::kStorage, "MAIL", "vault-unavailable", {}); break;
  }
}

void Session::begin_transaction(const smtp::Sender& sender) {
  drop_transaction("reset");
  message_ = worker_.ids().next();
  ledger::Event event = facts_.event("mail");
  event.id("message", message_).field("from", sender.path ? sender.path->text() : "<>");
  if (sender.size) event.number("announced", *sender.size);
  events_.push_back(event.take());
}

void Session::note(const smtp::Action& action) {
  if (const auto* hello = std::get_if<smtp::Hello>(&action)) {
    facts_.helo = hello->name;
    drop_transaction("reset");  // RFC 5321 section 4.1.4: EHLO is RSET too
  } else if (const auto* rcpt = std::get_if<smtp::RcptTo>(&action)) {
    events_.push_back(ledger::Event("rcpt")
                          .id("session", facts_.id)
                          .id("message", message_)
                          .field("to", rcpt->recipient->mailbox.text())
                          .take());
    server_->accept();
  } else if (const auto* begin = std::get_if<smtp::BeginMessage>(&action)) {
    phase_ = Phase::kMessage;
    message_began_ = worker_.clock().mono();
    message_received_ = 0;
    transfer_.emplace(Transfer::Context{.settings = *settings_,
                                        .vault = worker_.vault(),
                                        .clock = worker_.clock(),
                                        .facts = facts_,
                                        .envelope = *begin->envelope,
                                        .id = message_});
    server_->accept();
  } else if (const auto* refused = std::get_if<smtp::Refused>(&action)) {
    note_refusal(*refused);
  }
}

void Session::note_refusal(const smtp::Refused& refused) {
  ledger::Event event = facts_.event("refuse");
  event.id("message", message_)
      .field("command", smtp::to_string(refused.verb))
      .field("state", smtp::to_string(refused.state))
      .field("reason", smtp::to_string(refused.fault))
      .field("argument", printable(refused.argument, kShown))
      .field("reply", refused.reply.to_string());
  worker_.events().add(event.take());
}

asio::awaitable<void> Session::end_message() {
  Transfer::Verdict verdict = co_await transfer_->finish(events_);
  Counters& counters = worker_.counters();
  if (verdict.accepted) {
    ++messages_;
    ++counters.messages;
    counters.message_bytes += transfer_->received();
    events_.clear();
    server_->accept(verdict.reply);
  } else {
    ++counters.rejected;
    flush_events();
    reject(verdict.reply, "end-of-message", verdict.reason, {});
  }
  transfer_.reset();
  message_ = 0;
  phase_ = Phase::kCommand;
}

asio::awaitable<void> Session::abort_message(smtp::Fault fault) {
  if (transfer_) {
    ++worker_.counters().aborted;
    events_.push_back(facts_.event("abort")
                          .id("message", message_)
                          .field("reason", fault == smtp::Fault::kDriver ? end_reason_ : smtp::to_string(fault))
                          .number("received", transfer_->received())
                          .take());
    co_await transfer_->abandon();
    transfer_.reset();
    flush_events();
    message_ = 0;
  }
  if (phase_ == Phase::kMessage) phase_ = Phase::kCommand;
}

void Session::drop_transaction(std::string_view reason) {
  if (message_ == 0) return;
  events_.push_back(facts_.event("abort").id("message", message_).field("reason", reason).take());
  flush_events();
  message_ = 0;
}

void Session::flush_events() {
  for (std::string& event : events_) worker_.events().add(std::move(event));
  events_.clear();
}

}  // namespace postern::submission
