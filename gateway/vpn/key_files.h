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

/// The preshared keys of all devices, by public key. Lines of "<public key> <preshared key>".
class PresharedKeys {
 public:
  /// Reads the file; none at all is an empty set. kCorrupt names the line.
  static Result<PresharedKeys> load(std::string path);

  /// The key of one device; nullptr if it has none.
  const Secret* find(std::string_view public_key) const;
  /// Adds or replaces and writes the file; on an error nothing has changed.
  Result<void> put(const std::string& public_key, Secret preshared);
  /// Forgets those whose device is not in `keep`, and writes the file if that changed anything.
  template <class Keep>
  Result<void> retain(Keep keep) {
    const auto erased = std::erase_if(keys_, [&](const auto& entry) { return !keep(entry.first); });
    return erased == 0 ? Result<void>{} : write();
  }
  std::size_t size() const { return keys_.size(); }

 private:
  explicit PresharedKeys(std::string path) : path_(std::move(path)) {}
  Result<void> write() const;

  std::string path_;
  std::map<std::string, Secret, std::less<>> keys_;
};

}  // namespace postern::vpn
