#include "identity/credential_cache.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdlib>

#include "base/log.h"
#include "base/random.h"

namespace postern::identity {

CredentialCache::CredentialCache(const config::LoginCache& config, const Clock& clock)
    : lifetime_(config.lifetime), clock_(clock), entries_(config.entries) {
  fill_random(key_);
}

CredentialCache::~CredentialCache() { OPENSSL_cleanse(key_.data(), key_.size()); }

CredentialCache::Mac CredentialCache::mac_of(std::string_view person, const Secret& password) const {
  // No person's name holds a NUL, so no two pairs run together to the same bytes.
  std::string text;
  text.reserve(person.size() + 1 + password.reveal().size());
  text.append(person).append(1, '\0').append(password.reveal());
  const Secret message = Secret::take(text);
  Mac mac{};
  std::size_t length = 0;
  const auto bytes = [](const char* data) { return reinterpret_cast<const unsigned char*>(data); };
  if (EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key_.data(), key_.size(), bytes(message.reveal().data()),
                message.reveal().size(), reinterpret_cast<unsigned char*>(mac.data()), mac.size(),
                &length) == nullptr ||
      length != mac.size()) {
    // An all-zero MAC would match another one: without a MAC this process can't go on.
    log::error("HMAC-SHA-256 is not available");
    std::abort();
  }
  return mac;
}

bool CredentialCache::matches(std::string_view person, const Secret& password) {
  const Mac mac = mac_of(person, password);
  const Entry* entry = entries_.find(person);
  const Entry nothing;
  const Entry& known = entry == nullptr ? nothing : *entry;
  const bool same = CRYPTO_memcmp(mac.data(), known.mac.data(), mac.size()) == 0;
  if (entry != nullptr && entry->until <= clock_.mono()) {
    entries_.erase(person);
    return false;
  }
  return same && entry != nullptr;
}

void CredentialCache::configure(const config::LoginCache& config) {
  lifetime_ = config.lifetime;
  entries_.clear();
  entries_.resize(config.entries);
}

void CredentialCache::remember(std::string_view person, const Secret& password) {
  if (lifetime_ <= config::Duration::zero()) return;
  entries_.add(person) = {mac_of(person, password), clock_.mono() + lifetime_};
}

}  // namespace postern::identity
