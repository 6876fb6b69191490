#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "ipc/frame.h"
#include "ipc/peer.h"

namespace postern::ipc {

namespace asio = boost::asio;

/// One end of a unix stream socket that carries frames. Not thread-safe: used from its executor only. One coroutine
/// may receive while another flushes; two must not do the same at once.
class Channel {
 public:
  using Socket = asio::local::stream_protocol::socket;
  using Duration = std::chrono::steady_clock::duration;

  /// Takes over a connected socket.
  explicit Channel(Socket socket);

  /// Connects to the socket at `path`; kUnavailable when nobody listens there, kTimeout after `deadline`.
  static asio::awaitable<Result<Channel>> connect(std::string path, Duration deadline);

  /// Encodes a message into the outgoing buffer; nothing is sent before flush().
  template <Message M>
  void queue(const M& message) {
    append_frame(out_, message);
  }
  /// Sends all that is queued in as few system calls as it takes. kClosed, kTimeout or kIo end the channel.
  asio::awaitable<Result<void>> flush(Duration deadline);
  /// queue() and flush() in one.
  template <Message M>
  asio::awaitable<Result<void>> send(const M& message, Duration deadline) {
    queue(message);
    co_return co_await flush(deadline);
  }
  /// Sends one message together with a copy of a descriptor (SCM_RIGHTS); the caller keeps its own. Nothing else may
  /// be queued.
  template <Message M>
  asio::awaitable<Result<void>> send_with_descriptor(const M& message, int fd, Duration deadline) {
    queue(message);
    co_return co_await flush_with_descriptor(fd, deadline);
  }

  /// Waits for the next frame. Its payload is valid until the next call. kClosed at an orderly end between frames,
  /// kProtocol for a malformed header or an end in mid-frame, kTimeout after `deadline`.
  asio::awaitable<Result<Frame>> receive(Duration deadline);
  /// The same without a deadline: for a server that waits for its client's next request.
  asio::awaitable<Result<Frame>> receive();
  /// Waits for a message of exactly this type.
  template <Message M>
  asio::awaitable<Result<M>> receive_as(Duration deadline) {
    const auto frame = co_await receive(deadline);
    if (!frame) co_return fail(frame.error());
    co_return parse<M>(*frame);
  }
  /// Lets descriptors in: without this call the kernel discards those that a peer sends.
  void accept_descriptors() { accepts_descriptors_ = true; }
  /// Descriptors that came since the last call, oldest first.
  std::vector<UniqueFd> take_descriptors() { return std::exchange(descriptors_, {}); }

  /// Whether the peer is still there and has sent nothing unasked: a pooled connection may be used again.
  bool is_idle_and_alive();
  Result<PeerCredentials> peer() { return peer_credentials(socket_.native_handle()); }
  asio::any_io_executor executor() { return socket_.get_executor(); }
  /// How many bytes wait for flush().
  std::size_t queued() const { return out_.size(); }
  /// Its frames hold passwords: those sent are wiped at once, those received by wipe_received().
  void carries_secrets();
  /// Overwrites the frames that receive() has handed out so far; their views hold nothing afterwards.
  void wipe_received();
  /// Ends the connection now; waiting calls return kClosed.
  void close();

 private:
  asio::awaitable<Result<void>> flush_with_descriptor(int fd, Duration deadline);
  /// A whole frame from the buffer, if one is there.
  Result<bool> take_frame(Frame& frame);
  /// Reads what the socket has; false when it would block.
  Result<bool> read_some();

  Socket socket_;
  std::string out_;
  std::string sending_;
  std::string in_;
  std::size_t in_begin_ = 0;
  std::size_t in_end_ = 0;
  bool accepts_descriptors_ = false;
  bool secret_ = false;
  std::vector<UniqueFd> descriptors_;
};

}  // namespace postern::ipc
