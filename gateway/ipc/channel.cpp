#include "ipc/channel.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>
#include <format>

#include "base/secret.h"

namespace postern::ipc {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kFirstBuffer = 16 << 10;
constexpr std::size_t kMaxDescriptors = 8;
/// A buffer that grew beyond this for a large frame is given back afterwards.
constexpr std::size_t kKeepBuffer = 512 << 10;

std::unexpected<Error> io_failed(std::string_view what, const boost::system::error_code& error) {
  if (error == asio::error::operation_aborted) return fail(ErrorCode::kTimeout, std::format("{}: timed out", what));
  if (error == asio::error::eof || error == asio::error::broken_pipe || error == asio::error::connection_reset ||
      error == asio::error::bad_descriptor) {
    return fail(ErrorCode::kClosed, std::format("{}: the other side is gone", what));
  }
  return fail(ErrorCode::kIo, std::format("{}: {}", what, error.message()));
}

}  // namespace

Channel::Channel(Socket socket) : socket_(std::move(socket)) { socket_.native_non_blocking(true); }

asio::awaitable<Result<Channel>> Channel::connect(std::string path, Duration deadline) {
  Socket socket(co_await asio::this_coro::executor);
  const auto [error] =
      co_await socket.async_connect(asio::local::stream_protocol::endpoint(path), asio::cancel_after(deadline, kAwait));
  if (error == asio::error::operation_aborted)
    co_return fail(ErrorCode::kTimeout, "connect to " + path + ": timed out");
  if (error) co_return fail(ErrorCode::kUnavailable, std::format("connect to {}: {}", path, error.message()));
  co_return Channel(std::move(socket));
}

asio::awaitable<Result<void>> Channel::flush(Duration deadline) {
  // What is queued while this waits goes out with the next flush: `out_` must not move under the kernel's hands.
  std::swap(out_, sending_);
  out_.clear();
  const auto [error, size] =
      co_await asio::async_write(socket_, asio::buffer(sending_), asio::cancel_after(deadline, kAwait));
  if (secret_) wipe(sending_);
  if (sending_.capacity() > kKeepBuffer) sending_ = {};
  if (error) co_return io_failed("send", error);
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Channel::flush_with_descriptor(int fd, Duration deadline) {
  const auto [waited] = co_await socket_.async_wait(Socket::wait_write, asio::cancel_after(deadline, kAwait));
  if (waited) co_return io_failed("send", waited);
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  iovec part{out_.data(), out_.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr* rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(rights), &fd, sizeof(int));
  const ssize_t sent = ::sendmsg(socket_.native_handle(), &header, MSG_NOSIGNAL);
  if (sent < 0) co_return fail_errno("send descriptor", errno);
  out_.erase(0, static_cast<std::size_t>(sent));
  if (out_.empty()) co_return Result<void>{};
  co_return co_await flush(deadline);
}

Result<bool> Channel::take_frame(Frame& frame) {
  const std::string_view have = std::string_view(in_).substr(in_begin_, in_end_ - in_begin_);
  if (have.size() < kHeaderSize) return false;
  Reader header(have.substr(0, kHeaderSize));
  const std::size_t length = header.u32();
  const std::uint16_t type = header.u16();
  const std::uint8_t version = header.u8();
  const std::uint8_t zero = header.u8();
  if (version != kProtocolVersion || zero != 0) {
    return fail(ErrorCode::kProtocol,
                std::format("frame of protocol version {}, this side speaks {}", version, kProtocolVersion));
  }
  if (length > kMaxPayload) return fail(ErrorCode::kProtocol, std::format("frame of {} bytes is too long", length));
  if (have.size() < kHeaderSize + length) {
    if (in_.size() < in_begin_ + kHeaderSize + length) {
      // Make room for the whole frame at once, at the buffer's front.
      in_.erase(0, in_begin_);
      in_end_ -= in_begin_;
      in_begin_ = 0;
      in_.resize(std::max(kHeaderSize + length, kFirstBuffer));
    }
    return false;
  }
  frame = {type, have.substr(kHeaderSize, length)};
  in_begin_ += kHeaderSize + length;
  return true;
}

Result<bool> Channel::read_some() {
  if (in_begin_ == in_end_) {
    in_begin_ = in_end_ = 0;
    if (in_.size() > kKeepBuffer) in_ = {};
  }
  if (in_.empty()) in_.resize(kFirstBuffer);
  if (in_end_ == in_.size()) {
    in_.erase(0, in_begin_);
    in_end_ -= in_begin_;
    in_begin_ = 0;
    in_.resize(std::max(in_end_ * 2, kFirstBuffer));
  }
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxDescriptors)> control{};
  iovec part{in_.data() + in_end_, in_.size() - in_end_};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (accepts_descriptors_) {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  const ssize_t got = ::recvmsg(socket_.native_handle(), &header, MSG_CMSG_CLOEXEC);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got < 0)
    return errno == ECONNRESET ? fail(ErrorCode::kClosed, "the other side is gone") : fail_errno("receive", errno);
  if (got == 0) {
    return in_begin_ == in_end_ ? fail(ErrorCode::kClosed, "the other side is gone")
                                : fail(ErrorCode::kProtocol, "the connection ended inside a frame");
  }
  in_end_ += static_cast<std::size_t>(got);
  for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr; item = CMSG_NXTHDR(&header, item)) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (item->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(item) + i * sizeof(int), sizeof(int));
      descriptors_.emplace_back(fd);
    }
  }
  return true;
}

asio::awaitable<Result<Frame>> Channel::receive(Duration deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  for (;;) {
    Frame frame;
    const auto taken = take_frame(frame);
    if (!taken) co_return fail(taken.error());
    if (*taken) co_return frame;
    const auto read = read_some();
    if (!read) co_return fail(read.error());
    if (*read) continue;
    const auto left = until - std::chrono::steady_clock::now();
    const auto [error] = co_await socket_.async_wait(Socket::wait_read, asio::cancel_after(left, kAwait));
    if (error) co_return io_failed("receive", error);
  }
}

asio::awaitable<Result<Frame>> Channel::receive() {
  for (;;) {
    Frame frame;
    const auto taken = take_frame(frame);
    if (!taken) co_return fail(taken.error());
    if (*taken) co_return frame;
    const auto read = read_some();
    if (!read) co_return fail(read.error());
    if (*read) continue;
    const auto [error] = co_await socket_.async_wait(Socket::wait_read, kAwait);
    if (error) co_return io_failed("receive", error);
  }
}

bool Channel::is_idle_and_alive() {
  if (!socket_.is_open() || in_begin_ != in_end_) return false;
  char byte = 0;
  const ssize_t got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && errno == EAGAIN;
}

void Channel::carries_secrets() {
  secret_ = true;
  // Room for any login, so that growing leaves no copies behind.
  out_.reserve(kFirstBuffer);
  sending_.reserve(kFirstBuffer);
}

void Channel::wipe_received() { ::explicit_bzero(in_.data(), in_begin_); }

void Channel::close() {
  boost::system::error_code ignored;  // closing is all that is left to do; there is nothing to do about a failure
  socket_.close(ignored);
}

}  // namespace postern::ipc
