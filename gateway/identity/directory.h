#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "base/ip.h"
#include "identity/people.h"

namespace postern::identity {

/// A document with indexes, immutable: one login looks up a person and a device in constant time. Share it by
/// shared_ptr; pointers that it returns live as long as it does.
class Directory {
 public:
  explicit Directory(Document document);
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  const Document& document() const { return document_; }
  const Person* person(std::string_view name) const { return document_.person(name); }
  /// Who logs in under this name: a person's name in any case, or a mail address that exactly one person has (mail
  /// programs like to ask for nothing else). Nullptr for anything else, whatever its bytes.
  const Person* resolve(std::string_view login) const;
  /// The device with this address; one that is not revoked comes before a revoked one that had it earlier.
  const Device* device_at(const IpAddress& address) const;

 private:
  Document document_;
  /// Lower-case address to person; nullptr where several have it.
  std::unordered_map<std::string, const Person*> by_mail_;
  std::map<IpAddress, const Device*> by_address_;
};

/// What tells one version of a file from the next without reading it. A file that is replaced has another inode.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = -1;  ///< -1: there is no such file
  std::int64_t changed_ns = 0;

  static FileIdentity of(const std::string& path);
  bool operator==(const FileIdentity&) const = default;
};

/// people.json as the readers see it: looked at with one stat(2) a call, read again when it is another file. A file
/// that can't be read or breaks a rule is reported once and the last good one stays in force; no file at all means
/// nobody. One thread.
class DirectoryFile {
 public:
  explicit DirectoryFile(std::string path) : path_(std::move(path)) {}

  /// Never null.
  const std::shared_ptr<const Directory>& current();
  /// Counts the versions seen: compare to notice a change.
  std::uint64_t generation() const { return generation_; }
  /// Why the file as it stands now is not in force, if it isn't.
  const std::optional<Error>& error() const { return error_; }

 private:
  std::string path_;
  std::optional<FileIdentity> seen_;
  std::shared_ptr<const Directory> directory_;
  std::uint64_t generation_ = 0;
  std::optional<Error> error_;
};

}  // namespace postern::identity
