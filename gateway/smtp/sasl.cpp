#include "smtp/sasl.h"

#include <cstring>

#include "base/encoding.h"
#include "smtp/utf8.h"

namespace postern::smtp {

std::expected<Secret, Fault> decode_response(std::string_view text) {
  if (text == "=") return Secret();
  auto decoded = base64_decode(text);
  if (!decoded) return std::unexpected(Fault::kAuthSyntax);
  return Secret::take(*decoded);
}

std::expected<Login, Fault> split_plain(const Secret& message) {
  const std::string_view bytes = message.reveal();
  const std::size_t first = bytes.find('\0');
  const std::size_t second = first == std::string_view::npos ? first : bytes.find('\0', first + 1);
  if (second == std::string_view::npos) return std::unexpected(Fault::kAuthSyntax);
  const std::string_view authzid = bytes.substr(0, first);
  const std::string_view user = bytes.substr(first + 1, second - first - 1);
  const std::string_view password = bytes.substr(second + 1);
  if (password.contains('\0')) return std::unexpected(Fault::kAuthSyntax);
  if (!authzid.empty() && authzid != user) return std::unexpected(Fault::kAuthIdentity);
  return checked_login(user, password);
}

std::expected<Login, Fault> checked_login(std::string_view user, std::string_view password) {
  const bool user_good = !user.empty() && user.size() <= kMaxUser && is_printable_utf8(user);
  const bool password_good = !password.empty() && password.size() <= kMaxPassword && is_printable_utf8(password);
  if (!user_good || !password_good) return std::unexpected(Fault::kAuthUser);
  return Login{std::string(user), Secret(password)};
}

void wipe(std::span<char> bytes) { explicit_bzero(bytes.data(), bytes.size()); }

}  // namespace postern::smtp
