#include "message/authors.h"

#include <algorithm>
#include <format>
#include <iterator>
#include <utility>

#include "base/text.h"

namespace postern::message {

namespace {

/// More authors than that nobody reads, and each costs a comparison.
constexpr std::size_t kMaxAuthors = 100;

Result<std::vector<smtp::Mailbox>> read_list(const Field& field, std::string_view name) {
  auto list = parse_address_list(field.body);
  if (!list) return fail(list.error().within(name));
  if (list->empty()) return fail(ErrorCode::kInvalid, std::format("{} names nobody", name));
  if (list->size() > kMaxAuthors) return fail(ErrorCode::kInvalid, std::format("{} has too many addresses", name));
  return list;
}

/// The one field of that name, which may be missing.
Result<const Field*> only_field(const HeaderBlock& header, std::string_view name) {
  if (header.count(name) > 1) return fail(ErrorCode::kInvalid, std::format("more than one {} field", name));
  return header.find(name);
}

Result<std::vector<smtp::Mailbox>> read_resent(const HeaderBlock& header) {
  std::vector<smtp::Mailbox> all;
  for (const Field& field : header.fields()) {
    for (const std::string_view name : {"Resent-From", "Resent-Sender"}) {
      if (!field.is(name)) continue;
      auto list = read_list(field, name);
      if (!list) return list;
      std::ranges::move(*list, std::back_inserter(all));
    }
  }
  return all;
}

std::string_view domain_of(std::string_view address) { return address.substr(address.rfind('@') + 1); }

Result<void> check_all(const std::vector<smtp::Mailbox>& mailboxes, std::string_view field,
                       const Ownership& ownership) {
  for (const smtp::Mailbox& mailbox : mailboxes) {
    if (ownership.owns(mailbox)) continue;
    return fail(ErrorCode::kPermission,
                std::format("{} <{}> is not an address of yours", field, printable(mailbox.text(), 320)));
  }
  return {};
}

}  // namespace

Result<Authors> find_authors(const HeaderBlock& header) {
  Authors authors;
  const auto from = only_field(header, "From");
  if (!from) return fail(from.error());
  if (*from == nullptr) return fail(ErrorCode::kInvalid, "no From field");
  auto authors_of_from = read_list(**from, "From");
  if (!authors_of_from) return fail(authors_of_from.error());
  authors.from = std::move(*authors_of_from);

  const auto sender = only_field(header, "Sender");
  if (!sender) return fail(sender.error());
  if (*sender != nullptr) {
    auto list = read_list(**sender, "Sender");
    if (!list) return fail(list.error());
    if (list->size() != 1) return fail(ErrorCode::kInvalid, "Sender is not one address");
    authors.sender = std::move(*list);
  }
  if (authors.from.size() > 1 && authors.sender.empty()) {
    return fail(ErrorCode::kInvalid, "From names several authors, but there is no Sender");
  }

  auto resent = read_resent(header);
  if (!resent) return fail(resent.error());
  authors.resent = std::move(*resent);
  return authors;
}

Ownership::Ownership(const std::vector<std::string>& addresses) {
  for (const std::string& address : addresses) {
    if (address.starts_with("*@")) {
      domains_.push_back(to_lower(address.substr(2)));
    } else if (const auto mailbox = smtp::Mailbox::parse(address)) {
      addresses_.push_back(to_lower(mailbox->text()));
    }
  }
  std::ranges::sort(addresses_);
}

bool Ownership::owns(const smtp::Mailbox& mailbox) const {
  const std::string address = to_lower(mailbox.text());
  return std::ranges::binary_search(addresses_, address) || std::ranges::contains(domains_, domain_of(address));
}

Result<void> check_ownership(const Authors& authors, const Ownership& ownership) {
  if (auto checked = check_all(authors.from, "From", ownership); !checked) return checked;
  if (auto checked = check_all(authors.sender, "Sender", ownership); !checked) return checked;
  return check_all(authors.resent, "Resent-From or Resent-Sender", ownership);
}

}  // namespace postern::message
