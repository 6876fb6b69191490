#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "identity/directory.h"
#include "identity/store.h"

// Any text either is a valid document or an error with a context; a document prints so that it reads back the same, and
// its indexes find each of its entries.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::identity;
  const auto document = parse_document(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!document) {
    if (document.error().context.empty()) std::abort();
    return 0;
  }
  const auto again = parse_document(print_document(*document));
  if (!again || *again != *document) std::abort();
  const Directory directory(*document);
  for (const auto& person : document->people) {
    if (directory.resolve(person.name) == nullptr) std::abort();
  }
  for (const auto& device : document->devices) {
    if (directory.device_at(device.addresses[0]) == nullptr) std::abort();
  }
  return 0;
}
