#include "http/server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <exception>
#include <memory>
#include <optional>

#include "base/log.h"
#include "ipc/listener.h"

namespace postern::http {

namespace {

namespace beast_http = boost::beast::http;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

using Socket = asio::local::stream_protocol::socket;
using Parser = beast_http::request_parser<beast_http::string_body>;

std::optional<Method> method_of(beast_http::verb verb) {
  switch (verb) {
    case beast_http::verb::get: return Method::kGet;
    case beast_http::verb::post: return Method::kPost;
    case beast_http::verb::put: return Method::kPut;
    case beast_http::verb::patch: return Method::kPatch;
    case beast_http::verb::delete_: return Method::kDelete;
    default: return std::nullopt;
  }
}

/// Takes the target apart; false when it is no path.
bool read_target(std::string_view target, Request& request) {
  const auto url = boost::urls::parse_origin_form(target);
  if (!url) return false;
  request.path = url->path();
  for (const auto& parameter : url->params()) request.query[parameter.key] = parameter.value;
  return true;
}

asio::awaitable<Response> answer(Parser& parser, const ipc::PeerCredentials& peer, const Router& router,
                                 const Policy& policy) {
  auto& message = parser.get();
  Request request;
  const auto method = method_of(message.method());
  if (!method) co_return problem(405, "No such method", "GET, POST, PUT, PATCH and DELETE are understood");
  request.method = *method;
  request.peer = peer;
  if (!read_target(message.target(), request)) co_return problem(400, "Bad request", "the target is not a path");
  request.body = std::move(message.body());
  try {
    co_return co_await router.handle(request, policy);
  } catch (const std::exception& error) {
    // The fence around handlers: libraries below them may throw, and one request must not end the daemon.
    log::error("request failed", {{"path", request.path}, {"error", error.what()}});
    co_return problem(500, "Failed", "an internal error; the journal says more");
  }
}

asio::awaitable<bool> write_response(Socket& socket, Response response, bool keep_alive, ServerLimits limits) {
  beast_http::response<beast_http::string_body> message;
  message.version(11);
  message.result(response.status);
  if (!response.content_type.empty()) message.set(beast_http::field::content_type, response.content_type);
  message.set(beast_http::field::cache_control, "no-store");
  message.keep_alive(keep_alive);
  message.body() = std::move(response.body);
  message.prepare_payload();
  const auto [error, size] =
      co_await beast_http::async_write(socket, message, asio::cancel_after(limits.request, kAwait));
  co_return !error && keep_alive;
}

asio::awaitable<void> converse(Socket socket, const Router& router, const Policy& policy, ServerLimits limits) {
  const auto peer = ipc::peer_credentials(socket.native_handle());
  if (!peer) co_return;
  boost::beast::flat_buffer buffer(limits.header_size + limits.body_size);
  for (bool more = true; more;) {
    if (buffer.size() == 0) {
      const auto [error] = co_await socket.async_wait(Socket::wait_read, asio::cancel_after(limits.idle, kAwait));
      if (error) co_return;
    }
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(limits.header_size));
    parser.body_limit(limits.body_size);
    const auto [error, size] =
        co_await beast_http::async_read(socket, buffer, parser, asio::cancel_after(limits.request, kAwait));
    if (error == beast_http::error::end_of_stream || error == asio::error::operation_aborted) co_return;
    if (error) {
      const unsigned status = error == beast_http::error::body_limit     ? 413
                              : error == beast_http::error::header_limit ? 431
                                                                         : 400;
      co_await write_response(socket, problem(status, "Bad request", error.message()), false, limits);
      co_return;
    }
    auto response = co_await answer(parser, *peer, router, policy);
    more = co_await write_response(socket, std::move(response), parser.get().keep_alive(), limits);
  }
}

}  // namespace

asio::awaitable<void> serve(asio::local::stream_protocol::acceptor acceptor, const Router& router, const Policy& policy,
                            ServerLimits limits) {
  const auto open = std::make_shared<std::size_t>(0);
  for (;;) {
    auto socket = co_await ipc::accept_unix(acceptor);
    if (!socket) co_return;
    if (*open >= limits.connections) continue;  // dropped: the socket closes here
    ++*open;
    asio::co_spawn(acceptor.get_executor(), converse(std::move(*socket), router, policy, limits),
                   [open](const std::exception_ptr&) { --*open; });
  }
}

}  // namespace postern::http
