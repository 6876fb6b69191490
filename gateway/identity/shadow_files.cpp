#include "identity/shadow_files.h"

#include <algorithm>
#include <format>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "identity/names.h"

namespace postern::identity {

namespace {

constexpr std::string_view kHome = "/nonexistent";
constexpr std::string_view kShell = "/usr/sbin/nologin";
constexpr std::size_t kPasswdFields = 7;
constexpr std::size_t kShadowFields = 9;

std::unexpected<Error> corrupt(std::string_view file, std::size_t line) {
  return fail(ErrorCode::kCorrupt, std::format("{}: line {} is not one of Postern's", file, line));
}

/// Calls `read` with each line's fields; false from it, or a wrong number of fields, is kCorrupt.
template <class Read>
Result<void> each_line(std::string_view file, std::string_view text, std::size_t fields, Read read) {
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return corrupt(file, number);
    const auto parts = split(text.substr(0, end), ':');
    if (parts.size() != fields || !is_person_name(parts[0]) || !read(parts)) return corrupt(file, number);
    text.remove_prefix(end + 1);
  }
  return {};
}

bool is_hash(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != ':'; });
}

bool read_shadow_line(const std::vector<std::string_view>& parts, PasswordEntry& entry) {
  const auto changed = parse_decimal<std::int64_t>(parts[2]);
  if (!is_hash(parts[1]) || !changed || *changed < 0) return false;
  entry.hash = parts[1];
  entry.changed = *changed;
  if (parts[7].empty()) return true;
  entry.expires = parse_decimal<std::int64_t>(parts[7]);
  return entry.expires && *entry.expires >= 0;
}

}  // namespace

std::string print_passwd(const std::vector<PasswordEntry>& entries, gid_t group) {
  std::string text;
  for (const auto& entry : entries) {
    text += std::format("{}:x:{}:{}:{}:{}:{}\n", entry.name, entry.uid, group, entry.full_name, kHome, kShell);
  }
  return text;
}

std::string print_shadow(const std::vector<PasswordEntry>& entries) {
  std::string text;
  for (const auto& entry : entries) {
    const std::string expires = entry.expires ? std::to_string(*entry.expires) : std::string{};
    text += std::format("{}:{}:{}:::::{}:\n", entry.name, entry.hash, entry.changed, expires);
  }
  return text;
}

std::string print_group(std::string_view group_name, gid_t group) {
  return std::format("{}:x:{}:\n", group_name, group);
}

Result<std::vector<PasswordEntry>> parse_entries(std::string_view passwd, std::string_view shadow) {
  std::vector<PasswordEntry> entries;
  std::unordered_map<std::string_view, std::size_t> index;
  auto read = each_line("passwd", passwd, kPasswdFields, [&](const auto& parts) {
    const auto uid = parse_decimal<uid_t>(parts[2]);
    if (!uid || !is_full_name(parts[4]) || !index.emplace(parts[0], entries.size()).second) return false;
    PasswordEntry& entry = entries.emplace_back();
    entry.name = parts[0];
    entry.full_name = parts[4];
    entry.uid = *uid;
    return true;
  });
  if (!read) return fail(read.error());
  std::unordered_set<std::string_view> seen;
  read = each_line("shadow", shadow, kShadowFields, [&](const auto& parts) {
    const auto found = index.find(parts[0]);
    PasswordEntry unmatched;
    return seen.insert(parts[0]).second &&
           read_shadow_line(parts, found == index.end() ? unmatched : entries[found->second]);
  });
  if (!read) return fail(read.error());
  std::erase_if(entries, [](const PasswordEntry& entry) { return entry.hash.empty(); });
  return entries;
}

}  // namespace postern::identity
