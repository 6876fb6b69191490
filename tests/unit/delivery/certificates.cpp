#include "certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>

namespace postern::delivery::test {

namespace {

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(what);
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  require(extension != nullptr, "extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

Certificate Certificate::make(const Wanted& wanted, const Certificate* issuer) {
  static std::atomic<long> serial{1};
  Certificate made;
  made.key_.reset(EVP_EC_gen("P-256"), EVP_PKEY_free);
  made.certificate_.reset(X509_new(), X509_free);
  X509* certificate = made.certificate_.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), wanted.not_before.count());
  X509_gmtime_adj(X509_getm_notAfter(certificate), wanted.not_after.count());
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(wanted.common_name.c_str()), -1, -1, 0);
  X509* signer = issuer != nullptr ? issuer->get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  X509_set_pubkey(certificate, made.key_.get());
  add_extension(certificate, signer, NID_basic_constraints, wanted.authority ? "critical,CA:TRUE" : "CA:FALSE");
  if (!wanted.subject_alt_name.empty()) {
    add_extension(certificate, signer, NID_subject_alt_name, wanted.subject_alt_name);
  }
  EVP_PKEY* signing = issuer != nullptr ? issuer->key_.get() : made.key_.get();
  require(X509_sign(certificate, signing, EVP_sha256()) > 0, "sign");
  return made;
}

std::string Certificate::pem() const {
  const std::unique_ptr<BIO, int (*)(BIO*)> memory(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(memory.get(), certificate_.get());
  std::string text(4096, '\0');
  const int length = BIO_read(memory.get(), text.data(), static_cast<int>(text.size()));
  require(length > 0, "pem");
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::shared_ptr<SSL_CTX> Certificate::server_context(int max_version) const {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  require(SSL_CTX_use_certificate(context.get(), certificate_.get()) == 1, "certificate");
  require(SSL_CTX_use_PrivateKey(context.get(), key_.get()) == 1, "key");
  SSL_CTX_set_min_proto_version(context.get(), 0);
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_max_proto_version(context.get(), max_version);
  return context;
}

TemporaryFile::TemporaryFile(std::string_view content) : path_("/tmp/postern-delivery-XXXXXX") {
  const int fd = ::mkstemp(path_.data());
  require(fd >= 0, "mkstemp");
  require(::write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()), "write");
  ::close(fd);
}

TemporaryFile::~TemporaryFile() { ::unlink(path_.c_str()); }

}  // namespace postern::delivery::test
