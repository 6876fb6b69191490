#include "identity/pam_pool.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <format>
#include <string>

namespace postern::identity {

namespace {

using Socket = asio::local::stream_protocol::socket;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

/// Sends the request and reads the answer up to the worker's end.
asio::awaitable<Result<PamAnswer>> exchange(Socket& socket, const PamRequest& request,
                                            std::chrono::steady_clock::duration deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  std::string bytes = encode(request);
  const auto [write_error, sent] =
      co_await asio::async_write(socket, asio::buffer(bytes), asio::cancel_after(deadline, kAwait));
  wipe(bytes);
  if (write_error) co_return fail(ErrorCode::kUnavailable, "PAM worker: " + write_error.message());
  boost::system::error_code error;
  socket.shutdown(Socket::shutdown_send, error);
  std::string answer(kMaxPamMessage, '\0');
  const auto left = until - std::chrono::steady_clock::now();
  const auto [read_error, size] =
      co_await asio::async_read(socket, asio::buffer(answer), asio::cancel_after(left, kAwait));
  if (read_error == asio::error::operation_aborted) co_return fail(ErrorCode::kTimeout, "PAM does not answer");
  if (read_error != asio::error::eof) co_return fail(ErrorCode::kUnavailable, "PAM worker: " + read_error.message());
  answer.resize(size);
  if (answer.empty()) co_return fail(ErrorCode::kUnavailable, "the PAM worker ended without an answer");
  co_return decode_answer(answer);
}

}  // namespace

asio::awaitable<Result<PamAnswer>> PamPool::verify(const PamRequest& request,
                                                   std::chrono::steady_clock::duration deadline) {
  Socket own(executor_);
  Socket other(executor_);
  boost::system::error_code error;
  asio::local::connect_pair(own, other, error);
  if (error) co_return fail(ErrorCode::kUnavailable, "socketpair: " + error.message());
  // A worker reads and writes like any program: its end must block.
  other.non_blocking(false, error);
  other.native_non_blocking(false, error);
  const std::uint64_t id = ++next_id_;
  const int fd = other.release(error);
  if (auto started = launcher_.start_worker(id, UniqueFd(fd)); !started) co_return fail(started.error());
  auto answer = co_await exchange(own, request, deadline);
  if (!answer) {
    launcher_.kill_worker(id);
    if (answer.error().code == ErrorCode::kTimeout) ++killed_;
  }
  co_return answer;
}

}  // namespace postern::identity
