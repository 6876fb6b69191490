#include "certificate.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "base/random.h"

namespace postern::submission::test {

namespace {

void require(bool done) {
  if (!done) throw std::runtime_error("could not make a certificate");
}

}  // namespace

Certificate::Certificate(const std::string& name) : name_(name) {
  std::string folder = "/tmp/postern-tls-XXXXXX";
  require(mkdtemp(folder.data()) != nullptr);
  folder_ = folder;
  renew();
}

Certificate::~Certificate() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Certificate::renew() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), &X509_free);
  require(pair && x509);
  require(X509_set_version(x509.get(), X509_VERSION_3) == 1);
  require(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509.get()), random_below(1ULL << 62)) == 1);
  X509_gmtime_adj(X509_getm_notBefore(x509.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x509.get()), 86400);
  require(X509_set_pubkey(x509.get(), pair.get()) == 1);
  X509_NAME* subject = X509_get_subject_name(x509.get());
  const auto* text = static_cast<const unsigned char*>(static_cast<const void*>(name_.c_str()));
  require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1);
  require(X509_set_issuer_name(x509.get(), subject) == 1);
  require(X509_sign(x509.get(), pair.get(), EVP_sha256()) > 0);
  FILE* file = std::fopen(certificate().c_str(), "w");
  require(file != nullptr && PEM_write_X509(file, x509.get()) == 1 && std::fclose(file) == 0);
  file = std::fopen(key().c_str(), "w");
  require(file != nullptr && PEM_write_PrivateKey(file, pair.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
          std::fclose(file) == 0);
}

}  // namespace postern::submission::test
