#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"
#include "vpn/key.h"

/// What stays secret on disk: files of mode 0600 that only postern-system reads. Calls block for one small file.
namespace postern::vpn {

/// The box's own key: reads it, or makes and stores a new one when there is none. A file that holds no key is an
/// error, not a reason to make another: all devices know the box by the old one.
Result<KeyPair> load_or_create_key(const std::string& path);

/// The preshared keys of all devices, by public key. Lines of "<public key> <preshared key>". Changes are made in
/// memory; store() writes what text() gave, so that the writing may happen on another thread.
class PresharedKeys {
 public:
  /// Reads the file; none at all is an empty set. kCorrupt names the line.
  static Result<PresharedKeys> load(const std::string& path);

  /// The key of one device; nullptr if it has none.
  const Secret* find(std::string_view public_key) const;
  /// Adds or replaces.
  void put(const std::string& public_key, Secret preshared) {
    keys_.insert_or_assign(public_key, std::move(preshared));
  }
  void forget(const std::string& public_key) { keys_.erase(public_key); }
  std::size_t size() const { return keys_.size(); }

  /// The file's content.
  Secret text() const;
  static Result<void> store(const std::string& path, const Secret& text);

 private:
  std::map<std::string, Secret, std::less<>> keys_;
};

}  // namespace postern::vpn
