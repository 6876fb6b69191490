#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace postern::system {

namespace asio = boost::asio;

/// One at a time, first come first served: coroutines of one executor that must not interleave take the turn.
class Turn {
 public:
  explicit Turn(const asio::any_io_executor& executor) : taken_(executor, 1) {}

  /// Holds the turn until it is destroyed. The Turn must outlive it.
  class Held {
   public:
    explicit Held(Turn& turn) : turn_(&turn) {}
    Held(Held&& other) noexcept : turn_(std::exchange(other.turn_, nullptr)) {}
    Held& operator=(Held&&) = delete;
    ~Held() {
      if (turn_ != nullptr) turn_->taken_.try_receive([](auto...) {});
    }

   private:
    Turn* turn_;
  };

  asio::awaitable<Held> take() {
    co_await taken_.async_send(boost::system::error_code{}, asio::as_tuple(asio::use_awaitable));
    co_return Held(*this);
  }

 private:
  asio::experimental::channel<void(boost::system::error_code)> taken_;
};

}  // namespace postern::system
