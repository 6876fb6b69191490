#include "gateway_under_test.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "base/encoding.h"

namespace postern::submission::test {

namespace {

namespace asio = boost::asio;

asio::ip::tcp::acceptor listen(asio::io_context& context) {
  return {context, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
}

}  // namespace

Gateway::Gateway(const std::function<void(config::Config&)>& change)
    : submissions_(listen(context_)), submission_(listen(context_)) {
  std::signal(SIGPIPE, SIG_IGN);  // the clients' OpenSSL writes to connections that are gone
  config.gateway.name = "gate.test";
  config.gateway.run = folder_.folder();
  config.submission.tls.certificate = certificate.certificate();
  config.submission.tls.key = certificate.key();
  change(config);
  vault.emplace(context_, config.gateway.run);
  auth.emplace(context_, config.gateway.run);
  tickets_ = std::make_shared<TicketKeys>(config.submission.tls.ticket_lifetime);
  worker_ = std::make_unique<Worker>(context_.get_executor(),
                                     Worker::Shared{.ids = ids_, .counters = counters, .clock = Clock::system()},
                                     Settings::make(config), TlsContext::load(config.submission.tls, tickets_).value());
  worker_->start();
  submissions_port_ = submissions_.local_endpoint().port();
  submission_port_ = submission_.local_endpoint().port();
  asio::co_spawn(context_, accept(submissions_, Mode::kSubmissions), asio::detached);
  asio::co_spawn(context_, accept(submission_, Mode::kSubmission), asio::detached);
  thread_ = std::jthread([this] { context_.run(); });
}

Gateway::~Gateway() {
  vault->hold(false);
  stop(std::chrono::milliseconds(0));
  for (int i = 0; i < 1000 && !stopped_; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  context_.stop();
  thread_.join();
  if (worker_->session_count() > 0) std::abort();  // their coroutines would outlive the worker
  worker_.reset();
}

asio::awaitable<void> Gateway::accept(asio::ip::tcp::acceptor& acceptor, Mode mode) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    Origin origin;
    origin.client = {IpAddress::parse("127.0.0.1").value(), socket.remote_endpoint().port()};
    origin.local = {IpAddress::parse("127.0.0.1").value(), port(mode)};
    origin.link = "lo";
    origin.mode = mode;
    worker_->adopt(std::move(socket), std::move(origin), nullptr);
  }
}

void Gateway::stop(std::chrono::milliseconds bound) {
  if (std::exchange(stopping_, true)) return;
  asio::co_spawn(context_, worker_->stop(bound), [this](const std::exception_ptr&) { stopped_ = true; });
}

void Gateway::reload_certificate() {
  const auto made = TlsContext::load(config.submission.tls, tickets_).value();
  on_worker([&](Worker& worker) { worker.use(made); });
}

bool Gateway::gone() {
  for (int i = 0; i < 500; ++i) {
    if (sessions() == 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

Client::Client(const Gateway& gateway, Gateway::Mode mode) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(gateway.port(mode));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{5, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("connect failed");
  }
  if (mode == Gateway::Mode::kSubmissions) start_tls();
}

Client::~Client() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
}

bool Client::start_tls() {
  context_ = SSL_CTX_new(TLS_client_method());
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, fd_.get());
  return SSL_connect(ssl_) == 1;
}

void Client::send(std::string_view text) {
  if (ssl_ != nullptr) {
    while (!text.empty()) {
      const int sent = SSL_write(ssl_, text.data(), static_cast<int>(std::min<std::size_t>(text.size(), 1 << 20)));
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return;
  }
  ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
}

long Client::read(char* into, std::size_t size) {
  if (ssl_ != nullptr) return SSL_read(ssl_, into, static_cast<int>(size));
  return ::recv(fd_.get(), into, size, 0);
}

std::string Client::reply() {
  std::string lines;
  for (;;) {
    const std::size_t end = received_.find("\r\n");
    if (end == std::string::npos) {
      char buffer[4096];
      const long got = read(buffer, sizeof buffer);
      if (got <= 0) return lines;
      received_.append(buffer, static_cast<std::size_t>(got));
      continue;
    }
    const std::string line = received_.substr(0, end);
    received_.erase(0, end + 2);
    lines += (lines.empty() ? "" : "\n") + line;
    if (line.size() < 4 || line[3] != '-') return lines;
  }
}

std::string Client::command(std::string_view line) {
  send(std::string(line) + "\r\n");
  return reply();
}

bool Client::log_in(std::string_view user, std::string_view password) {
  if (!reply().starts_with("220") || !command("EHLO client.test").starts_with("250")) return false;
  std::string plain(1, '\0');
  plain += user;
  plain += '\0';
  plain += password;
  return command("AUTH PLAIN " + base64_encode(plain)).starts_with("235");
}

bool Client::envelope(std::string_view from, std::string_view to) {
  return command("MAIL FROM:<" + std::string(from) + ">").starts_with("250") &&
         command("RCPT TO:<" + std::string(to) + ">").starts_with("250");
}

std::string Client::end(std::chrono::milliseconds patience) {
  const timeval time{patience.count() / 1000, patience.count() % 1000 * 1000};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  char buffer[4096];
  for (;;) {
    ERR_clear_error();
    errno = 0;
    const long got = read(buffer, sizeof buffer);
    if (got > 0) continue;
    if (ssl_ == nullptr) return got == 0 ? "end" : errno == EAGAIN ? "open" : "cut";
    const int error = SSL_get_error(ssl_, static_cast<int>(got));
    if (error == SSL_ERROR_ZERO_RETURN) return "end";
    return error == SSL_ERROR_WANT_READ || errno == EAGAIN ? "open" : "cut";
  }
}

void Client::half_close(bool notify) {
  if (notify && ssl_ != nullptr) SSL_shutdown(ssl_);
  ::shutdown(fd_.get(), SHUT_WR);
}

std::string Client::fingerprint() const {
  X509* certificate = SSL_get0_peer_certificate(ssl_);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest, &size);
  return hex_encode({static_cast<const char*>(static_cast<const void*>(digest)), size});
}

std::string message(std::string_view body) {
  return "From: Ann <ann@example.org>\r\nTo: bob@example.net\r\nSubject: test\r\n\r\n" + std::string(body);
}

}  // namespace postern::submission::test
