#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "submission/tls.h"
#include "submission/wire.h"

namespace postern::submission {

namespace asio = boost::asio;

/// One client's TCP connection, in the clear or with TLS, with one deadline for whatever it waits for.
///
/// Reading and writing never wait; wait() does. There is no timer a connection: the worker's ticker calls tick() a few
/// times a second, so a deadline is noticed up to one tick late and setting it costs nothing.
/// Not thread-safe; lives on its worker's executor and must not move.
class Connection {
 public:
  using Socket = asio::ip::tcp::socket;
  /// Why a wait ended.
  enum class Wake {
    kReady,
    kExpired,      ///< the deadline passed
    kInterrupted,  ///< interrupt() was called, now or before
    kFailed,       ///< the socket is gone
  };

  /// Takes over a connected socket: non-blocking, without Nagle. `scratch` must outlive it.
  Connection(Socket socket, TlsScratch& scratch);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Starts TLS; then call handshake() until it is done. What the client sent in the clear and we have not read goes to
  /// the handshake, and breaks it.
  void start_tls(std::shared_ptr<const TlsContext> context);
  IoStatus handshake() { return tls_->handshake(); }
  bool has_tls() const { return tls_.has_value(); }
  const TlsFacts& tls_facts() const { return tls_->facts(); }
  std::string tls_failure() const { return tls_ ? tls_->failure() : std::string(); }

  /// `into` needs Records::kMinRoom. See Tls::read.
  Wire::Count read(std::span<char> into);
  /// See Tls::write.
  IoStatus write(std::string_view& rest);
  /// Whether read() has something to give without waiting.
  bool pending() const { return tls_ && tls_->pending(); }

  /// Waits until the socket is readable (kWantRead) or writable (kWantWrite).
  asio::awaitable<Wake> wait(IoStatus wanted);
  /// From now on a wait ends when this time is reached.
  void expire_at(MonoTime deadline) { deadline_ = deadline; }
  void tick(MonoTime now);
  /// Ends the wait that is on, or the next one, once.
  void interrupt();
  bool waiting() const { return waiting_; }

  /// Says that nothing more will come: close_notify and TCP's end, as far as the kernel takes them now.
  void finish_sending();
  /// Reads and forgets what still comes after finish_sending(), unopened.
  Wire::Count drain(std::span<char> scratch) { return wire_.read(scratch); }
  /// Cuts both directions at once; a wait that is on ends. The client sees the end at once, whatever we are busy with.
  void cut();
  void close();

  std::uint64_t bytes_read() const { return bytes_read_; }
  std::uint64_t bytes_written() const { return bytes_written_; }

 private:
  Socket socket_;
  Wire wire_;
  TlsScratch& scratch_;
  std::optional<Tls> tls_;
  MonoTime deadline_ = MonoTime::max();
  std::uint64_t bytes_read_ = 0;
  std::uint64_t bytes_written_ = 0;
  bool waiting_ = false;
  bool expired_ = false;
  bool interrupted_ = false;
};

}  // namespace postern::submission
