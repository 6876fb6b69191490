#include "delivery/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <format>

#include "base/encoding.h"
#include "base/ip.h"
#include "base/text.h"

namespace postern::delivery {

namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using CertificateHandle = std::unique_ptr<X509, Freer<X509_free>>;
using BytesHandle = std::unique_ptr<unsigned char, Freer<[](unsigned char* bytes) { OPENSSL_free(bytes); }>>;

/// OpenSSL's error queue as one text; empties it.
std::string take_errors() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (!text.empty()) text += ", ";
    text += reason != nullptr ? reason : std::format("error {:x}", code);
  }
  return text;
}

std::string sha256_hex(const unsigned char* bytes, std::size_t length) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  EVP_Digest(bytes, length, reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(), nullptr);
  digest.resize(size);
  return hex_encode(digest);
}

bool is_fingerprint(std::string_view text) {
  constexpr std::size_t kLength = 64;
  return text.size() == kLength &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

// The whole verification in fingerprint mode: chain, name and dates are not looked at.
int verify_fingerprint(X509_STORE_CTX* store, void* argument) {
  const auto& policy = *static_cast<const TlsPolicy*>(argument);
  X509* leaf = X509_STORE_CTX_get0_cert(store);
  if (leaf != nullptr &&
      (certificate_fingerprint(leaf) == policy.fingerprint || key_fingerprint(leaf) == policy.fingerprint)) {
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
  }
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

// A socket for OpenSSL. Its own one writes without MSG_NOSIGNAL: a peer that is gone would end the process by SIGPIPE.
int socket_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

int socket_write(BIO* bio, const char* data, std::size_t length, std::size_t* written) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(socket_of(bio), data, length, MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  if (sent <= 0) return 0;
  *written = static_cast<std::size_t>(sent);
  return 1;
}

int socket_read(BIO* bio, char* data, std::size_t length, std::size_t* got) {
  BIO_clear_retry_flags(bio);
  const ssize_t received = ::recv(socket_of(bio), data, length, 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (received <= 0) return 0;
  *got = static_cast<std::size_t>(received);
  return 1;
}

// There is nothing to flush; OpenSSL asks for it and takes 0 for a failure.
long socket_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO* new_socket(int fd) {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    BIO_meth_set_write_ex(made, socket_write);
    BIO_meth_set_read_ex(made, socket_read);
    BIO_meth_set_ctrl(made, socket_control);
    return made;
  }();
  BIO* bio = BIO_new(method);
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  BIO_set_init(bio, 1);
  return bio;
}

Result<void> load_authorities(SSL_CTX* context, const std::string& ca_file) {
  const int loaded =
      ca_file.empty() ? SSL_CTX_set_default_verify_paths(context) : SSL_CTX_load_verify_file(context, ca_file.c_str());
  if (loaded == 1) return {};
  return fail(ErrorCode::kInvalid, std::format("authorities in '{}': {}", ca_file, take_errors()));
}

Result<void> expect_name(SSL* ssl, const std::string& name) {
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl);
  if (IpAddress::parse(name)) {
    if (X509_VERIFY_PARAM_set1_ip_asc(rules, name.c_str()) == 1) return {};
  } else {
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    // SSL_set_tlsext_host_name, without its macro's C cast.
    const bool sent =
        SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(name.c_str())) == 1;
    if (sent && SSL_set1_host(ssl, name.c_str()) == 1) return {};
  }
  return fail(ErrorCode::kInvalid, std::format("'{}' can't be checked as a TLS name: {}", name, take_errors()));
}

std::string subject_of(X509* certificate) {
  char name[256];
  X509_NAME_oneline(X509_get_subject_name(certificate), name, sizeof name);
  return printable(name, sizeof name);
}

}  // namespace

void SslDeleter::operator()(ssl_st* ssl) const { SSL_free(ssl); }
void TlsClient::ContextDeleter::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

std::string certificate_fingerprint(x509_st* certificate) {
  unsigned char* der = nullptr;
  const int length = i2d_X509(certificate, &der);
  if (length <= 0) return {};
  const BytesHandle owner(der);
  return sha256_hex(der, static_cast<std::size_t>(length));
}

std::string key_fingerprint(x509_st* certificate) {
  unsigned char* der = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (length <= 0) return {};
  const BytesHandle owner(der);
  return sha256_hex(der, static_cast<std::size_t>(length));
}

Result<TlsClient> TlsClient::create(TlsPolicy policy) {
  if (policy.name.empty()) return fail(ErrorCode::kInvalid, "a TLS policy without a name");
  if (policy.trust == TlsTrust::kFingerprint && !is_fingerprint(policy.fingerprint)) {
    return fail(ErrorCode::kInvalid, "a fingerprint is 64 lower-case hexadecimal digits");
  }
  Context context(SSL_CTX_new(TLS_client_method()));
  if (!context) return fail(ErrorCode::kInternal, "TLS context: " + take_errors());
  auto kept = std::make_unique<TlsPolicy>(std::move(policy));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (kept->trust == TlsTrust::kFingerprint) {
    SSL_CTX_set_cert_verify_callback(context.get(), verify_fingerprint, kept.get());
  } else if (const auto loaded = load_authorities(context.get(), kept->ca_file); !loaded) {
    return fail(loaded.error());
  }
  return TlsClient(std::move(kept), std::move(context));
}

Result<SslHandle> TlsClient::start(int fd) const {
  SslHandle ssl(SSL_new(context_.get()));
  BIO* bio = new_socket(fd);
  if (!ssl || bio == nullptr) {
    BIO_free(bio);
    return fail(ErrorCode::kInternal, "TLS session: " + take_errors());
  }
  SSL_set_bio(ssl.get(), bio, bio);
  SSL_set_connect_state(ssl.get());
  if (const auto named = expect_name(ssl.get(), policy_->name); !named) return fail(named.error());
  return ssl;
}

TlsFacts tls_facts(ssl_st* ssl, const TlsPolicy& policy) {
  TlsFacts facts;
  facts.version = SSL_get_version(ssl);
  facts.cipher = SSL_get_cipher_name(ssl);
  if (const char* group = SSL_get0_group_name(ssl)) facts.group = group;
  const CertificateHandle peer(SSL_get1_peer_certificate(ssl));
  if (!peer) return facts;
  facts.fingerprint = certificate_fingerprint(peer.get());
  const char* matched = SSL_get0_peername(ssl);
  facts.peer = matched != nullptr ? std::string(matched) : subject_of(peer.get());
  if (SSL_get_verify_result(ssl) == X509_V_OK) {
    facts.verified = policy.trust == TlsTrust::kCa ? "ca" : "fingerprint";
  }
  return facts;
}

std::string tls_error(ssl_st* ssl) {
  const long verdict = SSL_get_verify_result(ssl);
  std::string reason = take_errors();
  if (verdict == X509_V_ERR_APPLICATION_VERIFICATION) return "the server's certificate is not the pinned one";
  if (verdict != X509_V_OK) {
    return std::format("the server's certificate was refused: {}", X509_verify_cert_error_string(verdict));
  }
  return reason.empty() ? "the connection broke" : reason;
}

}  // namespace postern::delivery
