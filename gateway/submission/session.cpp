#include "submission/session.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>

#include "base/log.h"
#include "base/secret.h"
#include "submission/replies.h"
#include "submission/worker.h"

namespace postern::submission {

namespace {

/// From a finished handshake to a login, whatever is said in between: RFC 5321's patience for one command.
constexpr std::chrono::minutes kLoginTotal{5};
/// For what a client still sends after our last word, so that closing doesn't reset the connection before it was read.
constexpr std::chrono::seconds kLinger{2};
constexpr std::uint64_t kLingerBytes = 1 << 20;
/// A message may arrive at any pace for so long.
constexpr std::chrono::seconds kRateGrace{60};

}  // namespace

Session::Session(Worker& worker, Connection::Socket socket, Origin origin, std::unique_ptr<Admission> admission)
    : worker_(worker),
      settings_(worker.settings()),
      admission_(std::move(admission)),
      connection_(std::move(socket), worker.scratch()),
      began_(worker.clock().mono()),
      waiting_since_(began_),
      end_reply_(replies::kStopping) {
  facts_.id = worker.ids().next();
  facts_.client = origin.client.address.to_string();
  facts_.origin = std::move(origin);
  worker_.enter(*this);
}

Session::~Session() { worker_.leave(*this); }

asio::awaitable<void> Session::run(std::unique_ptr<Session> session) {
  co_await session->serve();
  session->report_end();
  session->connection_.close();
}

asio::awaitable<void> Session::serve() {
  ledger::Event connect = facts_.event("connect");
  connect.number("port", unsigned{facts_.origin.local.port}).field("local", facts_.origin.local.address.to_string());
  connect.field("network", ipc::to_string(facts_.origin.network));
  worker_.events().add(connect.take());

  const bool implicit = facts_.origin.implicit_tls();
  if (implicit && !co_await shake_hands()) {
    co_await part(true);
    co_return;
  }
  phase_ = Phase::kBeforeLogin;
  server_.emplace(settings_->server, implicit);
  co_await converse();
}

asio::awaitable<bool> Session::shake_hands() {
  const MonoTime until = worker_.clock().mono() + settings_->submission.timeouts.tls_handshake;
  phase_ = Phase::kHandshake;
  connection_.start_tls(worker_.tls());
  connection_.expire_at(until);
  std::string why = "interrupted";
  for (;;) {
    const auto status = connection_.handshake();
    if (status == IoStatus::kOk) {
      why.clear();
      break;
    }
    if (status != IoStatus::kWantRead && status != IoStatus::kWantWrite) {
      why = connection_.tls_failure();
      break;
    }
    const auto wake = co_await connection_.wait(status);
    if (wake == Connection::Wake::kReady) continue;
    if (wake == Connection::Wake::kExpired) why = "timeout";
    if (wake == Connection::Wake::kFailed) why = "broken";
    break;
  }
  if (!why.empty()) {
    ++worker_.counters().tls_failures;
    end_reason_ = "tls";
    worker_.events().add(facts_.event("tls").flag("ok", false).field("reason", why).take());
    co_return false;
  }
  facts_.tls = connection_.tls_facts();
  ++worker_.counters().handshakes;
  if (facts_.tls.resumed) ++worker_.counters().resumed;
  worker_.events().add(facts_.event("tls")
                           .flag("ok", true)
                           .field("version", facts_.tls.version)
                           .field("cipher", facts_.tls.cipher)
                           .field("group", facts_.tls.group)
                           .field("server_name", facts_.tls.server_name)
                           .flag("resumed", facts_.tls.resumed)
                           .take());
  phase_ = Phase::kBeforeLogin;
  progressed_ = true;
  co_return true;
}

asio::awaitable<void> Session::converse() {
  for (;;) {
    smtp::Action action = server_->next(input_);
    if (std::holds_alternative<smtp::NeedInput>(action)) {
      co_await feed();
      continue;
    }
    progressed_ = true;
    if (const auto* data = std::get_if<smtp::MessageData>(&action)) {
      message_received_ += data->bytes.size();
      if (transfer_->take(data->bytes)) co_await transfer_->push();
    } else if (std::holds_alternative<smtp::StartTls>(action)) {
      const bool answered = co_await write_output();
      put_leftover_aside();  // a client may take its time with the handshake, and nothing is left over (smtp/server.h)
      if (!answered || !co_await shake_hands()) {
        co_await part(true);
        co_return;
      }
      server_->tls_established();
    } else if (auto* login = std::get_if<smtp::Authenticate>(&action)) {
      co_await decide_login(*login);
    } else if (const auto* mail = std::get_if<smtp::MailFrom>(&action)) {
      co_await decide_sender(*mail->sender);
    } else if (std::holds_alternative<smtp::EndMessage>(action)) {
      co_await end_message();
    } else if (const auto* abort = std::get_if<smtp::AbortMessage>(&action)) {
      co_await abort_message(abort->reason);
    } else if (const auto* close = std::get_if<smtp::Close>(&action)) {
      if (end_reason_.empty()) end_reason_ = smtp::to_string(close->reason);
      const bool written = co_await write_output();
      co_await part(written && close->reason != smtp::Fault::kQuit && close->reason != smtp::Fault::kEndOfStream);
      co_return;
    } else {
      note(action);
    }
  }
}

asio::awaitable<bool> Session::write_output() {
  std::string& output = server_->output();
  std::string_view rest = output;
  const MonoTime until = worker_.clock().mono() + settings_->submission.timeouts.write;
  while (!rest.empty()) {
    const auto status = connection_.write(rest);
    if (status == IoStatus::kOk) break;
    if (status != IoStatus::kWantRead && status != IoStatus::kWantWrite) co_return false;
    connection_.expire_at(until);
    const auto wake = co_await connection_.wait(status);
    if (wake == Connection::Wake::kReady) continue;
    if (end_reason_.empty()) end_reason_ = wake == Connection::Wake::kExpired ? "client-does-not-read" : "broken";
    co_return false;
  }
  // An idle session keeps no memory for replies.
  std::string().swap(output);
  co_return true;
}

asio::awaitable<void> Session::feed() {
  if (!server_->output().empty() && !co_await write_output()) {
    server_->end_of_stream();
    co_return;
  }
  if (finishing_ && !in_transaction()) {
    end_reason_ = "stop";
    server_->end_session(replies::kStopping);
    co_return;
  }
  if (!connection_.pending()) {
    put_leftover_aside();
    connection_.expire_at(read_deadline(worker_.clock().mono()));
    const auto wake = co_await connection_.wait(IoStatus::kWantRead);
    if (wake != Connection::Wake::kReady) {
      on_wake(wake);
      co_return;
    }
  } else {
    // More is here already; but a client that never stops sending must not keep others and the clock from their turn.
    const MonoTime now = worker_.clock().mono();
    if (now >= read_deadline(now)) {
      on_wake(Connection::Wake::kExpired);
      co_return;
    }
    co_await asio::post(worker_.executor(), asio::use_awaitable);
    if (ending_) {
      server_->end_session(end_reply_);
      co_return;
    }
  }
  read_input();
}

void Session::put_leftover_aside() {
  if (!buffer_) return;
  leftover_.assign(input_.data(), input_.size());
  std::memset(input_.data(), 0, input_.size());  // it may be the start of an AUTH line, and others use the buffer next
  input_ = {};
  buffer_.give_back();
}

void Session::take_leftover_back() {
  buffer_ = worker_.buffers().borrow();
  input_ = buffer_.bytes().first(leftover_.size());
  std::memcpy(input_.data(), leftover_.data(), leftover_.size());
  wipe(leftover_);
  std::string().swap(leftover_);
}

void Session::read_input() {
  if (!buffer_) {
    take_leftover_back();
  } else if (!input_.empty()) {
    std::memmove(buffer_.bytes().data(), input_.data(), input_.size());
  }
  const std::size_t have = input_.size();
  const auto got = connection_.read(buffer_.bytes().subspan(have));
  input_ = buffer_.bytes().first(have + got.bytes);
  switch (got.status) {
    case IoStatus::kOk:
    case IoStatus::kWantRead:   // woken by less than a record: feed() waits again
    case IoStatus::kWantWrite:  // TLS 1.2 never asks for that while it reads: renegotiation is off
      return;
    case IoStatus::kEnd: break;
    case IoStatus::kTruncated:
      if (end_reason_.empty()) end_reason_ = "truncated";
      break;
    case IoStatus::kFailed:
      if (end_reason_.empty()) {
        const std::string why = connection_.tls_failure();
        end_reason_ = why.empty() ? "broken" : "tls: " + why;
      }
      break;
  }
  server_->end_of_stream();
}

void Session::on_wake(Connection::Wake wake) {
  switch (wake) {
    case Connection::Wake::kReady: return;
    case Connection::Wake::kExpired:
      end_reason_ = phase_ == Phase::kMessage ? "message-timeout" : "command-timeout";
      server_->end_session(phase_ == Phase::kMessage ? replies::kTooSlow : replies::kCommandTimeout);
      return;
    case Connection::Wake::kInterrupted:
      if (ending_) server_->end_session(end_reply_);
      return;  // feed() ends a session that is only to finish
    case Connection::Wake::kFailed:
      if (end_reason_.empty()) end_reason_ = "broken";
      server_->end_of_stream();
      return;
  }
}

MonoTime Session::read_deadline(MonoTime now) {
  const config::SubmissionTimeouts& timeouts = settings_->submission.timeouts;
  if (std::exchange(progressed_, false)) waiting_since_ = now;
  MonoTime deadline = began_ + timeouts.session;
  switch (phase_) {
    case Phase::kHandshake: break;
    case Phase::kBeforeLogin:
      deadline = std::min({deadline, waiting_since_ + timeouts.before_login, began_ + kLoginTotal});
      break;
    case Phase::kCommand: deadline = std::min(deadline, waiting_since_ + timeouts.command); break;
    case Phase::kMessage: {
      deadline = std::min({deadline, waiting_since_ + timeouts.data, message_began_ + timeouts.message});
      // Slow-loris: what has come so far pays for so much time.
      if (const std::uint64_t rate = settings_->submission.limits.minimum_rate; rate > 0) {
        deadline = std::min(deadline, message_began_ + kRateGrace + std::chrono::seconds(message_received_ / rate));
      }
      break;
    }
  }
  return deadline;
}

asio::awaitable<void> Session::part(bool linger) {
  connection_.finish_sending();
  input_ = {};
  buffer_.give_back();
  if (!linger || ending_) co_return;
  connection_.expire_at(worker_.clock().mono() + kLinger);
  std::uint64_t drained = 0;
  while (drained < kLingerBytes) {
    const auto got = connection_.drain(worker_.buffers().borrow().bytes());
    drained += got.bytes;
    if (got.status == IoStatus::kOk) continue;
    if (got.status != IoStatus::kWantRead) break;
    if (co_await connection_.wait(IoStatus::kWantRead) != Connection::Wake::kReady) break;
  }
}

void Session::end(const smtp::ReplyView& reply, std::string reason) {
  if (std::exchange(ending_, true)) return;
  end_reply_ = reply;
  end_reason_ = std::move(reason);
  // Busy with something else than the client: it will see the mark later, the client must see the end now.
  if (!connection_.waiting()) connection_.cut();
  connection_.interrupt();
}

void Session::finish() {
  if (std::exchange(finishing_, true)) return;
  if (server_ && !in_transaction() && connection_.waiting()) connection_.interrupt();
}

bool Session::in_transaction() const {
  const smtp::State state = server_->state();
  return transfer_ || state == smtp::State::kMail || state == smtp::State::kRcpt || state == smtp::State::kChunking;
}

SessionView Session::view() const {
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(worker_.clock().mono() - began_);
  return {.id = facts_.id,
          .client = facts_.client,
          .link = facts_.origin.link,
          .person = facts_.person,
          .device = facts_.device,
          .tls = facts_.tls.version,
          .state = server_ ? smtp::to_string(server_->state()) : "handshake",
          .messages = messages_,
          .age = age};
}

std::size_t Session::memory() const { return leftover_.capacity() + (transfer_ ? transfer_->memory() : 0); }

void Session::report_end() {
  drop_transaction(end_reason_);
  const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(worker_.clock().mono() - began_);
  worker_.events().add(facts_.event("disconnect")
                           .field("reason", end_reason_)
                           .number("messages", messages_)
                           .number("milliseconds", std::int64_t{age.count()})
                           .number("bytes_in", connection_.bytes_read())
                           .number("bytes_out", connection_.bytes_written())
                           .take());
}

}  // namespace postern::submission
