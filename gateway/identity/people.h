#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ip.h"

/// People and their devices, as plain values. The file that holds them is described in README.md; edits.h changes
/// them, store.h loads and saves them, directory.h finds in them quickly.
namespace postern::identity {

enum class PersonState : std::uint8_t { kActive, kSuspended };
/// "active", "suspended".
std::string_view to_string(PersonState state);

/// What one person may send, where it differs from everybody's; 0: as everybody.
struct Limits {
  std::uint32_t messages_per_hour = 0;
  std::uint32_t recipients_per_day = 0;
  bool operator==(const Limits&) const = default;
};

/// What somebody may do in the administration, from least to most: a plain person sees their own things, an auditor
/// looks at everything, a helpdesk changes what can be changed back, an administrator may do all.
enum class Role : std::uint8_t { kPerson, kAuditor, kHelpdesk, kAdministrator };
/// "person", "auditor", "helpdesk", "administrator".
std::string_view to_string(Role role);

/// A machine is a scanner, copier or backup job of the LAN with a login of its own: never in the tunnel, and let in
/// only from a LAN device that it owns, whatever login.lan_binding says of people.
enum class PersonKind : std::uint8_t { kPerson, kMachine };
/// "person", "machine".
std::string_view to_string(PersonKind kind);

struct Person {
  /// Login name and key; names.h has its grammar.
  std::string name;
  std::string full_name;
  PersonKind kind = PersonKind::kPerson;
  Role role = Role::kPerson;
  PersonState state = PersonState::kActive;
  /// No login from this moment on.
  std::optional<WallTime> expires;
  /// Reverse-paths and From addresses that the person may use, in normal form (names.h).
  std::vector<std::string> addresses;
  /// Whether "*@domain" may stand among the addresses: a slip of the pen shall not give away a domain.
  bool wildcards = false;
  /// Whom they may send to, in the same form; empty: anybody.
  std::vector<std::string> recipients;
  /// The person's own mailbox, proven by a code that was sent there and came back (invariant 8): the only place that
  /// reports about failed mail go to. Empty: none yet, so no reports.
  std::string mailbox;
  Limits limits;

  bool expired(WallTime now) const { return expires && *expires <= now; }
  bool operator==(const Person&) const = default;
};

/// Suspended devices come back; revoked ones never do, they are kept for the record.
enum class DeviceState : std::uint8_t { kActive, kSuspended, kRevoked };
/// "active", "suspended", "revoked".
std::string_view to_string(DeviceState state);

/// Where a device of the tunnel gets to, beside other devices of the tunnel, which it never reaches. The box's packet
/// filter enforces it; the client's AllowedIPs only follow.
enum class Reach : std::uint8_t {
  kBox,       ///< the box alone
  kLan,       ///< also the networks of the LAN
  kInternet,  ///< everything, LAN included
};
/// "box", "lan", "internet".
std::string_view to_string(Reach reach);

struct Device {
  /// Key, unique over all people, even among revoked ones: the ledger names devices by it.
  std::string name;
  /// Whose it is.
  std::string person;
  /// WireGuard public key, base64. Empty: a device of the LAN, known by its address alone.
  std::string public_key;
  /// Single addresses: those of the tunnel, or the LAN address.
  std::vector<IpAddress> addresses;
  /// Of a LAN device: its hardware address, "00:11:22:aa:bb:cc"; empty: not looked at. Without addresses it is known by
  /// this alone. Anybody on the same wire can claim another's: it keeps honest devices apart, no attacker out.
  std::string mac;
  Reach access = Reach::kBox;
  DeviceState state = DeviceState::kActive;
  std::optional<WallTime> expires;
  WallTime created{};

  bool in_tunnel() const { return !public_key.empty(); }
  bool expired(WallTime now) const { return expires && *expires <= now; }
  /// Whether a WireGuard peer (or a LAN address) is to be let in for it.
  bool usable(WallTime now) const { return state == DeviceState::kActive && !expired(now); }
  bool operator==(const Device&) const = default;
};

/// All of people.json.
struct Document {
  std::vector<Person> people;   ///< sorted by name
  std::vector<Device> devices;  ///< sorted by name

  const Person* person(std::string_view name) const;
  const Device* device(std::string_view name) const;
  /// Of one person, revoked ones included.
  std::vector<const Device*> devices_of(std::string_view person) const;
  bool operator==(const Document&) const = default;
};

/// Every rule of the document: grammars, unique names, each device's person exists, no key, no address and no hardware
/// address twice among devices that are not revoked, wildcards only where allowed, machines only on the LAN and without
/// a role. kInvalid names the entry and the rule.
Result<void> validate(const Document& document);

}  // namespace postern::identity
