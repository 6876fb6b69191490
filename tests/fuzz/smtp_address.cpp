#include "base/text.h"
#include "smtp/address.h"
#include "smtp/xtext.h"
#include "smtp_driver.h"

// Mailbox: what the parser lets through is printable, and its normal form is a fixed point. xtext likewise.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::smtp;
  using postern::smtp::fuzz::require;
  const std::string text(data, data + size);
  if (const auto mailbox = Mailbox::parse(text)) {
    const auto again = Mailbox::parse(mailbox->text());
    require(again && *again == *mailbox, "the normal form is a mailbox, and its own normal form");
    require(mailbox->text().size() <= kMaxMailbox && postern::is_utf8(mailbox->text()), "bounded and UTF-8");
    for (const char c : mailbox->text()) require(static_cast<unsigned char>(c) >= ' ' && c != '\x7f', "printable");
    require(Mailbox::parse(text, Charset::kAscii).has_value() == mailbox->is_ascii(), "ASCII is what says so");
    require(is_domain(mailbox->domain(), Charset::kUtf8) != mailbox->is_literal(), "domain or literal");
  }
  if (const auto decoded = xtext_decode(text)) {
    std::string encoded;
    append_xtext(encoded, *decoded);
    require(xtext_decode(encoded) == decoded, "xtext goes there and back");
  }
  if (const auto decoded = utf8_address_decode(text)) {
    for (const bool unitext : {false, true}) {
      std::string encoded;
      append_utf8_address(encoded, *decoded, unitext);
      require(utf8_address_decode(encoded) == decoded, "utf-8 addresses go there and back");
    }
  }
  return 0;
}
