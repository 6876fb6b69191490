#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "spool/spool.h"

/// What the parts of postern-vault share.
namespace postern::vault {

namespace asio = boost::asio;

/// The store and the two places where work runs: the event loop, and a few threads for calls that block.
struct Service {
  asio::io_context& context;
  spool::Spool& spool;
  asio::thread_pool& blocking;
};

/// Runs a call that blocks on a thread of its own; the awaiting coroutine goes on on the event loop.
template <class Call>
auto off_loop(Service& service, Call call) {
  using Value = std::invoke_result_t<Call>;
  return asio::async_initiate<const asio::use_awaitable_t<>, void(Value)>(
      [&service](auto handler, Call work) {
        asio::post(service.blocking, [&service, handler = std::move(handler), work = std::move(work)]() mutable {
          asio::post(service.context, [handler = std::move(handler), value = work()]() mutable {
            std::move(handler)(std::move(value));
          });
        });
      },
      asio::use_awaitable, std::move(call));
}

/// Waits for what the store reports through a Done, which arrives on the event loop (spool::Hooks::post). `start` is
/// called with that Done; when it fails itself, the Done must not be used and its error is the result.
template <class Start>
auto durable(Service& service, Start start) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void(Result<void>)>(
      [&service](auto handler, Start work) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        const Result<void> begun = work([shared](Result<void> result) { std::move (*shared)(std::move(result)); });
        if (begun) return;
        asio::post(service.context, [shared, begun] { std::move (*shared)(begun); });
      },
      asio::use_awaitable, std::move(start));
}

}  // namespace postern::vault
