#include "submission/ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <span>

#include "base/random.h"

namespace postern::submission {

namespace {

template <std::size_t N>
void fill(std::array<unsigned char, N>& bytes) {
  fill_random(std::span<char>(static_cast<char*>(static_cast<void*>(bytes.data())), N));
}

bool init_mac(EVP_MAC_CTX* mac, unsigned char* key, std::size_t size) {
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key, size),
                               OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params) == 1;
}

}  // namespace

TicketKeys::TicketKeys(std::chrono::microseconds lifetime, const Clock& clock) : lifetime_(lifetime), clock_(clock) {}

TicketKeys::~TicketKeys() {
  for (Key& key : keys_) OPENSSL_cleanse(&key, sizeof(key));
}

void TicketKeys::install(SSL_CTX* context) {
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &TicketKeys::callback);
}

void TicketKeys::rotate(MonoTime now) {
  while (!keys_.empty() && now - keys_.front().born >= lifetime_) {
    OPENSSL_cleanse(&keys_.front(), sizeof(Key));
    keys_.erase(keys_.begin());
  }
  if (!keys_.empty() && now - keys_.back().born < lifetime_ / 2) return;
  Key key{};
  fill(key.name);
  fill(key.cipher);
  fill(key.mac);
  key.born = now;
  keys_.push_back(key);
  OPENSSL_cleanse(&key, sizeof(key));
}

int TicketKeys::seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  Key& key = keys_.back();
  std::copy(key.name.begin(), key.name.end(), name);
  const auto iv_size = static_cast<std::size_t>(EVP_CIPHER_get_iv_length(EVP_aes_256_cbc()));
  fill_random(std::span<char>(static_cast<char*>(static_cast<void*>(iv)), iv_size));
  if (EVP_EncryptInit_ex2(cipher, EVP_aes_256_cbc(), key.cipher.data(), iv, nullptr) != 1) return -1;
  return init_mac(mac, key.mac.data(), key.mac.size()) ? 1 : -1;
}

int TicketKeys::open(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  const auto found =
      std::ranges::find_if(keys_, [&](const Key& key) { return std::equal(key.name.begin(), key.name.end(), name); });
  if (found == keys_.end()) return 0;
  if (EVP_DecryptInit_ex2(cipher, EVP_aes_256_cbc(), found->cipher.data(), iv, nullptr) != 1) return -1;
  if (!init_mac(mac, found->mac.data(), found->mac.size())) return -1;
  // 2 asks for a fresh ticket: this one's key will not be there for long.
  return &*found == &keys_.back() ? 1 : 2;
}

int TicketKeys::callback(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                         int encrypt) {
  auto* self = static_cast<TicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  const std::lock_guard lock(self->mutex_);
  self->rotate(self->clock_.mono());
  return encrypt == 1 ? self->seal(name, iv, cipher, mac) : self->open(name, iv, cipher, mac);
}

}  // namespace postern::submission
