#include "submission/tls_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <format>
#include <string_view>

#include "base/encoding.h"
#include "base/file.h"
#include "base/secret.h"

namespace postern::submission {

namespace {

constexpr std::string_view kAlpn = "smtp";
constexpr std::size_t kMaxPem = 1 << 20;

template <auto F>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    F(object);
  }
};
using BioPtr = std::unique_ptr<BIO, Freer<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, Freer<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;

std::unexpected<Error> invalid(std::string_view what) {
  return fail(ErrorCode::kInvalid, std::format("{}: {}", what, openssl_errors()));
}

BioPtr reader(std::string_view bytes) { return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))); }

/// There is nobody to ask for a passphrase.
int no_passphrase(char*, int, int, void*) { return 0; }

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                    void*) {
  for (unsigned at = 0; at < in_size; at += in[at] + 1U) {
    if (at + 1U + in[at] > in_size) break;
    if (in[at] != kAlpn.size() || !std::equal(kAlpn.begin(), kAlpn.end(), in + at + 1)) continue;
    *out = in + at + 1;
    *out_size = in[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

Result<WallTime> to_wall_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return invalid("certificate's end of validity");
  return WallTime(std::chrono::seconds(timegm(&parts)));
}

}  // namespace

std::string openssl_errors() {
  std::string text;
  std::array<char, 256> line{};
  while (const unsigned long code = ERR_get_error()) {
    if (!text.empty()) text += "; ";
    if (const char* reason = ERR_reason_error_string(code); reason != nullptr) {
      text += reason;
    } else {
      ERR_error_string_n(code, line.data(), line.size());
      text += line.data();
    }
  }
  return text.empty() ? "no details" : text;
}

Result<void> TlsContext::set_policy(const config::Tls& tls) {
  SSL_CTX* context = context_.get();
  const int minimum = tls.minimum == config::TlsVersion::kTls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
  if (SSL_CTX_set_min_proto_version(context, minimum) != 1) return invalid("TLS version");
  if (SSL_CTX_set1_groups_list(context, tls.groups.c_str()) != 1) return invalid("groups " + tls.groups);
  if (SSL_CTX_set_cipher_list(context, tls.ciphers.c_str()) != 1) return invalid("ciphers " + tls.ciphers);
  // A client without AES hardware puts ChaCha20 first; then it is chosen, although the order is ours.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
  constexpr std::array<unsigned char, 7> kPurpose{'p', 'o', 's', 't', 'e', 'r', 'n'};
  SSL_CTX_set_session_id_context(context, kPurpose.data(), kPurpose.size());
  if (tickets_->enabled()) {
    // One ticket is enough: a mail client opens few connections at once, and may use a ticket more than once.
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_timeout(context, std::chrono::duration_cast<std::chrono::seconds>(tickets_->lifetime()).count());
    tickets_->install(context);
  } else {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
  }
  return {};
}

Result<void> TlsContext::set_certificate(const config::Tls& tls) {
  const auto chain = read_file(tls.certificate, kMaxPem);
  if (!chain) return fail(chain.error());
  const BioPtr certificates = reader(*chain);
  const X509Ptr leaf(PEM_read_bio_X509_AUX(certificates.get(), nullptr, no_passphrase, nullptr));
  if (!leaf) return invalid(tls.certificate);
  if (SSL_CTX_use_certificate(context_.get(), leaf.get()) != 1) return invalid(tls.certificate);
  while (X509Ptr issuer{PEM_read_bio_X509(certificates.get(), nullptr, no_passphrase, nullptr)}) {
    if (SSL_CTX_add0_chain_cert(context_.get(), issuer.get()) != 1) return invalid(tls.certificate);
    std::ignore = issuer.release();  // the context owns it now
  }
  ERR_clear_error();  // the end of the file was noted as an error

  auto pem = read_file(tls.key, kMaxPem);
  if (!pem) return fail(pem.error());
  const KeyPtr key(PEM_read_bio_PrivateKey(reader(*pem).get(), nullptr, no_passphrase, nullptr));
  wipe(*pem);
  if (!key) return invalid(tls.key);
  if (SSL_CTX_use_PrivateKey(context_.get(), key.get()) != 1) {
    return invalid(std::format("key {} for certificate {}", tls.key, tls.certificate));
  }

  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(leaf.get(), EVP_sha256(), digest.data(), &size) != 1) return invalid(tls.certificate);
  fingerprint_ = hex_encode({static_cast<const char*>(static_cast<void*>(digest.data())), size});
  std::array<char, 256> subject{};
  X509_NAME_oneline(X509_get_subject_name(leaf.get()), subject.data(), static_cast<int>(subject.size()));
  subject_ = subject.data();
  const auto not_after = to_wall_time(X509_get0_notAfter(leaf.get()));
  if (!not_after) return fail(not_after.error());
  not_after_ = *not_after;
  return {};
}

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const config::Tls& tls,
                                                           std::shared_ptr<TicketKeys> tickets) {
  ERR_clear_error();
  std::shared_ptr<TlsContext> made(new TlsContext);
  made->tickets_ = std::move(tickets);
  made->context_.reset(SSL_CTX_new(TLS_server_method()));
  if (!made->context_) return invalid("TLS context");
  if (const auto set = made->set_policy(tls); !set) return fail(set.error());
  if (const auto set = made->set_certificate(tls); !set) return fail(set.error());
  made->own_records_ = tls.own_records;
  if (tls.own_records) made->tell_secrets();
  return std::shared_ptr<const TlsContext>(std::move(made));
}

}  // namespace postern::submission
