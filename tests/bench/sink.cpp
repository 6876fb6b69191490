#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

/// A server that takes all mail and forgets it: the far end of benchmarks. As little work as SMTP allows, one epoll
/// loop a thread; it believes every login. Not for anything but loopback.
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kUsage =
    "bench-sink: takes mail and counts it\n\n"
    "  --address A      IPv4 address to listen on (127.0.0.1)\n"
    "  --port N         port; 0: any, printed (0)\n"
    "  --tls MODE       none | starttls | implicit (none)\n"
    "  --certificate F  PEM with the chain\n"
    "  --key F          PEM\n"
    "  --threads N      event loops (1)\n"
    "  --expect N       ends after so many messages; 0: at SIGTERM or SIGINT (0)\n"
    "  --delay-us N     waits before the reply to the end of a message (0)\n"
    "\nPrints \"port N\" when ready, and at the end one line of JSON.\n";

enum class Tls { kNone, kStartTls, kImplicit };

struct Options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  Tls tls = Tls::kNone;
  std::string certificate;
  std::string key;
  unsigned threads = 1;
  std::uint64_t expect = 0;
  unsigned delay_us = 0;
};

std::atomic<bool> stopping{false};
std::atomic<std::uint64_t> messages{0};
std::atomic<std::uint64_t> bytes{0};
std::atomic<std::uint64_t> connections{0};
std::atomic<std::int64_t> first_ns{0};
std::atomic<std::int64_t> last_ns{0};

[[noreturn]] void die(std::string_view what) {
  std::fprintf(stderr, "bench-sink: %.*s: %s\n", static_cast<int>(what.size()), what.data(), std::strerror(errno));
  std::exit(EXIT_FAILURE);
}

bool starts_with_command(std::string_view line, std::string_view command) {
  return line.size() >= command.size() && ::strncasecmp(line.data(), command.data(), command.size()) == 0;
}

/// One connection: a parser that looks only for what it must.
class Peer {
 public:
  Peer(int fd, const Options& options, SSL_CTX* context) : fd_(fd), options_(options), context_(context) {
    if (options.tls == Tls::kImplicit) start_tls();
    out_ = "220 sink ESMTP\r\n";
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() {
    SSL_free(ssl_);
    ::close(fd_);
  }

  /// Does what can be done without waiting; false when the connection is over.
  bool work() {
    if (ssl_ != nullptr && !SSL_is_init_finished(ssl_)) {
      ERR_clear_error();
      const int done = SSL_do_handshake(ssl_);
      if (done != 1) return would_block(done);
    }
    for (;;) {
      if (!write_out()) return false;
      if (!out_.empty()) return true;
      if (ending_) return false;
      std::array<char, 65536> buffer;
      const auto got = read(buffer.data(), buffer.size());
      if (!got) return true;
      if (*got == 0) return false;
      in_.append(buffer.data(), *got);
      parse();
    }
  }

 private:
  void start_tls() {
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_);
    SSL_set_accept_state(ssl_);
  }
  bool would_block(int result) const {
    const int error = SSL_get_error(ssl_, result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
  }
  /// nullopt: would block; 0: over.
  std::optional<std::size_t> read(char* into, std::size_t size) {
    if (ssl_ != nullptr) {
      ERR_clear_error();
      const int got = SSL_read(ssl_, into, static_cast<int>(size));
      if (got > 0) return static_cast<std::size_t>(got);
      if (would_block(got)) return std::nullopt;
      return 0;
    }
    const ssize_t got = ::recv(fd_, into, size, 0);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EAGAIN) return std::nullopt;
    return 0;
  }
  bool write_out() {
    while (!out_.empty()) {
      ssize_t sent = 0;
      if (ssl_ != nullptr) {
        if (!SSL_is_init_finished(ssl_)) return true;
        ERR_clear_error();
        const int written = SSL_write(ssl_, out_.data(), static_cast<int>(out_.size()));
        if (written <= 0) return would_block(written);
        sent = written;
      } else {
        sent = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN;
      }
      out_.erase(0, static_cast<std::size_t>(sent));
    }
    if (tls_next_) {
      tls_next_ = false;
      start_tls();
    }
    return true;
  }

  void parse() {
    std::size_t used = 0;
    for (;;) {
      const std::string_view rest = std::string_view(in_).substr(used);
      if (in_data_) {
        const std::size_t size = content(rest);
        if (size == 0) break;
        used += size;
        if (in_data_) break;
        continue;
      }
      const std::size_t end = rest.find("\r\n");
      if (end == std::string_view::npos) break;
      used += end + 2;
      command(rest.substr(0, end));
      if (tls_next_ || ending_) break;
    }
    in_.erase(0, used);
  }

  /// How much of the rest is content; keeps back what may be the start of the end.
  std::size_t content(std::string_view rest) {
    constexpr std::string_view kEnd = "\r\n.\r\n";
    if (fresh_ && rest.starts_with(".\r\n")) return finish(3);
    const std::size_t end = rest.find(kEnd);
    if (end != std::string_view::npos) return finish(end + kEnd.size());
    if (rest.size() < kEnd.size()) return 0;
    fresh_ = false;
    const std::size_t taken = rest.size() - (kEnd.size() - 1);
    bytes += taken;
    return taken;
  }
  std::size_t finish(std::size_t size) {
    in_data_ = false;
    bytes += size;
    if (options_.delay_us > 0) ::usleep(options_.delay_us);
    const std::int64_t now = Clock::now().time_since_epoch().count();
    std::int64_t none = 0;
    first_ns.compare_exchange_strong(none, now);
    last_ns = now;
    out_ += "250 2.0.0 taken\r\n";
    if (++messages == options_.expect) stopping = true;
    return size;
  }

