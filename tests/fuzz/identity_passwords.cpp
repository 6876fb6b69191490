#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "identity/pam_messages.h"
#include "identity/shadow_files.h"

// The password store's files (split at the first NUL) and what PAM workers say: refused or understood. What was
// understood as files prints to files that mean the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::identity;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(decode_request(bytes));
  static_cast<void>(decode_answer(bytes));
  const auto cut = bytes.find('\0');
  if (cut == std::string_view::npos) return 0;
  const auto entries = parse_entries(bytes.substr(0, cut), bytes.substr(cut + 1));
  if (!entries) return 0;
  const auto again = parse_entries(print_passwd(*entries, 20000), print_shadow(*entries));
  if (!again || *again != *entries) std::abort();
  return 0;
}
