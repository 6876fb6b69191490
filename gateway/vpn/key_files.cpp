#include "vpn/key_files.h"

#include <sys/stat.h>

#include <format>

#include "base/file.h"
#include "base/text.h"

namespace postern::vpn {

namespace {
constexpr mode_t kSecretMode = 0600;
constexpr std::size_t kMaxKeyFile = 1 << 10;
constexpr std::size_t kMaxPresharedFile = 4 << 20;
}  // namespace

Result<KeyPair> load_or_create_key(const std::string& path) {
  auto text = read_file(path, kMaxKeyFile);
  if (text) {
    Secret key(trim(*text));
    wipe(*text);
    auto public_key = public_key_of(key);
    if (!public_key) return fail(public_key.error().within(path));
    return KeyPair{std::move(key), std::move(*public_key)};
  }
  if (text.error().code != ErrorCode::kNotFound) return fail(text.error());
  auto pair = generate_key_pair();
  if (!pair) return pair;
  std::string content = std::format("{}\n", pair->private_key.reveal());
  auto written = replace_file(path, content, kSecretMode);
  wipe(content);
  if (!written) return fail(written.error());
  return pair;
}

Result<PresharedKeys> PresharedKeys::load(const std::string& path) {
  PresharedKeys keys;
  auto text = read_file(path, kMaxPresharedFile);
  if (!text) {
    if (text.error().code == ErrorCode::kNotFound) return keys;
    return fail(text.error());
  }
  std::size_t number = 0;
  std::size_t bad = 0;
  for (const std::string_view line : split(trim(*text), '\n')) {
    ++number;
    if (line.empty()) continue;
    const auto parts = split(line, ' ');
    if (parts.size() == 2 && is_key(parts[0]) && is_key(parts[1])) {
      keys.keys_.insert_or_assign(std::string(parts[0]), Secret(parts[1]));
    } else if (bad == 0) {
      bad = number;
    }
  }
  wipe(*text);
  if (bad != 0) return fail(ErrorCode::kCorrupt, std::format("{}:{}: expected two keys", path, bad));
  return keys;
}

const Secret* PresharedKeys::find(std::string_view public_key) const {
  const auto found = keys_.find(public_key);
  return found == keys_.end() ? nullptr : &found->second;
}

Secret PresharedKeys::text() const {
  std::string text;
  for (const auto& [public_key, preshared] : keys_) text += std::format("{} {}\n", public_key, preshared.reveal());
  return Secret::take(text);
}

Result<void> PresharedKeys::store(const std::string& path, const Secret& text) {
  return replace_file(path, text.reveal(), kSecretMode);
}

}  // namespace postern::vpn
