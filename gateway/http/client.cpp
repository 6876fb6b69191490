#include "http/client.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/serialize.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <format>
#include <optional>

namespace postern::http {

namespace {

namespace beast_http = boost::beast::http;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxAnswer = 64 << 20;

beast_http::request<beast_http::string_body> make_request(Method method, const std::string& target,
                                                          const json::value& document) {
  beast_http::request<beast_http::string_body> request;
  request.version(11);
  request.method_string(to_string(method));
  request.target(target);
  request.set(beast_http::field::host, "localhost");
  request.keep_alive(false);
  if (!document.is_null()) {
    request.set(beast_http::field::content_type, "application/json");
    request.body() = json::serialize(document);
  }
  request.prepare_payload();
  return request;
}

std::unexpected<Error> failed(const std::string& socket, const boost::system::error_code& error) {
  if (error == asio::error::operation_aborted) return fail(ErrorCode::kTimeout, socket + ": no answer in time");
  if (error == beast_http::error::body_limit) return fail(ErrorCode::kLimit, socket + ": the answer is too long");
  return fail(ErrorCode::kUnavailable, std::format("{}: {}", socket, error.message()));
}

asio::awaitable<void> store(asio::awaitable<Result<Response>> work, std::optional<Result<Response>>& result) {
  result = co_await std::move(work);
}

}  // namespace

asio::awaitable<Result<Response>> fetch(std::string socket, Method method, std::string target, json::value document,
                                        std::chrono::steady_clock::duration deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  const auto left = [&] { return until - std::chrono::steady_clock::now(); };
  asio::local::stream_protocol::socket connection(co_await asio::this_coro::executor);
  const auto [not_connected] = co_await connection.async_connect({socket}, asio::cancel_after(left(), kAwait));
  if (not_connected) co_return failed(socket, not_connected);
  const auto request = make_request(method, target, document);
  const auto [not_sent, sent] =
      co_await beast_http::async_write(connection, request, asio::cancel_after(left(), kAwait));
  if (not_sent) co_return failed(socket, not_sent);
  boost::beast::flat_buffer buffer;
  beast_http::response_parser<beast_http::string_body> parser;
  parser.body_limit(kMaxAnswer);
  const auto [not_read, read] =
      co_await beast_http::async_read(connection, buffer, parser, asio::cancel_after(left(), kAwait));
  if (not_read) co_return failed(socket, not_read);
  auto& message = parser.get();
  co_return Response{message.result_int(), std::string(message[beast_http::field::content_type]),
                     std::move(message.body())};
}

Result<Response> fetch_now(const std::string& socket, Method method, const std::string& target,
                           const json::value& document, std::chrono::steady_clock::duration deadline) {
  asio::io_context io(1);
  std::optional<Result<Response>> result;
  asio::co_spawn(io, store(fetch(socket, method, target, document, deadline), result), asio::detached);
  io.run();
  if (!result) return fail(ErrorCode::kInternal, socket + ": the request ended without a result");
  return std::move(*result);
}

std::string encode(std::string_view text) { return boost::urls::encode(text, boost::urls::unreserved_chars); }

}  // namespace postern::http
