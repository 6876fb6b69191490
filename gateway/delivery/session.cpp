#include "delivery/session.h"

#include <algorithm>
#include <format>

#include "base/text.h"
#include "delivery/connect.h"

namespace postern::delivery {

namespace {

constexpr std::size_t kReadSize = 4096;
/// A reply may dribble in as long as each piece comes in time; altogether it may take so many times its time-out.
constexpr int kDribble = 4;
/// QUIT is a courtesy; nobody waits minutes for its answer.
constexpr auto kQuitPatience = std::chrono::seconds(5);

smtp::ClientConfig client_config(const Route& route) {
  smtp::ClientConfig config;
  config.hello_name = route.hello_name;
  config.tls = route.tls;
  config.credentials = route.clone_credentials();
  return config;
}

/// Nothing of the message was accepted by the server: MAIL itself got no positive reply when the session ended.
bool nothing_accepted(const std::vector<smtp::RecipientResult>& results) {
  return std::ranges::all_of(results, [](const smtp::RecipientResult& result) {
    return result.outcome == smtp::Outcome::kDeferred && result.stage == smtp::Stage::kMail;
  });
}

}  // namespace

Session::Session(RoutePtr route, config::DeliveryTimeouts timeouts, Stream stream, std::string remote)
    : route_(std::move(route)),
      timeouts_(timeouts),
      stream_(std::move(stream)),
      remote_(std::move(remote)),
      client_(client_config(*route_)) {}

config::Duration Session::patience() const {
  switch (client_.stage()) {
    case smtp::Stage::kGreeting: return timeouts_.greeting;
    case smtp::Stage::kFinal: return timeouts_.data_end;
    case smtp::Stage::kQuit: return kQuitPatience;
    default: return timeouts_.command;
  }
}

void Session::lost(const Error& error) {
  stream_.close();
  client_.connection_lost(error.context);
}

asio::awaitable<Result<void>> Session::flush() {
  std::string& output = client_.output();
  if (output.empty()) co_return Result<void>{};
  auto written = co_await stream_.write(output, timeouts_.data);
  // The login went out through here.
  if (client_.stage() == smtp::Stage::kAuth) {
    wipe(output);
  } else {
    output.clear();
  }
  co_return written;
}

asio::awaitable<Result<void>> Session::fill(MonoTime deadline) {
  // Move the unfinished line to the front and read behind it; the machine bounds its length.
  const std::size_t kept = input_.size();
  if (kept > 0) std::copy(input_.begin(), input_.end(), in_.begin());
  if (in_.size() < kept + kReadSize) in_.resize(kept + kReadSize);
  const auto got = co_await stream_.read(std::span(in_).subspan(kept), deadline);
  input_ = std::string_view(in_).substr(0, kept + (got ? *got : 0));
  if (!got) co_return fail(got.error());
  co_return Result<void>{};
}

asio::awaitable<smtp::ClientAction> Session::step() {
  const MonoTime start = std::chrono::steady_clock::now();
  for (;;) {
    smtp::ClientAction action = client_.next(input_);
    if (!std::holds_alternative<smtp::ClientNeedInput>(action)) co_return action;
    if (const auto flushed = co_await flush(); !flushed) {
      lost(flushed.error());
      continue;
    }
    const MonoTime deadline = std::min(std::chrono::steady_clock::now() + patience(), start + kDribble * patience());
    if (const auto filled = co_await fill(deadline); !filled) lost(filled.error());
  }
}

asio::awaitable<std::optional<OpenFailure>> Session::handshake() {
  if (!route_->verifier) co_return OpenFailure{"tls", "this route has nothing to verify a certificate with", remote_};
  const MonoTime deadline = std::chrono::steady_clock::now() + timeouts_.tls;
  if (const auto done = co_await stream_.start_tls(*route_->verifier, deadline); !done) {
    stream_.close();
    co_return OpenFailure{"tls", done.error().context, remote_};
  }
  client_.tls_established(!stream_.tls()->verified.empty());
  co_return std::nullopt;
}

asio::awaitable<Session::Opened> Session::open(RoutePtr route, config::DeliveryTimeouts timeouts) {
  auto connected = co_await connect(*route, timeouts.connect);
  if (!connected) co_return std::unexpected(OpenFailure{"connect", connected.error().context, {}});
  std::unique_ptr<Session> session(
      new Session(std::move(route), timeouts, std::move(connected->stream), connected->remote.to_string()));
  if (session->route_->tls == smtp::TlsUse::kImplicit) {
    if (auto failure = co_await session->handshake()) co_return std::unexpected(std::move(*failure));
  }
  for (;;) {
    const smtp::ClientAction action = co_await session->step();
    if (std::holds_alternative<smtp::ClientReady>(action)) break;
    if (const auto* closed = std::get_if<smtp::ClientClosed>(&action)) {
      co_return std::unexpected(OpenFailure{std::string(smtp::to_string(closed->stage)),
                                            printable(closed->reply.to_string()), session->remote_});
    }
    // Only STARTTLS is left: no message is under way. What it waits for must be out before the handshake.
    if (const auto flushed = co_await session->flush(); !flushed) {
      co_return std::unexpected(OpenFailure{"starttls", flushed.error().context, session->remote_});
    }
    if (auto failure = co_await session->handshake()) co_return std::unexpected(std::move(*failure));
  }
  session->ready_ = true;
  session->logged_in_ = session->route_->credentials.has_value();
  session->max_recipients_ = session->capabilities().max_recipients;
  co_return std::move(session);
}

asio::awaitable<std::optional<Error>> Session::stream_content(Content& content) {
  std::uint64_t offset = 0;
  while (offset < content.size()) {
    const auto piece = co_await content.at(offset);
    if (!piece) {
      // DATA can't be taken back but by going away: without the final dot the server must drop what it has.
      lost(piece.error());
      co_return piece.error();
    }
    offset += piece->size();
    client_.content(*piece);
    if (offset == content.size()) break;
    if (const auto flushed = co_await flush(); !flushed) {
      lost(flushed.error());
      co_return std::nullopt;
    }
  }
  client_.content_end();  // written by step(), together with the last piece
  co_return std::nullopt;
}

asio::awaitable<Transaction> Session::send(const smtp::Envelope& envelope, Content& content) {
  Transaction transaction;
  ready_ = false;
  ++messages_;
  client_.send(envelope, content.size());
  for (;;) {
    const smtp::ClientAction action = co_await step();
    if (std::holds_alternative<smtp::ClientSendContent>(action)) {
      transaction.content_fault = co_await stream_content(content);
    } else if (std::holds_alternative<smtp::ClientResult>(action)) {
      transaction.recipients = client_.results();
    } else if (std::holds_alternative<smtp::ClientReady>(action)) {
      ready_ = true;
      break;
    } else {
      stream_.close();
      transaction.untouched = nothing_accepted(transaction.recipients);
      break;
    }
  }
  co_return transaction;
}

asio::awaitable<void> Session::quit() {
  if (ready_) {
    ready_ = false;
    client_.quit();
    co_await step();
  }
  stream_.close();
}

}  // namespace postern::delivery
