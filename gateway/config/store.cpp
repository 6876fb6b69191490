#include "config/store.h"

#include <algorithm>
#include <filesystem>
#include <format>
#include <optional>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/text.h"

namespace postern::config {

namespace {

constexpr std::string_view kSuffix = ".yaml";
constexpr std::size_t kMaxFile = 4 << 20;
/// Other daemons read it; nothing in it is secret.
constexpr mode_t kMode = 0644;

/// The reverse of how record() names files; nullopt for whatever else lies in the folder.
std::optional<Version> version_of(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  const auto cut = name.find('_');
  if (cut == std::string::npos || !name.ends_with(kSuffix)) return std::nullopt;
  const auto number = parse_decimal<std::uint64_t>(std::string_view(name).substr(0, cut));
  if (!number) return std::nullopt;
  return Version{*number, name.substr(cut + 1, name.size() - cut - 1 - kSuffix.size()), path.string()};
}

}  // namespace

Store::Store(std::string path, const Clock& clock, std::size_t keep)
    : path_(std::move(path)),
      folder_((std::filesystem::path(path_).parent_path() / "history").string()),
      clock_(clock),
      keep_(std::max<std::size_t>(keep, 1)) {}

Result<std::vector<Version>> Store::history() const {
  std::vector<Version> versions;
  std::error_code error;
  std::filesystem::directory_iterator folder(folder_, error);
  if (error == std::errc::no_such_file_or_directory) return versions;
  for (; !error && folder != std::filesystem::directory_iterator(); folder.increment(error)) {
    if (auto version = version_of(folder->path())) versions.push_back(std::move(*version));
  }
  if (error) return fail_errno("list " + folder_, error.value());
  std::ranges::sort(versions, {}, &Version::number);
  return versions;
}

Result<std::string> Store::text_of(std::uint64_t number) const {
  const auto versions = history();
  if (!versions) return fail(versions.error());
  const auto found = std::ranges::find(*versions, number, &Version::number);
  if (found == versions->end()) return fail(ErrorCode::kNotFound, std::format("no version {} is kept", number));
  return read_file(found->path, kMaxFile);
}

Result<Version> Store::record(std::string_view text) {
  const auto versions = history();
  if (!versions) return fail(versions.error());
  Version version{
      .number = versions->empty() ? 1 : versions->back().number + 1, .time = format_rfc3339(clock_.wall()), .path = {}};
  version.path = std::format("{}/{:08}_{}{}", folder_, version.number, version.time, kSuffix);
  if (auto written = replace_file(version.path, text, kMode); !written) return fail(written.error());
  return version;
}

Result<void> Store::keep_hand_edit() {
  const auto present = read_file(path_, kMaxFile);
  if (!present && present.error().code == ErrorCode::kNotFound) return {};
  if (!present) return fail(present.error());
  const auto versions = history();
  if (!versions) return fail(versions.error());
  if (!versions->empty()) {
    const auto newest = read_file(versions->back().path, kMaxFile);
    if (newest && *newest == *present) return {};
  }
  if (auto recorded = record(*present); !recorded) return fail(recorded.error());
  return {};
}

Result<void> Store::prune() {
  const auto versions = history();
  if (!versions) return fail(versions.error());
  if (versions->size() <= keep_) return {};
  std::error_code error;
  for (std::size_t i = 0; i + keep_ < versions->size(); ++i) {
    std::filesystem::remove((*versions)[i].path, error);
    if (error) return fail_errno("remove " + (*versions)[i].path, error.value());
  }
  return {};
}

Result<Version> Store::save(std::string_view text) {
  const Problems problems = check_text(text, path_);
  if (!problems.empty()) return fail(ErrorCode::kInvalid, to_string(problems));
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) return fail_errno("make " + folder_, error.value());
  if (auto kept = keep_hand_edit(); !kept) return fail(kept.error());
  // History first: a cut in between leaves a version that never came into force, not one that is missing.
  auto version = record(text);
  if (!version) return version;
  if (auto replaced = replace_file(path_, text, kMode); !replaced) return fail(replaced.error());
  if (auto pruned = prune(); !pruned) return fail(pruned.error());
  return version;
}

}  // namespace postern::config
