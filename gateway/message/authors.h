#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "message/header.h"
#include "smtp/address.h"

/// Who a message says it is from, and whether a person may say so (invariant 4: Ownership).
///
/// Whatever two readers could understand differently is refused, so that no recipient's program shows an author that
/// we did not check. No I/O, any thread.
namespace postern::message {

/// The mailboxes of one address-list field, groups opened (RFC 5322 section 3.4, RFC 6854), comments, display names
/// and encoded words skipped. kInvalid for anything but that syntax: obsolete routes, blanks or comments inside an
/// address, empty list elements, unbalanced quotes or comments. The one obsolete form that is taken is a dot in an
/// unquoted display name ("John Q. Public"), since clients write it daily.
Result<std::vector<smtp::Mailbox>> parse_address_list(std::string_view body);

/// All that a message claims as its origin.
struct Authors {
  std::vector<smtp::Mailbox> from;    ///< at least one
  std::vector<smtp::Mailbox> sender;  ///< none or one
  std::vector<smtp::Mailbox> resent;  ///< of all Resent-From and Resent-Sender fields
};

/// Reads them. kInvalid: no From, more than one From or Sender, several authors without Sender (RFC 5322 section
/// 3.6.2), a Sender that is not one mailbox, or a field that can't be understood without doubt.
Result<Authors> find_authors(const HeaderBlock& header);

/// The addresses of one person: "ann@example.org", or "*@example.org" for all of a domain. Domains compare without
/// regard to ASCII case. So do local parts: a mail domain that tells Ann@ from ann@ is not met in offices, while
/// clients change the case freely; bytes above 127 must be equal. No domain is converted between its Unicode and its
/// "xn--" form: a person who uses both has both in the list.
class Ownership {
 public:
  explicit Ownership(const std::vector<std::string>& addresses);
  bool owns(const smtp::Mailbox& mailbox) const;

 private:
  std::vector<std::string> addresses_;  ///< lower case, sorted
  std::vector<std::string> domains_;    ///< of the wildcards, lower case
};

/// kPermission, naming the field and the address, when one of the authors is not the person's.
Result<void> check_ownership(const Authors& authors, const Ownership& ownership);

}  // namespace postern::message
