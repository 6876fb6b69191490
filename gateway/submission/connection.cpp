#include "submission/connection.h"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postern::submission {

namespace {
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
}

Connection::Connection(Socket socket, TlsScratch& scratch)
    : socket_(std::move(socket)), wire_(socket_.native_handle()), scratch_(scratch) {
  boost::system::error_code ignored;  // without them it is only slower; a socket that is dead shows at the first read
  socket_.native_non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

void Connection::start_tls(std::shared_ptr<const TlsContext> context) {
  tls_.emplace(std::move(context), wire_, scratch_);
}

Wire::Count Connection::read(std::span<char> into) {
  const auto count = tls_ ? tls_->read(into) : wire_.read(into);
  bytes_read_ += count.bytes;
  return count;
}

IoStatus Connection::write(std::string_view& rest) {
  const std::size_t before = rest.size();
  IoStatus status = IoStatus::kOk;
  if (tls_) {
    status = tls_->write(rest);
  } else {
    while (!rest.empty() && status == IoStatus::kOk) {
      const auto sent = wire_.write(rest);
      status = sent.status;
      rest.remove_prefix(sent.bytes);
    }
  }
  bytes_written_ += before - rest.size();
  return status;
}

asio::awaitable<Connection::Wake> Connection::wait(IoStatus wanted) {
  if (!socket_.is_open()) co_return Wake::kFailed;
  if (!interrupted_) {
    waiting_ = true;
    const auto what = wanted == IoStatus::kWantWrite ? Socket::wait_write : Socket::wait_read;
    const auto [error] = co_await socket_.async_wait(what, kAwait);
    waiting_ = false;
    wire_.rearm();
    if (error && error != asio::error::operation_aborted) co_return Wake::kFailed;
    if (!interrupted_ && !expired_) co_return error ? Wake::kFailed : Wake::kReady;
  }
  if (std::exchange(interrupted_, false)) co_return Wake::kInterrupted;
  expired_ = false;
  co_return Wake::kExpired;
}

void Connection::tick(MonoTime now) {
  if (!waiting_ || now < deadline_) return;
  expired_ = true;
  boost::system::error_code ignored;  // the wait has ended already then
  socket_.cancel(ignored);
}

void Connection::interrupt() {
  interrupted_ = true;
  boost::system::error_code ignored;  // nothing waits then; the next wait sees the mark
  if (waiting_) socket_.cancel(ignored);
}

void Connection::finish_sending() {
  if (!socket_.is_open()) return;
  if (tls_) tls_->close();
  ::shutdown(socket_.native_handle(), SHUT_WR);
}

void Connection::cut() {
  if (socket_.is_open()) ::shutdown(socket_.native_handle(), SHUT_RDWR);
}

void Connection::close() {
  boost::system::error_code ignored;  // there is nothing left to do about it
  socket_.close(ignored);
}

}  // namespace postern::submission
