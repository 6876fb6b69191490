#include "submission/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <new>

#include "base/encoding.h"
#include "base/secret.h"

namespace postern::submission {

namespace {

constexpr unsigned char kApplicationData = 23;

Wire& wire_of(BIO* bio) { return *static_cast<Wire*>(BIO_get_data(bio)); }

int bio_read(BIO* bio, char* into, std::size_t size, std::size_t* got) {
  BIO_clear_retry_flags(bio);
  const auto count = wire_of(bio).read({into, size});
  *got = count.bytes;
  if (count.status == IoStatus::kWantRead) BIO_set_retry_read(bio);
  return count.status == IoStatus::kOk ? 1 : 0;
}

int bio_write(BIO* bio, const char* bytes, std::size_t size, std::size_t* sent) {
  BIO_clear_retry_flags(bio);
  const auto count = wire_of(bio).write({bytes, size});
  *sent = count.bytes;
  if (count.status == IoStatus::kWantWrite) BIO_set_retry_write(bio);
  return count.status == IoStatus::kOk ? 1 : 0;
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return wire_of(bio).ended() ? 1 : 0;
  return 0;
}

BIO_METHOD* make_wire_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "postern wire");
  if (method == nullptr) throw std::bad_alloc();
  BIO_meth_set_read_ex(method, &bio_read);
  BIO_meth_set_write_ex(method, &bio_write);
  BIO_meth_set_ctrl(method, &bio_control);
  return method;
}

const BIO_METHOD* wire_method() {
  static const BIO_METHOD* const method = make_wire_method();
  return method;
}

}  // namespace

struct Tls::Secrets {
  Secret client;
  Secret server;
  std::uint64_t records = 0;  ///< sent under the server's application key
};

Tls::Tls(std::shared_ptr<const TlsContext> context, Wire& wire, TlsScratch& scratch)
    : context_(std::move(context)),
      wire_(wire),
      scratch_(scratch),
      ssl_(SSL_new(context_->native())),
      secrets_(std::make_unique<Secrets>()) {
  BIO* bio = BIO_new(wire_method());
  if (!ssl_ || bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, &wire_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_msg_callback(ssl_.get(), &Tls::on_record);
  SSL_set_msg_callback_arg(ssl_.get(), this);
}

Tls::~Tls() = default;

void TlsContext::tell_secrets() { SSL_CTX_set_keylog_callback(context_.get(), &Tls::on_secret); }

/// `line` is "LABEL client-random secret", as for NSS key log files; nothing is ever logged here.
void Tls::on_secret(const SSL* ssl, const char* line) {
  auto* self = static_cast<Tls*>(SSL_get_app_data(ssl));
  const std::string_view text(line);
  const std::size_t space = text.rfind(' ');
  if (self == nullptr || !self->secrets_ || space == std::string_view::npos) return;
  const bool client = text.starts_with("CLIENT_TRAFFIC_SECRET_0 ");
  if (!client && !text.starts_with("SERVER_TRAFFIC_SECRET_0 ")) return;
  auto secret = hex_decode(text.substr(space + 1));
  if (secret) (client ? self->secrets_->client : self->secrets_->server) = Secret::take(*secret);
}

/// Counts the records that OpenSSL sent under the key that Records goes on with: the session tickets.
void Tls::on_record(int write, int, int type, const void* bytes, std::size_t size, SSL*, void* self) {
  Secrets* secrets = static_cast<Tls*>(self)->secrets_.get();
  if (write == 0 || type != SSL3_RT_HEADER || size == 0 || secrets == nullptr || secrets->server.empty()) return;
  if (*static_cast<const unsigned char*>(bytes) == kApplicationData) ++secrets->records;
}

IoStatus Tls::status_of(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE: return IoStatus::kOk;
    case SSL_ERROR_WANT_READ: return IoStatus::kWantRead;
    case SSL_ERROR_WANT_WRITE: return IoStatus::kWantWrite;
    case SSL_ERROR_ZERO_RETURN: return IoStatus::kEnd;
    case SSL_ERROR_SSL: {
      const bool cut = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
      failure_ = openssl_errors();
      return cut ? IoStatus::kTruncated : IoStatus::kFailed;
    }
    default:
      failure_ = wire_.ended() ? "connection ended" : "connection broken";
      return wire_.ended() ? IoStatus::kTruncated : IoStatus::kFailed;
  }
}

IoStatus Tls::handshake() {
  ERR_clear_error();
  const auto status = status_of(SSL_do_handshake(ssl_.get()));
  if (status == IoStatus::kOk) {
    take_facts();
    hand_over();
  }
  return status;
}

void Tls::take_facts() {
  facts_.version = SSL_get_version(ssl_.get());
  facts_.cipher = SSL_get_cipher_name(ssl_.get());
  const char* group = SSL_get0_group_name(ssl_.get());
  facts_.group = group != nullptr ? group : "";
  const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  facts_.server_name = name != nullptr ? name : "";
  facts_.resumed = SSL_session_reused(ssl_.get()) == 1;
}

void Tls::hand_over() {
  const auto secrets = std::move(secrets_);
  SSL_set_msg_callback(ssl_.get(), nullptr);
  // Anything unusual stays with OpenSSL, which can do all of it: an older version, records that OpenSSL has read
  // already, a client that asked for small fragments (RFC 6066 section 4).
  const bool small = SSL_SESSION_get_max_fragment_length(SSL_get0_session(ssl_.get())) != 0;
  if (context_->own_records() && SSL_version(ssl_.get()) == TLS1_3_VERSION && SSL_has_pending(ssl_.get()) == 0 &&
      !small) {
    const auto suite = static_cast<Suite>(SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl_.get())));
    auto client = TrafficKeys::derive(suite, secrets->client.reveal(), 0);
    auto server = TrafficKeys::derive(suite, secrets->server.reveal(), secrets->records);
    if (client && server) {
      records_ = std::make_unique<Records>(std::move(*client), std::move(*server));
      ssl_.reset();
      return;
    }
  }
  // One system call a burst instead of two a record.
  SSL_set_read_ahead(ssl_.get(), 1);
}

Wire::Count Tls::read(std::span<char> into) {
  if (records_) return records_->read(wire_, scratch_, into);
  Wire::Count result{IoStatus::kWantRead, 0};
  while (result.bytes < into.size()) {
    std::size_t got = 0;
    ERR_clear_error();
    const auto status =
        status_of(SSL_read_ex(ssl_.get(), into.data() + result.bytes, into.size() - result.bytes, &got));
    if (status != IoStatus::kOk) {
      if (result.bytes == 0) result.status = status;
      break;
    }
    result.status = IoStatus::kOk;
    result.bytes += got;
  }
  return result;
}

IoStatus Tls::write(std::string_view& rest) {
  if (records_) return records_->write(wire_, scratch_, rest);
  while (!rest.empty()) {
    std::size_t sent = 0;
    ERR_clear_error();
    const auto status = status_of(SSL_write_ex(ssl_.get(), rest.data(), rest.size(), &sent));
    if (status != IoStatus::kOk) return status;
    rest.remove_prefix(sent);
  }
  return IoStatus::kOk;
}

void Tls::close() {
  if (records_) {
    records_->close(wire_, scratch_);
    return;
  }
  if (SSL_is_init_finished(ssl_.get()) == 0) return;
  ERR_clear_error();
  std::ignore = SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

bool Tls::pending() const { return records_ ? records_->pending() : SSL_has_pending(ssl_.get()) == 1; }

std::string Tls::failure() const { return records_ ? std::string(records_->failure()) : failure_; }

}  // namespace postern::submission
