#include "identity/passwords.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <format>
#include <set>

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "identity/names.h"

namespace postern::identity {

namespace {

constexpr mode_t kPublic = 0644;
constexpr mode_t kSecret = 0640;

Result<std::string> read_or_empty(const std::string& path) {
  auto text = read_file(path);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::string{};
  return text;
}

/// Held while the files change.
Result<UniqueFd> lock_folder(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return fail_errno("open " + path, errno);
  while (::flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return fail_errno("lock " + path, errno);
  }
  return file;
}

/// The first day on which nothing was open any more. Not 0, which some programs read as "never".
constexpr std::int64_t kLongAgo = 1;

std::int64_t day_of(WallTime time) { return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count(); }

/// PAM closes an account at the begin of the day that it is given: the day in which `at` lies must still be good.
std::optional<std::int64_t> closing_day(std::optional<WallTime> at) {
  if (!at) return std::nullopt;
  return std::max(day_of(*at - std::chrono::microseconds(1)) + 1, kLongAgo);
}

/// By lock(), which closes the account as well; "!" alone only says that there never was a password.
bool closed(const PasswordEntry& entry) { return entry.locked() && entry.expires == kLongAgo; }

}  // namespace

std::int64_t PasswordStore::today() const {
  // A box without a set clock says 1970; day 0 would mean "must change the password".
  return std::max<std::int64_t>(day_of(clock_.wall()), 1);
}

Result<std::vector<PasswordEntry>> PasswordStore::entries() const {
  const auto passwd = read_or_empty(path("passwd"));
  if (!passwd) return fail(passwd.error());
  const auto shadow = read_or_empty(path("shadow"));
  if (!shadow) return fail(shadow.error());
  auto entries = parse_entries(*passwd, *shadow);
  if (!entries) return fail(entries.error().within(options_.folder));
  return entries;
}

Result<void> PasswordStore::write(const std::vector<PasswordEntry>& entries) {
  // Hashes last: whoever has a hash has a number already.
  const std::string group = print_group(options_.people_group, options_.people_gid);
  if (auto done = replace_file(path("group"), group, kPublic); !done) return done;
  const std::string passwd = print_passwd(entries, options_.people_gid);
  if (auto done = replace_file(path("passwd"), passwd, kPublic); !done) return done;
  return replace_file(path("shadow"), print_shadow(entries), kSecret, options_.readers);
}

template <class Change>
Result<void> PasswordStore::change(Change change) {
  const auto lock = lock_folder(path(".lock"));
  if (!lock) return fail(lock.error());
  auto all = entries();
  if (!all) return fail(all.error());
  if (auto changed = change(*all); !changed) return changed;
  return write(*all);
}

template <class Change>
Result<void> PasswordStore::change_one(std::string_view name, Change change_entry) {
  return change([&](std::vector<PasswordEntry>& all) -> Result<void> {
    const auto found = std::ranges::find(all, name, &PasswordEntry::name);
    if (found == all.end())
      return fail(ErrorCode::kNotFound, std::format("'{}' has no password entry", printable(name)));
    return change_entry(*found);
  });
}

Result<void> PasswordStore::check_new_name(const std::vector<PasswordEntry>& all, std::string_view name) const {
  if (!is_person_name(name)) {
    return fail(ErrorCode::kInvalid,
                std::format("'{}' is no name for a person: [a-z_][a-z0-9_.-]{{0,31}}", printable(name)));
  }
  if (std::ranges::contains(all, name, &PasswordEntry::name)) {
    return fail(ErrorCode::kExists, std::format("'{}' has a password entry already", name));
  }
  const auto system = read_or_empty(options_.system_passwd);
  if (!system) return fail(system.error());
  for (const auto line : split(*system, '\n')) {
    if (split(line, ':').front() != name) continue;
    return fail(ErrorCode::kExists, std::format("'{}' is an account of the system itself", name));
  }
  return {};
}

Result<uid_t> PasswordStore::free_uid(const std::vector<PasswordEntry>& all) const {
  std::set<uid_t> used;
  for (const auto& entry : all) used.insert(entry.uid);
  for (uid_t uid = options_.first_uid; uid <= options_.last_uid; ++uid) {
    if (!used.contains(uid)) return uid;
  }
  return fail(ErrorCode::kLimit,
              std::format("all user numbers from {} to {} are used", options_.first_uid, options_.last_uid));
}

Result<void> PasswordStore::create(std::string_view name, std::string_view full_name, const Secret& password) {
  if (!is_full_name(full_name))
    return fail(ErrorCode::kInvalid, "the full name holds ':', ',' or controls, or is too long");
  // Hashed before the lock is taken: it takes its time.
  std::string hash = "!";
  if (!password.empty()) {
    auto hashed = hash_password(password, options_.hash_cost);
    if (!hashed) return fail(hashed.error());
    hash = std::move(*hashed);
  }
  return change([&](std::vector<PasswordEntry>& all) -> Result<void> {
    if (auto good = check_new_name(all, name); !good) return good;
    const auto uid = free_uid(all);
    if (!uid) return fail(uid.error());
    all.push_back({.name = std::string(name),
                   .full_name = std::string(full_name),
                   .uid = *uid,
                   .hash = std::move(hash),
                   .changed = today(),
                   .expires = std::nullopt});
    return {};
  });
}

Result<void> PasswordStore::set_password(std::string_view name, const Secret& password) {
  auto hash = hash_password(password, options_.hash_cost);
  if (!hash) return fail(hash.error());
  return change_one(name, [&](PasswordEntry& entry) -> Result<void> {
    entry.hash = closed(entry) ? "!" + *hash : *hash;
    entry.changed = today();
    return {};
  });
}

Result<void> PasswordStore::lock(std::string_view name) {
  return change_one(name, [](PasswordEntry& entry) -> Result<void> {
    if (!entry.locked()) entry.hash.insert(0, 1, '!');
    entry.expires = kLongAgo;
    return {};
  });
}

Result<void> PasswordStore::unlock(std::string_view name, std::optional<WallTime> expires) {
  return change_one(name, [&](PasswordEntry& entry) -> Result<void> {
    if (entry.locked() && entry.hash.size() > 1) entry.hash.erase(0, 1);
    entry.expires = closing_day(expires);
    return {};
  });
}

Result<void> PasswordStore::set_expiry(std::string_view name, std::optional<WallTime> at) {
  return change_one(name, [&](PasswordEntry& entry) -> Result<void> {
    if (!closed(entry)) entry.expires = closing_day(at);
    return {};
  });
}

Result<void> PasswordStore::set_full_name(std::string_view name, std::string_view full_name) {
  if (!is_full_name(full_name))
    return fail(ErrorCode::kInvalid, "the full name holds ':', ',' or controls, or is too long");
  return change_one(name, [&](PasswordEntry& entry) -> Result<void> {
    entry.full_name = full_name;
    return {};
  });
}

Result<void> PasswordStore::rename(std::string_view from, std::string_view to) {
  return change([&](std::vector<PasswordEntry>& all) -> Result<void> {
    const auto found = std::ranges::find(all, from, &PasswordEntry::name);
    if (found == all.end())
      return fail(ErrorCode::kNotFound, std::format("'{}' has no password entry", printable(from)));
    if (auto good = check_new_name(all, to); !good) return good;
    found->name = to;
    return {};
  });
}

Result<void> PasswordStore::remove(std::string_view name) {
  return change([&](std::vector<PasswordEntry>& all) -> Result<void> {
    if (std::erase_if(all, [&](const PasswordEntry& entry) { return entry.name == name; }) == 0) {
      return fail(ErrorCode::kNotFound, std::format("'{}' has no password entry", printable(name)));
    }
    return {};
  });
}

Result<void> PasswordStore::prepare() {
  return change([](std::vector<PasswordEntry>&) -> Result<void> { return {}; });
}

}  // namespace postern::identity
