#include "fake_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace postern::delivery::test {

/// One connection, with blocking reads and writes.
struct FakeServer::Peer {
  int fd = -1;
  int connection = 0;
  int message = 0;
  SSL* ssl = nullptr;
  std::string in;
  Message now;
  std::atomic<int>* reads = nullptr;

  bool fill() {
    char buffer[16384];
    const auto got =
        ssl != nullptr ? SSL_read(ssl, buffer, sizeof buffer) : static_cast<int>(::recv(fd, buffer, sizeof buffer, 0));
    if (got <= 0) return false;
    ++*reads;
    in.append(buffer, static_cast<std::size_t>(got));
    return true;
  }
  std::optional<std::string> line() {
    for (;;) {
      if (const std::size_t end = in.find("\r\n"); end != std::string::npos) {
        std::string text = in.substr(0, end);
        in.erase(0, end + 2);
        return text;
      }
      if (!fill()) return std::nullopt;
    }
  }
  /// False when the connection is to end.
  bool say(const Answer& answer) {
    std::string_view rest = answer.bytes;
    while (answer.pause.count() > 0 && !rest.empty()) {
      std::this_thread::sleep_for(answer.pause);
      const std::size_t line = std::min(rest.find('\n'), rest.size() - 1) + 1;
      if (!say(rest.substr(0, line))) return false;
      rest.remove_prefix(line);
    }
    return say(rest) && answer.then == Answer::Then::kGoOn;
  }
  bool say(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ssl != nullptr ? SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()))
                                       : static_cast<int>(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL));
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
};

FakeServer::FakeServer(Settings settings, Script script) : settings_(std::move(settings)), script_(std::move(script)) {
  ::signal(SIGPIPE, SIG_IGN);  // OpenSSL's own socket writes raise it; the gateway's must not
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener_, 128) != 0) {
    throw std::runtime_error("fake server");
  }
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

FakeServer::~FakeServer() {
  stop_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
  ::close(listener_);
}

std::vector<FakeServer::Message> FakeServer::messages() const {
  const std::lock_guard lock(mutex_);
  return messages_;
}

std::vector<std::string> FakeServer::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

void FakeServer::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0 || stop_) return;
    constexpr int kOn = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
    const int number = connections_++;
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    threads_.emplace_back([this, fd, number] { converse(fd, number); });
  }
}

void FakeServer::converse(int fd, int connection) {
  Peer peer;
  peer.fd = fd;
  peer.connection = connection;
  peer.reads = &reads_;
  int seen = greatest_;
  for (const int now = ++now_; seen < now && !greatest_.compare_exchange_weak(seen, now);) {
  }
  bool more = !settings_.implicit || start_tls(peer);
  more = more && answer(peer, Moment::kGreeting, {}, "220 fake ESMTP\r\n");
  while (more) {
    const auto line = peer.line();
    if (!line) break;
    {
      const std::lock_guard lock(mutex_);
      lines_.push_back(*line);
    }
    more = handle(peer, *line);
  }
  SSL_free(peer.ssl);
  const std::lock_guard lock(mutex_);
  std::erase(open_, fd);
  ::close(fd);
  --now_;
}

FakeServer::Answer FakeServer::decide(const Peer& peer, Moment moment, std::string line, std::string_view usual) {
  if (script_) {
    if (auto scripted = script_({moment, peer.connection, peer.message, std::move(line)})) return *std::move(scripted);
  }
  return {std::string(usual), Answer::Then::kGoOn, {}};
}

bool FakeServer::answer(Peer& peer, Moment moment, std::string line, std::string_view usual) {
  return peer.say(decide(peer, moment, std::move(line), usual));
}

bool FakeServer::start_tls(Peer& peer) {
  peer.ssl = SSL_new(settings_.tls.get());
  SSL_set_fd(peer.ssl, peer.fd);
  return SSL_accept(peer.ssl) == 1;
}

std::string FakeServer::capabilities(const Peer& peer) const {
  std::string text = "250-fake\r\n" + settings_.capabilities;
  if (settings_.tls && peer.ssl == nullptr) text += "250-STARTTLS\r\n";
  if (peer.ssl != nullptr && !settings_.auth.empty()) text += "250-AUTH " + settings_.auth + "\r\n";
  return text + "250 ENHANCEDSTATUSCODES\r\n";
}

bool FakeServer::handle(Peer& peer, const std::string& line) {
  if (line.starts_with("EHLO")) return answer(peer, Moment::kEhlo, line, capabilities(peer));
  if (line == "STARTTLS") return answer(peer, Moment::kStartTls, line, "220 2.0.0 go on\r\n") && start_tls(peer);
  if (line.starts_with("AUTH LOGIN")) {
    if (!peer.say("334 VXNlcm5hbWU6\r\n")) return false;
    const auto user = peer.line();
    if (!user || !peer.say("334 UGFzc3dvcmQ6\r\n")) return false;
    const auto password = peer.line();
    return password && answer(peer, Moment::kAuth, *user + " " + *password, "235 2.7.0 welcome\r\n");
  }
  if (line.starts_with("AUTH")) return answer(peer, Moment::kAuth, line, "235 2.7.0 welcome\r\n");
  if (line.starts_with("MAIL")) {
    peer.now = {line, {}, {}, peer.connection};
    return answer(peer, Moment::kMail, line, "250 2.1.0 ok\r\n");
  }
  if (line.starts_with("RCPT")) {
    const Answer said = decide(peer, Moment::kRcpt, line, "250 2.1.5 ok\r\n");
    if (said.bytes.starts_with("250")) peer.now.recipients.push_back(line);
    return peer.say(said);
  }
  if (line == "DATA") {
    const bool any = !peer.now.recipients.empty();
    const Answer said = decide(peer, Moment::kData, line, any ? "354 go on\r\n" : "554 5.5.1 no valid recipients\r\n");
    return peer.say(said) && (!said.bytes.starts_with("354") || take_content(peer));
  }
  if (line == "QUIT") {
    answer(peer, Moment::kQuit, line, "221 2.0.0 bye\r\n");
    return false;
  }
  if (line == "RSET") return peer.say("250 2.0.0 ok\r\n");
  return peer.say("500 5.5.2 what?\r\n");
}

bool FakeServer::take_content(Peer& peer) {
  peer.now.content.clear();
  for (;;) {
    const auto line = peer.line();
    if (!line) return false;
    if (*line == ".") break;
    peer.now.content += line->starts_with('.') ? line->substr(1) : *line;
    peer.now.content += "\r\n";
  }
  const Answer said = decide(peer, Moment::kFinal, peer.now.content, "250 2.0.0 queued as fake\r\n");
  if (said.bytes.starts_with("250")) {
    const std::lock_guard lock(mutex_);
    messages_.push_back(peer.now);
  }
  ++peer.message;
  return peer.say(said);
}

}  // namespace postern::delivery::test
