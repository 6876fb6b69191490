#include "submission/wire.h"

#include <sys/socket.h>

#include <cerrno>

namespace postern::submission {

Wire::Count Wire::read(std::span<char> into) {
  if (ended_) return {IoStatus::kEnd, 0};
  if (drained_) return {IoStatus::kWantRead, 0};
  const ssize_t got = ::recv(fd_, into.data(), into.size(), MSG_DONTWAIT);
  if (got > 0) {
    const auto bytes = static_cast<std::size_t>(got);
    drained_ = bytes < into.size();
    return {IoStatus::kOk, bytes};
  }
  if (got == 0) {
    ended_ = true;
    return {IoStatus::kEnd, 0};
  }
  if (errno == EAGAIN || errno == EINTR) return {IoStatus::kWantRead, 0};
  return {IoStatus::kFailed, 0};
}

Wire::Count Wire::write(std::string_view bytes) {
  const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0) return {IoStatus::kOk, static_cast<std::size_t>(sent)};
  if (errno == EAGAIN || errno == EINTR) return {IoStatus::kWantWrite, 0};
  return {IoStatus::kFailed, 0};
}

}  // namespace postern::submission
