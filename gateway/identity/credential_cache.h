#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"
#include "config/config.h"
#include "identity/lru.h"

namespace postern::identity {

/// Passwords that PAM found right a short while ago, so that a scanner which logs in for each page doesn't cost a hash
/// each time. What is kept is HMAC-SHA-256 under a key that lives only in this process: nothing to steal from a disk,
/// and without the key nothing to test guesses with. Wrong passwords are not kept. Only the password is remembered:
/// whoever asks must check person, device and throttle first, every time. One thread.
class CredentialCache {
 public:
  CredentialCache(const config::LoginCache& config, const Clock& clock);
  ~CredentialCache();
  CredentialCache(const CredentialCache&) = delete;
  CredentialCache& operator=(const CredentialCache&) = delete;

  /// Whether this is the password remembered for the person; takes the same time whatever differs.
  bool matches(std::string_view person, const Secret& password);
  void remember(std::string_view person, const Secret& password);
  void forget(std::string_view person) { entries_.erase(person); }
  /// Other numbers from now on; all is forgotten.
  void configure(const config::LoginCache& config);
  void clear() { entries_.clear(); }
  std::size_t size() const { return entries_.size(); }

 private:
  using Mac = std::array<char, 32>;
  struct Entry {
    Mac mac{};
    MonoTime until{};
  };

  Mac mac_of(std::string_view person, const Secret& password) const;

  config::Duration lifetime_;
  const Clock& clock_;
  Mac key_{};
  LruMap<Entry> entries_;
};

}  // namespace postern::identity
