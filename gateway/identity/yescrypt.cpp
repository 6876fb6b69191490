#include "identity/yescrypt.h"

#include <crypt.h>
#include <string.h>

#include <array>
#include <memory>
#include <string_view>

#include "base/random.h"
#include "identity/names.h"

namespace postern::identity {

namespace {

constexpr std::string_view kMethod = "$y$";
constexpr std::size_t kSaltSize = 16;

/// 32 KiB of working memory that has held the password.
struct Workspace {
  Workspace() : data(std::make_unique<crypt_data>()) {}
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace() { ::explicit_bzero(data.get(), sizeof(crypt_data)); }
  std::unique_ptr<crypt_data> data;
};

}  // namespace

Result<std::string> hash_password(const Secret& password, unsigned long cost) {
  if (!is_password(password.reveal())) return fail(ErrorCode::kInvalid, "a password has 1 to 256 bytes and no NUL");
  if (cost < kMinHashCost || cost > kMaxHashCost) return fail(ErrorCode::kInvalid, "the hash's cost is 1 to 11");
  const std::string salt = random_bytes(kSaltSize);
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  if (::crypt_gensalt_rn(kMethod.data(), cost, salt.data(), static_cast<int>(salt.size()), setting.data(),
                         static_cast<int>(setting.size())) == nullptr) {
    return fail(ErrorCode::kInternal, "this libcrypt has no yescrypt");
  }
  // crypt(3) wants a NUL at the end, which a Secret doesn't promise.
  std::string text(password.reveal());
  const Secret terminated = Secret::take(text);
  const Workspace workspace;
  const char* hash = ::crypt_r(terminated.reveal().data(), setting.data(), workspace.data.get());
  if (hash == nullptr || hash[0] == '*') return fail(ErrorCode::kInternal, "yescrypt failed; out of memory?");
  return std::string(hash);
}

void burn_hash() { static_cast<void>(hash_password(Secret("no password"))); }

}  // namespace postern::identity
