#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <string>

namespace postern::delivery::test {

/// A certificate with its key, made in the test.
class Certificate {
 public:
  /// What can be wrong with one.
  struct Wanted {
    std::string common_name = "test";
    std::string subject_alt_name;  ///< OpenSSL syntax: "DNS:mail.example,IP:127.0.0.1"; empty: none
    std::chrono::seconds not_before{-3600};
    std::chrono::seconds not_after{3600};
    bool authority = false;
  };

  /// Signed by `issuer`, or by itself when that is nullptr.
  static Certificate make(const Wanted& wanted, const Certificate* issuer = nullptr);

  std::string pem() const;
  /// A server's context with this certificate.
  std::shared_ptr<SSL_CTX> server_context(int max_version = TLS1_3_VERSION) const;
  X509* get() const { return certificate_.get(); }

 private:
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
};

/// A file that is gone with the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace postern::delivery::test
