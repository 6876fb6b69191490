#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/load.h"

// Any text either loads or has problems, and what loads is written so that it loads to the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Loaded loaded = load_text(text);
  if (loaded.config.has_value() != loaded.problems.empty()) std::abort();
  if (!loaded.config) return 0;
  const Loaded again = load_text(to_yaml(*loaded.config, Comments::kWithout));
  if (!again.config || *again.config != *loaded.config) std::abort();
  return 0;
}
