#include "ipc/pool.h"

namespace postern::ipc {

asio::awaitable<Result<Pool::Lease>> Pool::acquire(Channel::Duration deadline) {
  while (!idle_.empty()) {
    auto channel = std::move(idle_.back());
    idle_.pop_back();
    if (channel->is_idle_and_alive()) co_return Lease(*this, std::move(channel));
  }
  auto connected = co_await Channel::connect(path_, deadline);
  if (!connected) co_return fail(connected.error());
  co_return Lease(*this, std::move(*connected));
}

void Pool::put_back(std::unique_ptr<Channel> channel) {
  if (channel && idle_.size() < keep_) idle_.push_back(std::move(channel));
}

}  // namespace postern::ipc
