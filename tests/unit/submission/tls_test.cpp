#include "submission/tls.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <optional>
#include <vector>

#include "base/fd.h"
#include "base/random.h"
#include "certificate.h"

namespace postern::submission {
namespace {

/// A real OpenSSL client at one end of a socket pair, our Tls at the other, pumped in turn by one thread.
class Pair {
 public:
  using Setup = void (*)(SSL_CTX*, SSL*);

  explicit Pair(
      std::shared_ptr<const TlsContext> context, Setup setup = [](SSL_CTX*, SSL*) {}, SSL_SESSION* resume = nullptr) {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    ours_.reset(ends[0]);
    theirs_.reset(ends[1]);
    wire.emplace(ends[0]);
    tls.emplace(std::move(context), *wire, scratch);
    client_context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_session_cache_mode(client_context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    client = SSL_new(client_context_);
    SSL_set_fd(client, ends[1]);
    SSL_set_mode(client, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    char name[] = "gate.test";
    SSL_ctrl(client, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name);
    setup(client_context_, client);
    if (resume != nullptr) SSL_set_session(client, resume);
    SSL_set_connect_state(client);
  }
  ~Pair() {
    SSL_set_quiet_shutdown(client, 1);  // without a shutdown OpenSSL would not use the session's ticket again
    SSL_shutdown(client);
    SSL_free(client);
    SSL_CTX_free(client_context_);
  }

  /// Both sides until neither gets further; how it ended on our side.
  IoStatus shake() {
    IoStatus status = IoStatus::kWantRead;
    for (int i = 0; i < 20 && (status == IoStatus::kWantRead || SSL_is_init_finished(client) == 0); ++i) {
      ERR_clear_error();
      SSL_do_handshake(client);
      if (status == IoStatus::kWantRead) {
        wire->rearm();
        status = tls->handshake();
      }
      if (status == IoStatus::kFailed) break;
    }
    return status;
  }
  Wire::Count read(std::string& into) {
    std::vector<char> buffer(room);
    wire->rearm();
    const auto got = tls->read(buffer);
    into.append(buffer.data(), got.bytes);
    return got;
  }
  /// What the client can read now.
  std::string client_read() {
    std::string all;
    std::array<char, 20000> buffer{};
    for (;;) {
      ERR_clear_error();
      const int got = SSL_read(client, buffer.data(), static_cast<int>(buffer.size()));
      if (got <= 0) return all;
      all.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }
  /// Sends bytes through the client's TLS to ours, reading there as we go.
  std::string carry(std::string_view bytes) {
    std::string arrived;
    while (arrived.size() < bytes.size()) {
      const std::string_view left = bytes.substr(sent_of_carry_);
      if (!left.empty()) {
        const int sent = SSL_write(client, left.data(), static_cast<int>(left.size()));
        if (sent > 0) sent_of_carry_ += static_cast<std::size_t>(sent);
      }
      const auto got = read(arrived);
      if (got.status != IoStatus::kOk && got.status != IoStatus::kWantRead) break;
    }
    sent_of_carry_ = 0;
    return arrived;
  }
  void cut() { ::shutdown(theirs_.get(), SHUT_WR); }
  int client_fd() const { return theirs_.get(); }

  TlsScratch scratch;
  std::optional<Wire> wire;
  std::optional<Tls> tls;
  SSL* client = nullptr;
  std::size_t room = 64 << 10;

 private:
  UniqueFd ours_;
  UniqueFd theirs_;
  SSL_CTX* client_context_ = nullptr;
  std::size_t sent_of_carry_ = 0;
};

struct Server {
  test::Certificate certificate;
  config::Tls settings;
  std::shared_ptr<TicketKeys> tickets;
  std::shared_ptr<const TlsContext> context;

  explicit Server(void (*change)(config::Tls&) = [](config::Tls&) {}) {
    settings.certificate = certificate.certificate();
    settings.key = certificate.key();
    change(settings);
    tickets = std::make_shared<TicketKeys>(settings.ticket_lifetime);
    context = TlsContext::load(settings, tickets).value();
  }
};

void only_tls12(SSL_CTX* context, SSL* ssl) {
  SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
}

TEST_CASE("the hybrid group comes first and TLS 1.3 gives OpenSSL's memory back") {
  Server server;
  Pair pair(server.context);
  REQUIRE(pair.shake() == IoStatus::kOk);
  CHECK(pair.tls->slim());
  CHECK(pair.tls->facts().version == "TLSv1.3");
  CHECK(pair.tls->facts().group == "X25519MLKEM768");
  CHECK(pair.tls->facts().server_name == "gate.test");
  CHECK_FALSE(pair.tls->facts().resumed);
}

void leave_to_openssl(config::Tls& tls) { tls.own_records = false; }
void keep_defaults(config::Tls&) {}

TEST_CASE("bytes pass both ways unchanged with every cipher, with our records and with OpenSSL's") {
  Server server(GENERATE(&keep_defaults, &leave_to_openssl));
  const auto setup = GENERATE(
      Pair::Setup([](SSL_CTX*, SSL* ssl) { SSL_set_ciphersuites(ssl, "TLS_AES_128_GCM_SHA256"); }),
      Pair::Setup([](SSL_CTX*, SSL* ssl) { SSL_set_ciphersuites(ssl, "TLS_AES_256_GCM_SHA384"); }),
      Pair::Setup([](SSL_CTX*, SSL* ssl) { SSL_set_ciphersuites(ssl, "TLS_CHACHA20_POLY1305_SHA256"); }),
      Pair::Setup([](SSL_CTX*, SSL* ssl) { SSL_set_block_padding(ssl, 4096); }),
      Pair::Setup([](SSL_CTX*, SSL* ssl) { SSL_set_max_send_fragment(ssl, 700); }),
      Pair::Setup([](SSL_CTX*, SSL* ssl) { SSL_set_tlsext_max_fragment_length(ssl, TLSEXT_max_fragment_length_512); }),
      Pair::Setup(&only_tls12));
  Pair pair(server.context, setup);
  REQUIRE(pair.shake() == IoStatus::kOk);
  CHECK(pair.client_read().empty());  // tickets, which must not upset the record numbers
  const std::string bytes = random_bytes(300'000);
  CHECK(pair.carry("EHLO a\r\n") == "EHLO a\r\n");
  CHECK(pair.carry(bytes) == bytes);

  std::string_view rest = bytes;
  std::string arrived;
  for (int i = 0; i < 1000 && arrived.size() < bytes.size(); ++i) {
    const auto status = pair.tls->write(rest);
    CHECK((status == IoStatus::kOk || status == IoStatus::kWantWrite));
    arrived += pair.client_read();
  }
  CHECK(arrived == bytes);
  CHECK(pair.carry("QUIT\r\n") == "QUIT\r\n");
}

TEST_CASE("a reader with little room gets everything all the same") {
  Server server;
  Pair pair(server.context);
  REQUIRE(pair.shake() == IoStatus::kOk);
  pair.room = Records::kMinRoom;
  const std::string bytes = random_bytes(200'000);
  CHECK(pair.carry(bytes) == bytes);
  CHECK_FALSE(pair.tls->pending());
}

TEST_CASE("one switch leaves all of TLS to OpenSSL") {
  Server server(&leave_to_openssl);
  Pair pair(server.context);
  REQUIRE(pair.shake() == IoStatus::kOk);
  CHECK_FALSE(pair.tls->slim());
  CHECK(pair.tls->facts().version == "TLSv1.3");
}

TEST_CASE("keys change when the client asks, in both directions") {
  Server server(GENERATE(&keep_defaults, &leave_to_openssl));
  Pair pair(server.context);
  REQUIRE(pair.shake() == IoStatus::kOk);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(SSL_key_update(pair.client, i == 1 ? SSL_KEY_UPDATE_NOT_REQUESTED : SSL_KEY_UPDATE_REQUESTED) == 1);
    CHECK(pair.carry("NOOP\r\n") == "NOOP\r\n");
    std::string_view rest = "250 2.0.0 OK\r\n";
    REQUIRE(pair.tls->write(rest) == IoStatus::kOk);
    CHECK(pair.client_read() == "250 2.0.0 OK\r\n");
  }
}

TEST_CASE("key changes without end are refused") {
  Server server;
  Pair pair(server.context);
  REQUIRE(pair.shake() == IoStatus::kOk);
  bool failed = false;
  for (unsigned i = 0; i < 2 * Records::kMaxKeyUpdates && !failed; ++i) {
    SSL_key_update(pair.client, SSL_KEY_UPDATE_NOT_REQUESTED);
    std::string arrived;
    SSL_write(pair.client, "x", 1);
    failed = pair.read(arrived).status == IoStatus::kFailed;
  }
  CHECK(failed);
  CHECK(pair.tls->failure() == "too many KeyUpdates");
}

TEST_CASE("close_notify is told from a cut") {
  Server server(GENERATE(&keep_defaults, &leave_to_openssl));
  const auto setup = GENERATE(Pair::Setup([](SSL_CTX*, SSL*) {}), Pair::Setup(&only_tls12));
  Pair pair(server.context, setup);
  REQUIRE(pair.shake() == IoStatus::kOk);
  std::string arrived;
  SECTION("close_notify behind data") {
    SSL_write(pair.client, "QUIT\r\n", 6);
    SSL_shutdown(pair.client);
    pair.cut();
    CHECK(pair.read(arrived).status == IoStatus::kOk);
    CHECK(arrived == "QUIT\r\n");
    CHECK(pair.read(arrived).status == IoStatus::kEnd);
    // Half-closed: the other direction still works.
    std::string_view rest = "221 2.0.0 Bye\r\n";
    CHECK(pair.tls->write(rest) == IoStatus::kOk);
  }
  SECTION("cut") {
    SSL_write(pair.client, "QUIT\r\n", 6);
    pair.cut();
    CHECK(pair.read(arrived).status == IoStatus::kOk);
    CHECK(pair.read(arrived).status == IoStatus::kTruncated);
  }
  SECTION("ours reaches the client") {
    pair.tls->close();
    char byte = 0;
    CHECK(SSL_read(pair.client, &byte, 1) == 0);
    CHECK(SSL_get_error(pair.client, 0) == SSL_ERROR_ZERO_RETURN);
    std::string_view rest = "more";
    CHECK(pair.tls->write(rest) != IoStatus::kOk);
  }
}

TEST_CASE("what came before a broken record is delivered, what comes behind is not") {
  Server server;
  Pair pair(server.context);
  REQUIRE(pair.shake() == IoStatus::kOk);
  SSL_write(pair.client, "NOOP\r\n", 6);
  const std::string broken = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
  ::send(pair.client_fd(), broken.data(), broken.size(), 0);
  SSL_write(pair.client, "QUIT\r\n", 6);
  std::string arrived;
  CHECK(pair.read(arrived).status == IoStatus::kOk);
  CHECK(arrived == "NOOP\r\n");
  CHECK(pair.read(arrived).status == IoStatus::kFailed);
  CHECK(arrived == "NOOP\r\n");
}

TEST_CASE("a record that was touched ends the connection with an alert") {
  Server server;
  Pair pair(server.context);
  REQUIRE(pair.shake() == IoStatus::kOk);
  pair.client_read();
  std::string record("\x17\x03\x03", 3);
  std::string_view expected;
  SECTION("does not verify") {
    record += std::string("\x00\x20", 2) + random_bytes(32);
    expected = "record does not verify";
  }
  SECTION("shorter than a tag") {
    record += std::string("\x00\x10", 2) + random_bytes(16);
    expected = "record does not verify";
  }
  SECTION("too long") {
    record += std::string("\x41\x01", 2);
    expected = "record too long";
  }
  SECTION("in the clear") {
    record = std::string("\x15\x03\x03\x00\x02\x01\x00", 7);
    expected = "unprotected record";
  }
  REQUIRE(::send(pair.client_fd(), record.data(), record.size(), 0) == static_cast<ssize_t>(record.size()));
  std::string arrived;
  CHECK(pair.read(arrived).status == IoStatus::kFailed);
  CHECK(arrived.empty());
  CHECK(pair.tls->failure() == expected);
  char byte = 0;
  ERR_clear_error();
  CHECK(SSL_read(pair.client, &byte, 1) <= 0);
  CHECK(ERR_GET_REASON(ERR_peek_error()) >= SSL_AD_REASON_OFFSET);  // the client saw our alert
  CHECK(pair.read(arrived).status == IoStatus::kFailed);
  std::string_view rest = "250 OK\r\n";
  CHECK(pair.tls->write(rest) == IoStatus::kFailed);
}

TEST_CASE("old versions, cleartext and foreign protocols fail in the handshake") {
  Server server([](config::Tls& tls) { tls.minimum = config::TlsVersion::kTls13; });
  SECTION("TLS 1.2 where 1.3 is the minimum") {
    Pair pair(server.context, &only_tls12);
    CHECK(pair.shake() == IoStatus::kFailed);
    CHECK(pair.tls->failure() == "unsupported protocol");
  }
  SECTION("a browser") {
    Pair pair(server.context, [](SSL_CTX*, SSL* ssl) {
      SSL_set_alpn_protos(ssl, static_cast<const unsigned char*>(static_cast<const void*>("\x08http/1.1")), 9);
    });
    CHECK(pair.shake() == IoStatus::kFailed);
  }
  SECTION("a client that says it speaks SMTP") {
    Pair pair(server.context, [](SSL_CTX*, SSL* ssl) {
      SSL_set_alpn_protos(ssl, static_cast<const unsigned char*>(static_cast<const void*>("\x04smtp")), 5);
    });
    CHECK(pair.shake() == IoStatus::kOk);
  }
  SECTION("SMTP in the clear") {
    Pair pair(server.context);
    ::send(pair.client_fd(), "EHLO client.example\r\n", 21, 0);
    CHECK(pair.tls->handshake() == IoStatus::kFailed);
    CHECK_FALSE(pair.tls->failure().empty());
  }
  SECTION("the client goes away") {
    Pair pair(server.context);
    pair.cut();
    CHECK(pair.tls->handshake() == IoStatus::kTruncated);
  }
}

struct Kept {
  SSL_SESSION* session = nullptr;
  ~Kept() { SSL_SESSION_free(session); }
};
Kept* kept = nullptr;

void keep_session(SSL_CTX* context, SSL*) {
  SSL_CTX_sess_set_new_cb(context, [](SSL*, SSL_SESSION* session) {
    SSL_SESSION_free(kept->session);
    kept->session = session;
    return 1;
  });
}

TEST_CASE("tickets resume a session, across a change of certificate too, until their key is gone") {
  Server server;
  Kept ticket;
  kept = &ticket;
  {
    Pair pair(server.context, &keep_session);
    REQUIRE(pair.shake() == IoStatus::kOk);
    pair.client_read();
    REQUIRE(ticket.session != nullptr);
  }
  SECTION("same certificate") {
    Pair pair(server.context, &keep_session, ticket.session);
    REQUIRE(pair.shake() == IoStatus::kOk);
    CHECK(pair.tls->facts().resumed);
    CHECK(pair.carry("NOOP\r\n") == "NOOP\r\n");
  }
  SECTION("new certificate") {
    const std::string before = server.context->fingerprint();
    server.certificate.renew();
    const auto context = TlsContext::load(server.settings, server.tickets).value();
    CHECK(context->fingerprint() != before);
    Pair pair(context, &keep_session, ticket.session);
    REQUIRE(pair.shake() == IoStatus::kOk);
    CHECK(pair.tls->facts().resumed);
  }
  SECTION("new keys") {
    const auto context = TlsContext::load(server.settings, std::make_shared<TicketKeys>(std::chrono::hours(1))).value();
    Pair pair(context, &keep_session, ticket.session);
    REQUIRE(pair.shake() == IoStatus::kOk);
    CHECK_FALSE(pair.tls->facts().resumed);
  }
}

TEST_CASE("without a ticket lifetime there are no tickets") {
  Server server([](config::Tls& tls) { tls.ticket_lifetime = {}; });
  Kept ticket;
  kept = &ticket;
  Pair pair(server.context, &keep_session);
  REQUIRE(pair.shake() == IoStatus::kOk);
  pair.client_read();
  CHECK(ticket.session == nullptr);
  CHECK(pair.carry("NOOP\r\n") == "NOOP\r\n");
}

TEST_CASE("ticket keys rotate with time") {
  ManualClock clock;
  Server server;
  const auto keys = std::make_shared<TicketKeys>(std::chrono::hours(1), clock);
  const auto context = TlsContext::load(server.settings, keys).value();
  Kept ticket;
  kept = &ticket;
  {
    Pair pair(context, &keep_session);
    REQUIRE(pair.shake() == IoStatus::kOk);
    pair.client_read();
  }
  const auto resumes = [&] {
    SSL_SESSION* session = SSL_SESSION_dup(ticket.session);
    Pair pair(context, [](SSL_CTX*, SSL*) {}, session);
    const bool shaken = pair.shake() == IoStatus::kOk;
    SSL_SESSION_free(session);
    return shaken && pair.tls->facts().resumed;
  };
  clock.advance(std::chrono::minutes(45));
  CHECK(resumes());
  clock.advance(std::chrono::minutes(20));
  CHECK_FALSE(resumes());
}

TEST_CASE("a context names the file that is wrong") {
  Server server;
  config::Tls settings = server.settings;
  const auto keys = server.tickets;
  SECTION("missing") {
    settings.key += ".none";
    const auto loaded = TlsContext::load(settings, keys);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == ErrorCode::kNotFound);
    CHECK(loaded.error().context.contains(settings.key));
  }
  SECTION("another's key") {
    const test::Certificate other;
    settings.key = other.key();
    const auto loaded = TlsContext::load(settings, keys);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == ErrorCode::kInvalid);
    CHECK(loaded.error().context.contains(settings.certificate));
  }
  SECTION("no PEM") {
    settings.certificate = POSTERN_SOURCE_DIR "/CMakeLists.txt";
    CHECK_FALSE(TlsContext::load(settings, keys));
  }
  SECTION("unknown group") {
    settings.groups = "X25519:no-such-group";
    const auto loaded = TlsContext::load(settings, keys);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().context.contains("no-such-group"));
  }
  SECTION("unknown cipher") {
    settings.ciphers = "no-such-cipher";
    CHECK_FALSE(TlsContext::load(settings, keys));
  }
}

}  // namespace
}  // namespace postern::submission
