#include "delivery/connect.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <format>
#include <vector>

namespace postern::delivery {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
using Tcp = asio::ip::tcp;

Tcp::endpoint to_asio(const IpEndpoint& endpoint) {
  if (endpoint.address.is_v4()) {
    const auto& bytes = endpoint.address.bytes();
    return {asio::ip::address_v4({bytes[12], bytes[13], bytes[14], bytes[15]}), endpoint.port};
  }
  return {asio::ip::address_v6(endpoint.address.bytes()), endpoint.port};
}

asio::awaitable<Result<std::vector<IpEndpoint>>> resolve(const Route& route, config::Duration timeout) {
  std::vector<IpEndpoint> found;
  if (route.address) {
    found.push_back({*route.address, route.port});
    co_return found;
  }
  if (const auto literal = IpAddress::parse(route.host)) {
    found.push_back({*literal, route.port});
    co_return found;
  }
  Tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto [error, results] = co_await resolver.async_resolve(
      route.host, std::to_string(route.port), Tcp::resolver::numeric_service, asio::cancel_after(timeout, kAwait));
  if (error) co_return fail(ErrorCode::kUnavailable, std::format("resolving {}: {}", route.host, error.message()));
  for (const auto& entry : results) {
    const auto endpoint = entry.endpoint();
    if (const auto address = IpAddress::from_sockaddr(endpoint.data(), static_cast<socklen_t>(endpoint.size()))) {
      found.push_back({*address, route.port});
    }
  }
  if (found.empty()) co_return fail(ErrorCode::kUnavailable, std::format("{} has no address", route.host));
  co_return found;
}

}  // namespace

asio::awaitable<Result<Connected>> connect(const Route& route, config::Duration timeout) {
  const auto endpoints = co_await resolve(route, timeout);
  if (!endpoints) co_return fail(endpoints.error());
  Error last;
  for (const IpEndpoint& endpoint : *endpoints) {
    Stream::Socket socket(co_await asio::this_coro::executor);
    const auto [error] = co_await socket.async_connect(to_asio(endpoint), asio::cancel_after(timeout, kAwait));
    if (!error) co_return Connected{Stream(std::move(socket)), endpoint};
    const bool late = error == asio::error::operation_aborted;
    last = {late ? ErrorCode::kTimeout : ErrorCode::kUnavailable,
            std::format("connect to {}: {}", endpoint.to_string(), late ? "timed out" : error.message())};
  }
  co_return fail(std::move(last));
}

}  // namespace postern::delivery
