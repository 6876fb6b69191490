#include "base/secret.h"

#include <openssl/crypto.h>

#include <utility>

namespace postern {

void wipe(std::string& text) {
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Secret Secret::take(std::string& bytes) {
  Secret secret(bytes);
  postern::wipe(bytes);
  return secret;
}

// A string that is moved may leave its bytes behind in its inline buffer: hence the wipe after each move.
Secret::Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.wipe(); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = std::move(other.bytes_);
    other.wipe();
  }
  return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() { postern::wipe(bytes_); }

}  // namespace postern
