#include "submission/tls_keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <atomic>
#include <new>
#include <utility>

namespace postern::submission {

namespace {

struct SuiteFacts {
  const EVP_CIPHER* cipher;
  const char* digest;
  std::uint8_t hash_size;
  std::uint8_t key_size;
};

/// Fetching an algorithm by name is slow in OpenSSL 3, so it is done once.
const SuiteFacts* facts(Suite suite) {
  static const SuiteFacts aes128{EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr), "SHA2-256", 32, 16};
  static const SuiteFacts aes256{EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr), "SHA2-384", 48, 32};
  static const SuiteFacts chacha{EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr), "SHA2-256", 32, 32};
  switch (suite) {
    case Suite::kAes128GcmSha256: return &aes128;
    case Suite::kAes256GcmSha384: return &aes256;
    case Suite::kChaCha20Poly1305Sha256: return &chacha;
  }
  return nullptr;
}

EVP_KDF* label_kdf() {
  static EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "TLS13-KDF", nullptr);
  return kdf;
}

/// HKDF-Expand-Label with an empty context (RFC 8446 section 7.1).
bool expand(const SuiteFacts& suite, std::span<const unsigned char> secret, std::string_view label,
            std::span<unsigned char> out) {
  constexpr std::string_view kPrefix = "tls13 ";
  EVP_KDF_CTX* context = EVP_KDF_CTX_new(label_kdf());
  if (context == nullptr) return false;
  int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
  // The library's parameters are not const, but it only reads them.
  const auto bytes = [](const auto* data) { return const_cast<void*>(static_cast<const void*>(data)); };
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>(suite.digest), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, bytes(secret.data()), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, bytes(kPrefix.data()), kPrefix.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, bytes(label.data()), label.size()),
      OSSL_PARAM_construct_end()};
  const bool derived = EVP_KDF_derive(context, out.data(), out.size(), params) == 1;
  EVP_KDF_CTX_free(context);
  return derived;
}

std::uint64_t next_serial() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

Result<TrafficKeys> TrafficKeys::derive(Suite suite, std::string_view secret, std::uint64_t sequence) {
  const SuiteFacts* known = facts(suite);
  if (known == nullptr || known->cipher == nullptr || secret.size() != known->hash_size) {
    return fail(ErrorCode::kInternal, "no keys for this TLS cipher suite");
  }
  TrafficKeys keys;
  keys.suite_ = suite;
  keys.secret_size_ = known->hash_size;
  keys.key_size_ = known->key_size;
  keys.sequence_ = sequence;
  keys.serial_ = next_serial();
  std::copy(secret.begin(), secret.end(), keys.secret_.begin());
  const std::span<const unsigned char> from(keys.secret_.data(), keys.secret_size_);
  if (!expand(*known, from, "key", {keys.key_.data(), keys.key_size_}) || !expand(*known, from, "iv", keys.iv_)) {
    return fail(ErrorCode::kInternal, "TLS key derivation failed");
  }
  return keys;
}

Result<TrafficKeys> TrafficKeys::next() const {
  std::array<unsigned char, kMaxSecret> secret{};
  const std::span<unsigned char> wanted(secret.data(), secret_size_);
  if (!expand(*facts(suite_), {secret_.data(), secret_size_}, "traffic upd", wanted)) {
    return fail(ErrorCode::kInternal, "TLS key update failed");
  }
  auto keys = derive(suite_, {static_cast<const char*>(static_cast<const void*>(secret.data())), secret_size_}, 0);
  OPENSSL_cleanse(secret.data(), secret.size());
  return keys;
}

std::array<unsigned char, kNonceSize> TrafficKeys::take_nonce() {
  std::array<unsigned char, kNonceSize> nonce = iv_;
  for (std::size_t i = 0; i < 8; ++i) {
    nonce[kNonceSize - 1 - i] = static_cast<unsigned char>(nonce[kNonceSize - 1 - i] ^ (sequence_ >> (8 * i) & 0xFFU));
  }
  ++sequence_;
  return nonce;
}

TrafficKeys::TrafficKeys(TrafficKeys&& other) noexcept { *this = std::move(other); }

TrafficKeys& TrafficKeys::operator=(TrafficKeys&& other) noexcept {
  if (this == &other) return *this;
  suite_ = other.suite_;
  secret_size_ = other.secret_size_;
  key_size_ = other.key_size_;
  secret_ = other.secret_;
  key_ = other.key_;
  iv_ = other.iv_;
  sequence_ = other.sequence_;
  serial_ = other.serial_;
  other.wipe();
  return *this;
}

TrafficKeys::~TrafficKeys() { wipe(); }

void TrafficKeys::wipe() {
  OPENSSL_cleanse(secret_.data(), secret_.size());
  OPENSSL_cleanse(key_.data(), key_.size());
  OPENSSL_cleanse(iv_.data(), iv_.size());
}

Aead::Aead(Direction direction) : direction_(direction), context_(EVP_CIPHER_CTX_new()) {
  if (context_ == nullptr) throw std::bad_alloc();
}

Aead::~Aead() { EVP_CIPHER_CTX_free(context_); }

bool Aead::prepare(TrafficKeys& keys) {
  const auto nonce = keys.take_nonce();
  const int encrypt = direction_ == Direction::kSeal ? 1 : 0;
  if (serial_ == keys.serial()) {
    return EVP_CipherInit_ex2(context_, nullptr, nullptr, nonce.data(), encrypt, nullptr) == 1;
  }
  serial_ = 0;
  if (EVP_CipherInit_ex2(context_, facts(keys.suite())->cipher, keys.key().data(), nonce.data(), encrypt, nullptr) !=
      1) {
    return false;
  }
  serial_ = keys.serial();
  return true;
}

bool Aead::open(TrafficKeys& keys, std::span<const unsigned char> header, std::span<const unsigned char> in,
                unsigned char* out) {
  if (in.size() < kTagSize || !prepare(keys)) return false;
  const auto text = in.first(in.size() - kTagSize);
  std::array<unsigned char, kTagSize> tag{};
  std::copy(in.end() - kTagSize, in.end(), tag.begin());
  int size = 0;
  return EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) == 1 &&
         EVP_DecryptUpdate(context_, nullptr, &size, header.data(), static_cast<int>(header.size())) == 1 &&
         EVP_DecryptUpdate(context_, out, &size, text.data(), static_cast<int>(text.size())) == 1 &&
         EVP_DecryptFinal_ex(context_, out + size, &size) == 1;
}

bool Aead::seal(TrafficKeys& keys, std::span<const unsigned char> header, std::span<const unsigned char> in,
                unsigned char* out) {
  if (!prepare(keys)) return false;
  int size = 0;
  return EVP_EncryptUpdate(context_, nullptr, &size, header.data(), static_cast<int>(header.size())) == 1 &&
         EVP_EncryptUpdate(context_, out, &size, in.data(), static_cast<int>(in.size())) == 1 &&
         EVP_EncryptFinal_ex(context_, out + size, &size) == 1 &&
         EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, kTagSize, out + in.size()) == 1;
}

}  // namespace postern::submission
