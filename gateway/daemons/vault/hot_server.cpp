#include "daemons/vault/hot_server.h"

#include <algorithm>
#include <boost/asio/detached.hpp>
#include <chrono>

#include "base/encoding.h"
#include "base/log.h"
#include "daemons/vault/delivery.h"
#include "ipc/listener.h"
#include "ipc/vault_messages.h"
#include "ledger/check.h"
#include "ledger/event.h"

namespace postern::vault {

namespace {

/// A peer that doesn't take its answer for so long is broken.
constexpr auto kAnswer = std::chrono::seconds(30);
/// Content that waits for the disk; above it no more is read from the peer.
constexpr std::uint64_t kWindow = 4 << 20;

ipc::Refused refusal(const Error& error) {
  using Kind = ipc::Refused::Kind;
  switch (error.code) {
    case ErrorCode::kNoSpace:
    case ErrorCode::kUnavailable: return {Kind::kFull, error.context};
    case ErrorCode::kLimit: return {Kind::kTooBig, error.context};
    case ErrorCode::kInvalid:
    case ErrorCode::kExists: return {Kind::kInvalid, error.context};
    default: return {Kind::kStorage, error.context};
  }
}

/// The events without those that the ledger would refuse: one bad event must not keep all behind it from being
/// written, for ever. What is left out is counted in an event of its own.
std::vector<std::string> acceptable(std::vector<std::string> events) {
  std::uint64_t bad = 0;
  std::string reason;
  std::erase_if(events, [&](const std::string& event) {
    const auto good = ledger::check_event(event);
    if (good) return false;
    if (bad++ == 0) reason = good.error().context;
    return true;
  });
  if (bad > 0) events.push_back(ledger::Event("events-lost").number("count", bad).field("reason", reason).take());
  return events;
}

std::unexpected<Error> out_of_place(std::string_view what) {
  return fail(ErrorCode::kProtocol, std::string(what) + " is out of place");
}

}  // namespace

HotServer::Rights HotServer::rights_of(const ipc::PeerCredentials& peer) const {
  Rights rights;
  rights.submit = callers_.submit == peer.uid;
  rights.deliver = callers_.deliver == peer.uid;
  rights.events = rights.submit || rights.deliver || callers_.auth == peer.uid || peer.uid == 0;
  return rights;
}

asio::awaitable<void> HotServer::serve(asio::local::stream_protocol::acceptor& acceptor) {
  for (;;) {
    auto socket = co_await ipc::accept_unix(acceptor);
    if (!socket) co_return;
    asio::co_spawn(service_.context, converse(std::move(*socket)), asio::detached);
  }
}

asio::awaitable<void> HotServer::converse(ipc::Channel::Socket socket) {
  const auto channel = std::make_shared<ipc::Channel>(std::move(socket));
  const auto peer = channel->peer();
  if (!peer) co_return;
  Connection connection{channel, rights_of(*peer), {}, {}, {}, false, {}};
  if (!connection.rights.events) {
    log::warning("a stranger knocked", {{"uid", std::to_string(peer->uid)}});
    co_return;
  }
  const auto place = channels_.insert(channels_.end(), channel.get());
  for (;;) {
    const auto frame = co_await channel->receive();
    const auto handled = frame ? co_await handle(connection, *frame) : Result<void>(fail(frame.error()));
    if (handled) continue;
    if (handled.error().code != ErrorCode::kClosed) {
      log::warning("a connection was ended", {{"reason", handled.error().context}});
    }
    break;
  }
  if (connection.delivery) connection.delivery->end();
  channels_.erase(place);
}

asio::awaitable<Result<void>> HotServer::handle(Connection& connection, const ipc::Frame& frame) {
  if (frame.type == ipc::Event::kType && !connection.open) {
    co_return co_await record(connection, frame);
  }
  if (connection.rights.submit) co_return co_await submit_frame(connection, frame);
  if (connection.rights.deliver) co_return co_await deliver_frame(connection, frame);
  co_return fail(ErrorCode::kPermission, "this account may only record events");
}

asio::awaitable<Result<void>> HotServer::submit_frame(Connection& connection, const ipc::Frame& frame) {
  switch (frame.type) {
    case ipc::Begin::kType: co_return co_await begin(connection, frame);
    case ipc::Chunk::kType: co_return co_await chunk(connection, frame);
    case ipc::Commit::kType: co_return co_await commit(connection, frame);
    case ipc::Abort::kType: co_return co_await abort(connection, frame);
    case ipc::Probe::kType: co_return co_await probe(connection, frame);
    default: co_return out_of_place("a message of type " + std::to_string(frame.type));
  }
}

asio::awaitable<Result<void>> HotServer::deliver_frame(Connection& connection, const ipc::Frame& frame) {
  if (frame.type == ipc::Read::kType) {
    // There two coroutines write already; an answer of a third would mix with theirs.
    if (connection.delivery) co_return out_of_place("a Read on the claiming connection");
    co_return co_await read(connection, frame);
  }
  if (!connection.delivery) {
    connection.delivery = std::make_shared<Delivery>(service_, connection.channel, next_owner_++);
    std::erase_if(deliveries_, [](const auto& weak) { return weak.expired(); });
    deliveries_.push_back(connection.delivery);
  }
  co_return connection.delivery->handle(frame);
}

asio::awaitable<Result<void>> HotServer::begin(Connection& connection, const ipc::Frame& frame) {
  auto message = ipc::parse<ipc::Begin>(frame);
  if (!message) co_return fail(message.error());
  if (connection.open) co_return out_of_place("a second Begin");
  connection.open = true;
  connection.envelope = std::move(message->envelope);
  connection.refused.reset();
  auto incoming = service_.spool.begin(message->id, message->size);
  if (incoming) {
    connection.incoming = std::move(*incoming);
  } else {
    connection.refused = incoming.error();
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> HotServer::chunk(Connection& connection, const ipc::Frame& frame) {
  const auto message = ipc::parse<ipc::Chunk>(frame);
  if (!message) co_return fail(message.error());
  if (!connection.open || message->bytes.size() > ipc::kChunkSize) co_return out_of_place("a Chunk");
  if (!connection.incoming) co_return Result<void>{};  // refused already; told at the Commit
  auto& incoming = *connection.incoming;
  incoming.append(std::string(message->bytes));
  if (incoming.waiting() < kWindow) co_return Result<void>{};
  co_return co_await durable(service_, [&incoming](spool::Done done) -> Result<void> {
    incoming.when_drained([done = std::move(done)]() mutable { done({}); });
    return {};
  });
}

asio::awaitable<Result<void>> HotServer::commit(Connection& connection, const ipc::Frame& frame) {
  auto message = ipc::parse<ipc::Commit>(frame);
  if (!message) co_return fail(message.error());
  if (!connection.open) co_return out_of_place("a Commit");
  connection.open = false;
  if (!connection.incoming) {
    // Its events say "queued", which is not true; the submitter records what became of it.
    co_return co_await connection.channel->send(refusal(*connection.refused), kAnswer);
  }
  const auto incoming = std::move(connection.incoming);
  auto envelope = message->envelope.empty() ? std::move(connection.envelope) : std::move(message->envelope);
  const auto held = co_await durable(service_, [&](spool::Done done) -> Result<void> {
    incoming->commit(std::move(envelope), message->events, std::move(done));
    return {};
  });
  if (!held) {
    log::warning("a message was refused", {{"id", base32_id(incoming->id())}, {"reason", held.error().context}});
    co_return co_await connection.channel->send(refusal(held.error()), kAnswer);
  }
  co_return co_await connection.channel->send(ipc::Committed{incoming->id()}, kAnswer);
}

asio::awaitable<Result<void>> HotServer::abort(Connection& connection, const ipc::Frame& frame) {
  const auto message = ipc::parse<ipc::Abort>(frame);
  if (!message) co_return fail(message.error());
  if (!connection.open) co_return out_of_place("an Abort");
  connection.open = false;
  connection.incoming.reset();
  co_return Result<void>{};
}

asio::awaitable<Result<void>> HotServer::probe(Connection& connection, const ipc::Frame& frame) {
  const auto message = ipc::parse<ipc::Probe>(frame);
  if (!message) co_return fail(message.error());
  const auto admitted = service_.spool.admits(message->size);
  if (!admitted) co_return co_await connection.channel->send(refusal(admitted.error()), kAnswer);
  co_return co_await connection.channel->send(ipc::Accepting{}, kAnswer);
}

asio::awaitable<Result<void>> HotServer::read(Connection& connection, const ipc::Frame& frame) {
  const auto message = ipc::parse<ipc::Read>(frame);
  if (!message) co_return fail(message.error());
  if (message->length > ipc::kChunkSize) co_return out_of_place("so long a Read");
  const auto content = co_await off_loop(
      service_, [this, request = *message] { return service_.spool.read(request.id, request.offset, request.length); });
  if (!content) co_return co_await connection.channel->send(refusal(content.error()), kAnswer);
  co_return co_await connection.channel->send(ipc::Content{*content}, kAnswer);
}

asio::awaitable<Result<void>> HotServer::record(Connection& connection, const ipc::Frame& frame) {
  auto message = ipc::parse<ipc::Event>(frame);
  if (!message) co_return fail(message.error());
  const auto events = acceptable(std::move(message->events));
  if (connection.delivery) co_return connection.delivery->record(events);
  Result<void> recorded;
  for (std::size_t from = 0; from < events.size() && recorded; from += spool::kMaxEvents) {
    const std::vector<std::string> part(
        events.begin() + static_cast<std::ptrdiff_t>(from),
        events.begin() + static_cast<std::ptrdiff_t>(std::min(events.size(), from + spool::kMaxEvents)));
    recorded =
        co_await durable(service_, [&](spool::Done done) { return service_.spool.record(part, std::move(done)); });
  }
  if (!recorded) log::error("ledger events were not recorded", {{"reason", recorded.error().context}});
  co_return co_await connection.channel->send(ipc::Recorded{recorded.has_value()}, kAnswer);
}

void HotServer::wake() {
  for (const auto& weak : deliveries_) {
    if (const auto delivery = weak.lock()) delivery->wake();
  }
}

void HotServer::stop() {
  for (auto* channel : channels_) channel->close();
  wake();
}

}  // namespace postern::vault
