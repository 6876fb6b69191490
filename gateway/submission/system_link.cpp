#include "submission/system_link.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"

namespace postern::submission {

namespace {
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kConnect{5};
constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{2000};
/// More descriptors than that without a ListenerAdd are a fault of the other side.
constexpr std::size_t kMaxUnclaimed = 64;
}  // namespace

SystemLink::SystemLink(const asio::any_io_executor& executor, std::string socket, uid_t system_user,
                       SystemOrders& orders)
    : path_(std::move(socket)), system_user_(system_user), orders_(orders), pause_(executor) {}

asio::awaitable<void> SystemLink::run() {
  auto pause = kFirstPause;
  bool complained = false;
  while (!stopping_) {
    const auto ended = co_await listen();
    if (complete_) pause = kFirstPause;
    channel_.reset();
    descriptors_.clear();
    if (stopping_) co_return;
    if (!std::exchange(complained, !complete_)) {
      log::warning("no connection to postern-system; trying again", {{"error", ended.error().context}});
    }
    pause_.expires_after(pause);
    co_await pause_.async_wait(kAwait);
    pause = std::min(2 * pause, kLongestPause);
  }
}

asio::awaitable<Result<void>> SystemLink::listen() {
  complete_ = false;
  named_.clear();
  auto made = co_await ipc::Channel::connect(path_, kConnect);
  if (!made) co_return fail(made.error());
  const auto peer = made->peer();
  if (!peer) co_return fail(peer.error());
  if (peer->uid != system_user_) {
    co_return fail(ErrorCode::kPermission, path_ + " is served by user " + std::to_string(peer->uid));
  }
  made->accept_descriptors();
  channel_.emplace(std::move(*made));
  for (;;) {
    const auto frame = co_await channel_->receive();
    if (!frame) co_return fail(frame.error());
    for (UniqueFd& descriptor : channel_->take_descriptors()) descriptors_.push_back(std::move(descriptor));
    if (descriptors_.size() > kMaxUnclaimed) co_return fail(ErrorCode::kProtocol, "descriptors without listeners");
    if (const auto obeyed = obey(*frame); !obeyed) co_return fail(obeyed.error());
  }
}

Result<void> SystemLink::obey(const ipc::Frame& frame) {
  switch (frame.type) {
    case ipc::ListenerAdd::kType: return take_listener(frame);
    case ipc::ListenerRemove::kType: {
      const auto message = ipc::parse<ipc::ListenerRemove>(frame);
      if (!message) return fail(message.error());
      named_.erase(message->key);
      orders_.remove_listener(message->key);
      return {};
    }
    case ipc::ListenersComplete::kType: {
      complete_ = true;
      orders_.keep_listeners(named_);
      return {};
    }
    case ipc::EndSessions::kType: {
      const auto message = ipc::parse<ipc::EndSessions>(frame);
      if (!message) return fail(message.error());
      orders_.end_sessions(*message);
      return {};
    }
    case ipc::ReloadCertificate::kType: orders_.reload_certificate(); return {};
    default: return ipc::unexpected_frame(frame.type, ipc::ListenerAdd::kType);
  }
}

Result<void> SystemLink::take_listener(const ipc::Frame& frame) {
  auto message = ipc::parse<ipc::ListenerAdd>(frame);
  if (!message) return fail(message.error());
  if (descriptors_.empty()) return fail(ErrorCode::kProtocol, "listener " + message->key + " came without a socket");
  UniqueFd socket = std::move(descriptors_.front());
  descriptors_.pop_front();
  if (!complete_) named_.insert(message->key);
  orders_.add_listener(std::move(*message), std::move(socket));
  return {};
}

void SystemLink::stop() {
  stopping_ = true;
  pause_.cancel();
  if (channel_) channel_->close();
}

}  // namespace postern::submission
