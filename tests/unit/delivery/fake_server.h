#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace postern::delivery::test {

/// A smart host of the test's own making: real TCP on loopback, real TLS, one thread a connection, and told by the test
/// where to misbehave.
class FakeServer {
 public:
  enum class Moment { kGreeting, kEhlo, kStartTls, kAuth, kMail, kRcpt, kData, kFinal, kQuit };

  /// What has just come.
  struct Event {
    Moment moment{};
    int connection = 0;  ///< from 0
    int message = 0;     ///< within the connection, from 0
    std::string line;    ///< the command, or for kFinal the content (dots unstuffed)
  };

  /// What to say instead of the usual: raw bytes, CRLF included. drop() closes without a word, silence() says
  /// nothing, last_words() closes behind what is said.
  struct Answer {
    std::string bytes;
    enum class Then { kGoOn, kDrop } then = Then::kGoOn;
    std::chrono::milliseconds pause{};  ///< before each line
  };
  using Script = std::function<std::optional<Answer>(const Event&)>;
  static Answer say(std::string bytes) { return {std::move(bytes), Answer::Then::kGoOn, {}}; }
  static Answer drop() { return {"", Answer::Then::kDrop, {}}; }
  static Answer silence() { return {"", Answer::Then::kGoOn, {}}; }
  static Answer last_words(std::string bytes) { return {std::move(bytes), Answer::Then::kDrop, {}}; }

  struct Settings {
    std::shared_ptr<SSL_CTX> tls;  ///< none: STARTTLS is not offered
    bool implicit = false;
    std::string capabilities = "250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250-SIZE 50000000\r\n";
    std::string auth = "PLAIN LOGIN";  ///< offered under TLS; empty: none
  };
  struct Message {
    std::string mail;
    std::vector<std::string> recipients;  ///< those accepted
    std::string content;
    int connection = 0;
  };

  FakeServer(Settings settings, Script script = {});
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }
  int greatest_at_once() const { return greatest_; }
  /// Those that got the final 250.
  std::vector<Message> messages() const;
  /// Every command line of every connection, in the order of arrival.
  std::vector<std::string> lines() const;
  /// Number of read calls that brought commands; tells pipelining from its absence.
  int reads() const { return reads_; }

 private:
  struct Peer;
  void accept_all();
  void converse(int fd, int connection);
  /// What the script says, else the usual.
  Answer decide(const Peer& peer, Moment moment, std::string line, std::string_view usual);
  /// Decides and says it; false when the connection ends.
  bool answer(Peer& peer, Moment moment, std::string line, std::string_view usual);
  bool handle(Peer& peer, const std::string& line);
  bool take_content(Peer& peer);
  bool start_tls(Peer& peer);
  std::string capabilities(const Peer& peer) const;

  Settings settings_;
  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<int> now_{0};
  std::atomic<int> greatest_{0};
  std::atomic<int> reads_{0};
  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;
  std::vector<Message> messages_;
  std::vector<std::string> lines_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace postern::delivery::test
