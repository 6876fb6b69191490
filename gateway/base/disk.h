#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace postern {

/// One open file. All calls block. Reads may run beside each other and beside a write from any threads; writes and
/// syncs of one file belong to one thread at a time.
class File {
 public:
  virtual ~File() = default;

  /// Writes all the pieces, one after the other, from `offset` on: one system call as long as the kernel takes all of
  /// it. After an error any part of the bytes may have reached the file.
  virtual Result<void> write(std::uint64_t offset, std::span<const std::string_view> pieces) = 0;
  Result<void> write(std::uint64_t offset, std::string_view bytes) { return write(offset, {&bytes, 1}); }

  /// fdatasync: once it has returned, the bytes written before are on stable storage, with the size needed to read
  /// them. Any failure is kIo, for want of space as well: the kernel may have dropped the bytes and forgotten that it
  /// did, so a second call proves nothing. Never call it again.
  virtual Result<void> sync() = 0;

  /// Fills `into` from `offset` on as far as the file goes; returns the number of bytes read.
  virtual Result<std::size_t> read(std::uint64_t offset, std::span<char> into) = 0;

  virtual Result<std::uint64_t> size() = 0;

  /// Reserves blocks for [0, size) and makes the file at least that long (posix_fallocate); kNoSpace if there is none.
  virtual Result<void> allocate(std::uint64_t size) = 0;

  /// Cuts the file or lengthens it with zeros.
  virtual Result<void> truncate(std::uint64_t size) = 0;
};

/// What is left on a file system.
struct FreeSpace {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;  ///< UINT64_MAX where the file system has no fixed number of inodes
};

enum class OpenMode {
  kRead,         ///< must exist
  kReadWrite,    ///< must exist
  kCreate,       ///< must not exist; mode 0600
  kCreateOrOpen  ///< mode 0600 when new
};

/// The seam to the file system, for whoever must be durable. The real one is Disk::system(); tests put a simulated
/// disk here that loses, tears and reorders what was not synced. Changes of names (create, link, rename, remove) are
/// durable only after sync_folder() of their folder. Thread-safe.
class Disk {
 public:
  virtual ~Disk() = default;

  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  /// A file without a name in `folder` (O_TMPFILE): it vanishes unless link() names it.
  virtual Result<std::unique_ptr<File>> open_unnamed(const std::string& folder) = 0;
  /// Names a file that open_unnamed() made; kExists if the name is taken.
  virtual Result<void> link(File& file, const std::string& path) = 0;
  /// Replaces `to` if it exists.
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> remove(const std::string& path) = 0;
  /// Names of the files in a folder, sorted, without "." and "..".
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;
  /// Makes a folder (mode 0700), unless it is there; not its parents.
  virtual Result<void> make_folder(const std::string& path) = 0;
  /// Fails as File::sync() does.
  virtual Result<void> sync_folder(const std::string& path) = 0;
  virtual Result<FreeSpace> free_space(const std::string& path) = 0;

  /// This machine's file system.
  static Disk& system();
};

/// Reads a whole file through the seam; kLimit when it is longer than `limit`.
Result<std::string> read_whole(Disk& disk, const std::string& path, std::size_t limit);

/// Replaces a file as base/file.h's replace_file does, through the seam: written under the name path + ".new",
/// synced, renamed, folder synced.
Result<void> replace_whole(Disk& disk, const std::string& folder, const std::string& name,
                           std::span<const std::string_view> pieces);

}  // namespace postern