  void hello() {
    out_ += "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250-SIZE 104857600\r\n";
    if (ssl_ == nullptr && options_.tls == Tls::kStartTls) out_ += "250-STARTTLS\r\n";
    out_ += "250-AUTH PLAIN\r\n250 ENHANCEDSTATUSCODES\r\n";
  }
  void command(std::string_view line) {
    if (auth_next_) {
      auth_next_ = false;
      out_ += "235 2.7.0 welcome\r\n";
    } else if (starts_with_command(line, "RCPT")) {
      out_ += "250 2.1.5 ok\r\n";
    } else if (starts_with_command(line, "MAIL")) {
      out_ += "250 2.1.0 ok\r\n";
    } else if (starts_with_command(line, "DATA")) {
      out_ += "354 go on\r\n";
      in_data_ = fresh_ = true;
    } else if (starts_with_command(line, "EHLO") || starts_with_command(line, "HELO")) {
      hello();
    } else if (starts_with_command(line, "AUTH PLAIN ")) {
      out_ += "235 2.7.0 welcome\r\n";
    } else if (starts_with_command(line, "AUTH PLAIN")) {
      auth_next_ = true;
      out_ += "334 \r\n";
    } else if (starts_with_command(line, "STARTTLS") && ssl_ == nullptr && options_.tls == Tls::kStartTls) {
      out_ += "220 2.0.0 go on\r\n";
      tls_next_ = true;
    } else if (starts_with_command(line, "QUIT")) {
      out_ += "221 2.0.0 bye\r\n";
      ending_ = true;
    } else if (starts_with_command(line, "RSET") || starts_with_command(line, "NOOP")) {
      out_ += "250 2.0.0 ok\r\n";
    } else {
      out_ += "502 5.5.1 no\r\n";
    }
  }

  int fd_;
  const Options& options_;
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  std::string in_;
  std::string out_;
  bool in_data_ = false;
  bool fresh_ = false;
  bool auth_next_ = false;
  bool tls_next_ = false;
  bool ending_ = false;
};

int listen_on(const Options& options, std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  constexpr int kOn = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof kOn);
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &kOn, sizeof kOn);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::inet_pton(AF_INET, options.address.c_str(), &address.sin_addr) != 1) die("address");
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("bind");
  if (::listen(fd, 4096) != 0) die("listen");
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}

void watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.fd = fd;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll");
}

void serve(const Options& options, int listener, SSL_CTX* context) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event listening{};
  listening.events = EPOLLIN;
  listening.data.fd = listener;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &listening) != 0) die("epoll");
  std::unordered_map<int, std::unique_ptr<Peer>> peers;
  std::array<epoll_event, 256> events;
  constexpr int kTick = 50;
  while (!stopping) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), kTick);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd != listener) {
        const auto found = peers.find(fd);
        if (found != peers.end() && !found->second->work()) peers.erase(found);
        continue;
      }
      for (;;) {
        const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted < 0) break;
        constexpr int kOn = 1;
        ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
        ++connections;
        auto peer = std::make_unique<Peer>(accepted, options, context);
        watch(epoll, accepted);
        if (peer->work()) peers.emplace(accepted, std::move(peer));
      }
    }
  }
  peers.clear();
  ::close(epoll);
}

template <class Number>
Number number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) die("not a number: " + std::string(text));
  return value;
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--help" || i + 1 == argc) {
      std::fputs(kUsage, stdout);
      std::exit(name == "--help" ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    const std::string_view value = argv[i + 1];
    if (name == "--address") {
      options.address = value;
    } else if (name == "--port") {
      options.port = number<std::uint16_t>(value);
    } else if (name == "--tls") {
      options.tls = value == "implicit" ? Tls::kImplicit : value == "starttls" ? Tls::kStartTls : Tls::kNone;
    } else if (name == "--certificate") {
      options.certificate = value;
    } else if (name == "--key") {
      options.key = value;
    } else if (name == "--threads") {
      options.threads = number<unsigned>(value);
    } else if (name == "--expect") {
      options.expect = number<std::uint64_t>(value);
    } else if (name == "--delay-us") {
      options.delay_us = number<unsigned>(value);
    } else {
      std::fputs(kUsage, stderr);
      std::exit(EXIT_FAILURE);
    }
  }
  return options;
}

SSL_CTX* make_context(const Options& options) {
  if (options.tls == Tls::kNone) return nullptr;
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, options.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    die("certificate or key");
  }
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

void report() {
  constexpr double kSecond = 1e9;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  std::printf(R"({"messages":%llu,"bytes":%llu,"connections":%llu,"seconds":%.6f,"cpu_seconds":%.3f})"
              "\n",
              static_cast<unsigned long long>(messages), static_cast<unsigned long long>(bytes),
              static_cast<unsigned long long>(connections), static_cast<double>(last_ns - first_ns) / kSecond,
              seconds(usage.ru_utime) + seconds(usage.ru_stime));
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGTERM, [](int) { stopping = true; });
  ::signal(SIGINT, [](int) { stopping = true; });
  SSL_CTX* context = make_context(options);
  std::vector<int> listeners = {listen_on(options, options.port)};
  const std::uint16_t port = port_of(listeners[0]);
  while (listeners.size() < options.threads) listeners.push_back(listen_on(options, port));
  std::printf("port %u\n", static_cast<unsigned>(port));
  std::fflush(stdout);
  std::vector<std::thread> threads;
  for (const int listener : listeners) threads.emplace_back(serve, std::cref(options), listener, context);
  for (auto& thread : threads) thread.join();
  report();
  return EXIT_SUCCESS;
}
