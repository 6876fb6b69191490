#include "delivery/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancel_at.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>

namespace postern::delivery {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

std::unexpected<Error> socket_failed(std::string_view what, int error_number) {
  if (error_number == ECONNRESET || error_number == EPIPE) return fail(ErrorCode::kClosed, "connection reset");
  return fail_errno(what, error_number);
}

}  // namespace

Stream::Stream(Socket socket) : socket_(std::move(socket)) {
  socket_.native_non_blocking(true);
  boost::system::error_code ignored;  // without it small writes are merely slower
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

asio::awaitable<Result<void>> Stream::wait(Socket::wait_type what, MonoTime deadline) {
  const auto [error] = co_await socket_.async_wait(what, asio::cancel_at(deadline, kAwait));
  if (!error) co_return Result<void>{};
  if (!socket_.is_open()) co_return fail(ErrorCode::kClosed, "the gateway closed the connection");
  if (error == asio::error::operation_aborted) co_return fail(ErrorCode::kTimeout, "timed out");
  co_return fail(ErrorCode::kClosed, error.message());
}

asio::awaitable<Result<void>> Stream::after(int result, MonoTime deadline) {
  const int saved = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: co_return co_await wait(Socket::wait_read, deadline);
    case SSL_ERROR_WANT_WRITE: co_return co_await wait(Socket::wait_write, deadline);
    case SSL_ERROR_ZERO_RETURN: co_return fail(ErrorCode::kClosed, "the server ended the connection");
    case SSL_ERROR_SYSCALL:
      broken_ = true;
      ERR_clear_error();
      if (saved != 0) co_return socket_failed("TLS", saved);
      co_return fail(ErrorCode::kClosed, "connection lost");
    default: break;
  }
  broken_ = true;
  // Without a close_notify an end of stream is an error to OpenSSL; to us the connection is gone either way.
  if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    ERR_clear_error();
    co_return fail(ErrorCode::kClosed, "connection lost");
  }
  const bool refused = SSL_get_verify_result(ssl_.get()) != X509_V_OK;
  co_return fail(refused ? ErrorCode::kPermission : ErrorCode::kProtocol, "TLS: " + tls_error(ssl_.get()));
}

asio::awaitable<Result<void>> Stream::start_tls(const TlsClient& tls, MonoTime deadline) {
  auto started = tls.start(socket_.native_handle());
  if (!started) co_return fail(started.error());
  ssl_ = std::move(*started);
  for (;;) {
    ERR_clear_error();
    errno = 0;
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) break;
    if (auto waited = co_await after(result, deadline); !waited) co_return waited;
  }
  facts_ = tls_facts(ssl_.get(), tls.policy());
  co_return Result<void>{};
}

asio::awaitable<Result<std::size_t>> Stream::read(std::span<char> into, MonoTime deadline) {
  for (;;) {
    if (ssl_) {
      std::size_t got = 0;
      ERR_clear_error();
      errno = 0;
      const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
      if (result == 1) co_return got;
      if (const auto waited = co_await after(result, deadline); !waited) co_return fail(waited.error());
      continue;
    }
    const ssize_t got = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
    if (got > 0) co_return static_cast<std::size_t>(got);
    if (got == 0) co_return fail(ErrorCode::kClosed, "the server ended the connection");
    if (errno == EINTR) continue;
    if (errno != EAGAIN) co_return socket_failed("receive", errno);
    if (const auto waited = co_await wait(Socket::wait_read, deadline); !waited) co_return fail(waited.error());
  }
}

asio::awaitable<Result<void>> Stream::write(std::string_view bytes, MonoTime::duration patience) {
  while (!bytes.empty()) {
    if (ssl_) {
      std::size_t written = 0;
      ERR_clear_error();
      errno = 0;
      const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
      bytes.remove_prefix(written);
      if (result == 1) continue;
      const MonoTime deadline = std::chrono::steady_clock::now() + patience;
      if (auto waited = co_await after(result, deadline); !waited) co_return waited;
      continue;
    }
    const ssize_t sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) co_return socket_failed("send", errno);
    const MonoTime deadline = std::chrono::steady_clock::now() + patience;
    if (auto waited = co_await wait(Socket::wait_write, deadline); !waited) co_return waited;
  }
  co_return Result<void>{};
}

bool Stream::is_quiet() {
  if (!socket_.is_open() || broken_) return false;
  if (ssl_ && SSL_has_pending(ssl_.get()) == 1) return false;
  char byte = 0;
  const ssize_t got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && errno == EAGAIN;
}

void Stream::close() {
  if (!socket_.is_open()) return;
  if (ssl_ && !broken_ && SSL_is_init_finished(ssl_.get())) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());  // once, without waiting for the other side's
    ERR_clear_error();
  }
  boost::system::error_code ignored;  // closing is all that is left to do
  socket_.close(ignored);
}

}  // namespace postern::delivery
