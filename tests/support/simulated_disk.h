#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/disk.h"

namespace postern::test {

/// A disk in memory that remembers every operation, so that a Replay can show what a power cut at any moment would
/// have left of it. It can also be made to fail, to be full, or to ignore syncs. Thread-safe.
class SimulatedDisk final : public Disk {
 public:
  struct Inode;
  using InodePtr = std::shared_ptr<Inode>;
  struct Inode {
    std::uint64_t number = 0;
    std::string data;
    std::string first_name;
  };

  /// One operation as it was issued. Those that failed are recorded with what they did all the same.
  struct Operation {
    enum class Kind {
      kWrite,       ///< bytes at offset
      kResize,      ///< to offset bytes
      kSync,        ///< of the file
      kFailedSync,  ///< the kernel dropped what was not written yet, or not
      kName,        ///< path is inode
      kRemove,      ///< path
      kRename,      ///< other to path
      kSyncFolder,  ///< path
    };
    Kind kind;
    std::uint64_t inode = 0;
    std::uint64_t offset = 0;
    std::string bytes;
    std::string path;
    std::string other;
  };

  SimulatedDisk() = default;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::unique_ptr<File>> open_unnamed(const std::string& folder) override;
  Result<void> link(File& file, const std::string& path) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  Result<void> make_folder(const std::string& path) override;
  Result<void> sync_folder(const std::string& path) override;
  Result<FreeSpace> free_space(const std::string& path) override;

  /// Another disk with the same files, as they are now, and no history.
  std::unique_ptr<SimulatedDisk> copy() const;

  /// Syncs report success and do nothing: the negative control.
  void ignore_syncs() { ignores_.emplace_back(); }
  /// The same for one kind only: syncs of files whose first name contains `part` (without a name: their folder's), or
  /// of the folder that is exactly "folder " + `part`.
  void ignore_syncs_of(std::string part) { ignores_.push_back(std::move(part)); }
  /// From now on nothing is recorded: for tests that replay nothing.
  void stop_recording() { records_ = false; }
  /// The n-th write (or sync) from now on, counted from 1, fails with this errno.
  void fail_write(std::uint64_t n, int error);
  void fail_sync(std::uint64_t n, int error);
  /// How many writes and syncs there were.
  std::uint64_t writes() const;
  std::uint64_t syncs() const;
  /// So many bytes fit altogether; more is ENOSPC.
  void set_capacity(std::uint64_t bytes);

  /// How many operations were recorded: a moment for Replay.
  std::size_t moment() const;

  // For tests that look at files or damage them.
  std::string content(const std::string& path) const;
  void overwrite(const std::string& path, std::uint64_t offset, std::string_view bytes);
  std::vector<std::string> paths() const;

 private:
  friend class Replay;
  friend class SimulatedFile;

  struct Fault {
    std::uint64_t at = 0;
    int error = 0;
  };

  void note(Operation operation);
  Result<void> write(Inode& inode, std::uint64_t offset, std::string bytes);
  Result<void> resize(Inode& inode, std::uint64_t size);
  Result<void> sync(Inode& inode);
  std::optional<int> count_sync();
  bool ignores(const std::string& what) const;
  bool fits(const Inode& inode, std::uint64_t size) const;

  mutable std::mutex mutex_;
  std::map<std::string, InodePtr> names_;
  std::set<std::string> folders_;
  std::vector<std::weak_ptr<Inode>> unnamed_;
  std::uint64_t next_inode_ = 1;
  std::vector<Operation> operations_;
  bool records_ = true;
  std::vector<std::string> ignores_;
  std::uint64_t writes_ = 0;
  std::uint64_t syncs_ = 0;
  Fault write_fault_;
  Fault sync_fault_;
  std::uint64_t capacity_ = std::uint64_t{1} << 40;
};

/// Steps through what a SimulatedDisk recorded and shows what a power cut would leave.
class Replay {
 public:
  explicit Replay(const SimulatedDisk& recorded);

  /// Goes to the moment after `count` operations; only forward.
  void advance(std::size_t count);
  std::size_t size() const { return operations_.size(); }
  bool is_sync(std::size_t index) const;

  enum class Cut {
    kNothingUnsynced,  ///< only what was synced survives
    kEverything,       ///< all survives that was issued
    kTorn,             ///< of each unsynced write: nothing, all, a prefix, or any of its sectors; names: a prefix
  };
  /// The disk as it is after power comes back.
  std::unique_ptr<SimulatedDisk> cut(Cut how, std::mt19937_64& random) const;

 private:
  using Operation = SimulatedDisk::Operation;
  struct Contents {
    std::string data;
    std::vector<const Operation*> pending;
  };
  using Names = std::map<std::string, std::uint64_t>;

  void step(const Operation& operation);
  static void apply(Names& names, const Operation& operation);
  static void apply_torn(std::string& data, const Operation& operation, std::mt19937_64& random);

  std::vector<Operation> operations_;
  std::set<std::string> folders_;
  std::size_t at_ = 0;
  std::map<std::uint64_t, Contents> files_;
  Names names_;
  std::map<std::string, std::vector<const Operation*>> pending_names_;  // by folder
};

}  // namespace postern::test
