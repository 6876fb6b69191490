#include <arpa/inet.h>
#include <malloc.h>
#include <openssl/ssl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "../unit/submission/certificate.h"
#include "../unit/submission/fake_daemons.h"
#include "submission/worker.h"

/// What does a session cost that is logged in and idle? A child process plays the clients (real TCP, real TLS, a login
/// each) against a worker in this one; then this process's resident memory is compared with that before.
///
///   idle_sessions [SESSIONS [KIB [tls1.2]]]
///
/// Prints the cost per session; fails when it is more than KIB.
namespace {

using namespace postern;
using namespace postern::submission;
namespace asio = boost::asio;

constexpr std::size_t kWarmUp = 50;

std::size_t resident() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10) << 10;
  }
  return 0;
}

bool expect(SSL* ssl, const char* line, const char* prefix) {
  std::array<char, 2048> buffer{};
  if (line != nullptr && SSL_write(ssl, line, static_cast<int>(std::strlen(line))) <= 0) return false;
  const int got = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()));
  return got > 3 && std::memcmp(buffer.data(), prefix, 3) == 0;
}

/// The child: opens the sessions, says so by a byte each, and keeps them until its standard input ends.
int be_clients(std::uint16_t port, std::size_t count, bool tls12, int ready, int until) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  if (tls12) SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  for (std::size_t i = 0; i < count; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return EXIT_FAILURE;
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) != 1 || !expect(ssl, nullptr, "220") || !expect(ssl, "EHLO client.test\r\n", "250") ||
        !expect(ssl, "AUTH PLAIN AGFubgBzZWNyZXQ=\r\n", "235")) {
      std::fprintf(stderr, "session %zu failed\n", i);
      return EXIT_FAILURE;
    }
    if (::write(ready, "x", 1) != 1) return EXIT_FAILURE;
  }
  char byte = 0;
  return ::read(until, &byte, 1) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

struct Measured {
  std::size_t before = 0;
  std::size_t after = 0;
};

asio::awaitable<void> accept(asio::ip::tcp::acceptor& acceptor, Worker& worker) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    Origin origin;
    origin.client = {IpAddress::parse("127.0.0.1").value(), socket.remote_endpoint().port()};
    origin.link = "lo";
    worker.adopt(std::move(socket), std::move(origin), nullptr);
  }
}

asio::awaitable<void> measure(asio::io_context& context, asio::posix::stream_descriptor ready, std::size_t count,
                              Measured& measured) {
  asio::steady_timer timer(context);
  std::array<char, 256> bytes{};
  std::size_t open = 0;
  const auto settle = [&timer] {
    timer.expires_after(std::chrono::milliseconds(700));
    return timer.async_wait(asio::use_awaitable);
  };
  while (open < kWarmUp + count) {
    const std::size_t wanted = std::min(bytes.size(), open < kWarmUp ? kWarmUp - open : kWarmUp + count - open);
    const auto [error, got] =
        co_await ready.async_read_some(asio::buffer(bytes.data(), wanted), asio::as_tuple(asio::use_awaitable));
    if (error) break;
    open += got;
    if (open != kWarmUp) continue;
    co_await settle();
    measured.before = resident();
  }
  co_await settle();
  if (open == kWarmUp + count) measured.after = resident();
  context.stop();
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000;
  const double limit = argc > 2 ? std::strtod(argv[2], nullptr) : 20;
  const bool tls12 = argc > 3 && std::strcmp(argv[3], "tls1.2") == 0;
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);

  // A port, and the child, before anything else is in memory.
  std::array<int, 2> ready{};
  std::array<int, 2> until{};
  if (::pipe(ready.data()) != 0 || ::pipe(until.data()) != 0) return EXIT_FAILURE;
  asio::io_context* context = nullptr;  // never destroyed: the sessions are still open at the end
  const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listening, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listening, 1024) != 0 ||
      ::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return EXIT_FAILURE;
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(until[1]);
    ::_exit(be_clients(ntohs(address.sin_port), kWarmUp + count, tls12, ready[1], until[0]));
  }
  ::close(ready[1]);
  ::close(until[0]);

  const test::Certificate certificate;
  config::Config config;
  config.gateway.run = certificate.folder();
  config.submission.tls.certificate = certificate.certificate();
  config.submission.tls.key = certificate.key();
  context = new asio::io_context(1);
  test::FakeVault vault(*context, config.gateway.run);
  test::FakeAuth auth(*context, config.gateway.run);
  IdSource ids;
  Counters counters;
  const auto tickets = std::make_shared<TicketKeys>(config.submission.tls.ticket_lifetime);
  Worker worker(context->get_executor(), {.ids = ids, .counters = counters, .clock = Clock::system()},
                Settings::make(config), TlsContext::load(config.submission.tls, tickets).value());
  worker.start();
  asio::ip::tcp::acceptor acceptor(*context, asio::ip::tcp::v4(), listening);
  asio::co_spawn(*context, accept(acceptor, worker), asio::detached);
  Measured measured;
  asio::co_spawn(*context, measure(*context, asio::posix::stream_descriptor(*context, ready[0]), count, measured),
                 asio::detached);
  context->run();

  const double cost = static_cast<double>(measured.after - measured.before) / static_cast<double>(count) / 1024;
  const bool fits = measured.after > measured.before && cost <= limit;
  std::printf("%zu idle sessions (%s): %.1f KiB each, at most %.0f allowed: %s\n", count, tls12 ? "TLS 1.2" : "TLS 1.3",
              cost, limit, fits ? "ok" : "FAILED");
  std::fflush(stdout);
  ::close(until[1]);
  ::waitpid(child, nullptr, 0);
  std::filesystem::remove_all(certificate.folder());  // no destructor runs
  std::_Exit(fits ? EXIT_SUCCESS : EXIT_FAILURE);
}
