#include "identity/slots.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postern::identity {

asio::awaitable<Result<Slots::Place>> Slots::enter(std::chrono::steady_clock::duration deadline) {
  if (busy_ < places_) {
    ++busy_;
    co_return Place(*this);
  }
  if (waiters_.size() >= max_waiting_) co_return fail(ErrorCode::kLimit, "too many logins wait already");
  const auto self = waiters_.insert(waiters_.end(), Waiter{asio::steady_timer(executor_, deadline)});
  co_await self->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  // call() has counted the place as busy for whom it called, even if the timer ran out just then.
  const bool called = self->called;
  waiters_.erase(self);
  if (!called) co_return fail(ErrorCode::kTimeout, "no place became free in time");
  co_return Place(*this);
}

void Slots::leave() {
  --busy_;
  call();
}

void Slots::call() {
  for (auto& waiter : waiters_) {
    if (busy_ >= places_) return;
    if (waiter.called) continue;
    waiter.called = true;
    waiter.timer.cancel();
    ++busy_;
  }
}

void Slots::resize(std::size_t places, std::size_t waiting) {
  places_ = places;
  max_waiting_ = waiting;
  call();
}

}  // namespace postern::identity
