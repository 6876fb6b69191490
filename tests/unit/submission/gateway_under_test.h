#pragma once

#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/fd.h"
#include "certificate.h"
#include "fake_daemons.h"
#include "submission/worker.h"

namespace postern::submission::test {

/// A worker with real TCP sessions on loopback, real TLS, and vault and auth played. Its gate is not in play: that has
/// tests of its own, and would refuse loopback.
class Gateway {
 public:
  using Mode = ipc::ListenerAdd::Mode;

  /// `change` may adjust the configuration.
  explicit Gateway(const std::function<void(config::Config&)>& change = [](config::Config&) {});
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  std::uint16_t port(Mode mode) const { return mode == Mode::kSubmissions ? submissions_port_ : submission_port_; }
  /// Runs something on the worker's thread and waits for it.
  template <class F>
  auto on_worker(F what) {
    std::packaged_task<decltype(what(std::declval<Worker&>()))()> task([&] { return what(*worker_); });
    auto future = task.get_future();
    boost::asio::post(context_, [&] { task(); });
    return future.get();
  }
  /// Starts Worker::stop and returns at once; stopped() tells whether it is done.
  void stop(std::chrono::milliseconds bound);
  bool stopped() const { return stopped_; }
  void reload_certificate();
  std::size_t sessions() {
    return on_worker([](Worker& worker) { return worker.session_count(); });
  }
  /// Waits until no session is left; false after five seconds.
  bool gone();

  Certificate certificate;
  config::Config config;
  Counters counters;

 private:
  boost::asio::awaitable<void> accept(boost::asio::ip::tcp::acceptor& acceptor, Mode mode);

  Certificate folder_;  ///< a folder of its own for the sockets
  std::unique_ptr<Worker> worker_;
  boost::asio::io_context context_{1};
  IdSource ids_;
  std::shared_ptr<TicketKeys> tickets_;

 public:
  std::optional<FakeVault> vault;
  std::optional<FakeAuth> auth;

 private:
  boost::asio::ip::tcp::acceptor submissions_;
  boost::asio::ip::tcp::acceptor submission_;
  std::uint16_t submissions_port_ = 0;
  std::uint16_t submission_port_ = 0;
  std::atomic<bool> stopped_{false};
  bool stopping_ = false;
  std::jthread thread_;
};

/// A mail client at its barest: a blocking socket, OpenSSL, and patience of five seconds.
class Client {
 public:
  /// Connects; on the port for implicit TLS shakes hands at once.
  Client(const Gateway& gateway, Gateway::Mode mode);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool start_tls();
  void send(std::string_view text);
  /// One whole reply, its lines joined by "\n", without line ends; "" at the connection's end or after five seconds.
  std::string reply();
  /// send() with CRLF, then reply().
  std::string command(std::string_view line);
  /// Everything up to a login, or up to RCPT.
  bool log_in(std::string_view user = "ann", std::string_view password = "secret");
  bool envelope(std::string_view from = "ann@example.org", std::string_view to = "bob@example.net");
  /// Whether the server has closed: "end" (close_notify), "cut" (without), "open" (not within the time).
  std::string end(std::chrono::milliseconds patience = std::chrono::seconds(5));
  /// TCP's FIN, with close_notify before it if asked.
  void half_close(bool notify);
  /// The server's certificate, SHA-256.
  std::string fingerprint() const;
  int fd() const { return fd_.get(); }
  SSL* ssl() const { return ssl_; }

 private:
  long read(char* into, std::size_t size);
  UniqueFd fd_;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  std::string received_;
};

/// An ordinary message with the From that log_in's person may use.
std::string message(std::string_view body = "Hello.\r\n");

}  // namespace postern::submission::test
