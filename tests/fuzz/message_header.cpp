#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "message/authors.h"
#include "message/complete.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// Any bytes: the fields add up to the block, a completed header is a header, completing it again changes nothing but
// one more Received, and its authors stay the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::message;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  HeaderEnd whole;
  HeaderEnd halves;
  const auto end = whole.scan(bytes);
  const auto early = halves.scan(bytes.substr(0, size / 2));
  require((early ? early : halves.scan(bytes)) == end);
  if (end) bytes = bytes.substr(0, *end);

  const auto block = HeaderBlock::parse(bytes);
  if (!block) return 0;
  std::string joined;
  for (const Field& field : block->fields()) joined += field.raw;
  require(joined + (block->has_empty_line() ? "\r\n" : "") == bytes);
  const auto authors = find_authors(*block);

  const Trace trace{.gateway = "mail.example.org", .id = "0000000000001", .network = "tunnel"};
  const auto completed = complete(*block, trace);
  if (!completed) return 0;
  const auto again = HeaderBlock::parse(completed->header, {.size = size + 4096, .fields = 2000});
  require(again.has_value());
  require(again->find("Bcc") == nullptr && again->count("Date") == 1 && again->count("Message-ID") == 1);
  const auto twice = complete(*again, trace);
  require(twice && twice->header.ends_with(completed->header));
  const auto still = find_authors(*again);
  require(still.has_value() == authors.has_value());
  require(!still || still->from == authors->from);
  return 0;
}
