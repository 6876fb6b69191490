#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <list>
#include <utility>

#include "base/error.h"

namespace postern::identity {

namespace asio = boost::asio;

/// A fixed number of places, handed out first come, first served; who finds none free waits, up to a fixed number. One
/// thread. Must outlive its places and those who wait.
class Slots {
 public:
  Slots(asio::any_io_executor executor, std::size_t places, std::size_t waiting)
      : executor_(std::move(executor)), places_(places), max_waiting_(waiting) {}
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;

  /// Gives its place back when it goes.
  class Place {
   public:
    explicit Place(Slots& slots) : slots_(&slots) {}
    Place(Place&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (slots_ != nullptr) slots_->leave();
    }

   private:
    Slots* slots_;
  };

  /// Other numbers from now on; who is in or waits already stays.
  void resize(std::size_t places, std::size_t waiting);

  /// kLimit when too many wait already, kTimeout after `deadline`.
  asio::awaitable<Result<Place>> enter(std::chrono::steady_clock::duration deadline);

  std::size_t busy() const { return busy_; }
  std::size_t waiting() const { return waiters_.size(); }

 private:
  struct Waiter {
    asio::steady_timer timer;
    bool called = false;
  };

  void leave();
  /// Gives the free places to those who wait longest.
  void call();

  asio::any_io_executor executor_;
  std::size_t busy_ = 0;
  std::size_t places_;
  std::size_t max_waiting_;
  std::list<Waiter> waiters_;
};

}  // namespace postern::identity
