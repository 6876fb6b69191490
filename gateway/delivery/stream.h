#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "delivery/tls.h"

namespace postern::delivery {

namespace asio = boost::asio;

/// An outgoing TCP connection, in the clear at first, under TLS after start_tls(). A thin driver: OpenSSL reads and
/// writes the socket itself, Asio only waits for it.
///
/// Not thread-safe, one call at a time. Deadlines are points of the steady clock. Errors: kTimeout, kClosed (the other
/// side ended the connection, orderly or not), kProtocol (TLS broken), kPermission (its certificate was refused), kIo.
/// After an error only close() is left.
class Stream {
 public:
  using Socket = asio::ip::tcp::socket;

  /// Takes over a connected socket.
  explicit Stream(Socket socket);

  /// Runs the handshake. Nothing that was read in the clear may be left over when this is called.
  asio::awaitable<Result<void>> start_tls(const TlsClient& tls, MonoTime deadline);

  /// Waits for some bytes; at least one.
  asio::awaitable<Result<std::size_t>> read(std::span<char> into, MonoTime deadline);

  /// Writes all; `patience` is for each piece that the other side takes, so a slow one may take long but not for ever.
  asio::awaitable<Result<void>> write(std::string_view bytes, MonoTime::duration patience);

  /// Set once start_tls() succeeded.
  const std::optional<TlsFacts>& tls() const { return facts_; }

  /// Whether an idle connection is still good: nothing has come, no end and no word of the server.
  bool is_quiet();

  /// Ends the connection now, after a TLS close_notify if that can be sent without waiting; waiting calls fail.
  void close();

 private:
  asio::awaitable<Result<void>> wait(Socket::wait_type what, MonoTime deadline);
  /// After an SSL call that failed: waits for what it needs, or says what went wrong.
  asio::awaitable<Result<void>> after(int result, MonoTime deadline);

  Socket socket_;
  SslHandle ssl_;
  std::optional<TlsFacts> facts_;
  bool broken_ = false;
};

}  // namespace postern::delivery
