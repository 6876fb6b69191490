#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace postern::submission {

/// How one attempt to read or write ended.
enum class IoStatus {
  kOk,
  kWantRead,   ///< nothing now: wait until the socket is readable
  kWantWrite,  ///< wait until it is writable
  kEnd,        ///< the other side said that nothing more will come: close_notify, or TCP's end in the clear
  kTruncated,  ///< TCP ended inside of TLS: what came last may be cut off
  kFailed,     ///< connection or protocol broken
};

/// A non-blocking TCP socket as the TLS code sees it: a descriptor that somebody else owns and closes. Not thread-safe.
class Wire {
 public:
  explicit Wire(int fd) : fd_(fd) {}

  struct Count {
    IoStatus status = IoStatus::kOk;
    std::size_t bytes = 0;
  };
  /// One recv. After one that gave less than was asked, further calls say kWantRead without asking the kernel, until
  /// rearm(): the answer is known, and the caller is about to wait for the socket, which is level-triggered.
  Count read(std::span<char> into);
  /// One send, without SIGPIPE.
  Count write(std::string_view bytes);
  /// The socket was waited for: reading is worth a try again.
  void rearm() { drained_ = false; }
  /// Whether the other side has ended the TCP stream.
  bool ended() const { return ended_; }
  int fd() const { return fd_; }

 private:
  int fd_;
  bool drained_ = false;
  bool ended_ = false;
};

}  // namespace postern::submission
