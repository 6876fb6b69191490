#include "support/simulated_disk.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace postern::test {

namespace {

constexpr std::size_t kSector = 512;

using Kind = SimulatedDisk::Operation::Kind;

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

void put(std::string& data, std::uint64_t offset, std::string_view bytes) {
  if (data.size() < offset + bytes.size()) data.resize(offset + bytes.size());
  data.replace(offset, bytes.size(), bytes);
}

}  // namespace

class SimulatedFile final : public File {
 public:
  SimulatedFile(SimulatedDisk& disk, SimulatedDisk::InodePtr inode) : disk_(disk), inode_(std::move(inode)) {}

  using File::write;
  Result<void> write(std::uint64_t offset, std::span<const std::string_view> pieces) override {
    std::string bytes;
    for (const std::string_view piece : pieces) bytes += piece;
    return disk_.write(*inode_, offset, std::move(bytes));
  }
  Result<void> sync() override { return disk_.sync(*inode_); }
  Result<std::size_t> read(std::uint64_t offset, std::span<char> into) override {
    const std::lock_guard lock(disk_.mutex_);
    if (offset >= inode_->data.size()) return 0;
    return inode_->data.copy(into.data(), into.size(), offset);
  }
  Result<std::uint64_t> size() override {
    const std::lock_guard lock(disk_.mutex_);
    return inode_->data.size();
  }
  Result<void> allocate(std::uint64_t size) override {
    {
      const std::lock_guard lock(disk_.mutex_);
      if (inode_->data.size() >= size) return {};
    }
    return disk_.resize(*inode_, size);
  }
  Result<void> truncate(std::uint64_t size) override { return disk_.resize(*inode_, size); }

  const SimulatedDisk::InodePtr& inode() const { return inode_; }

 private:
  SimulatedDisk& disk_;
  SimulatedDisk::InodePtr inode_;
};

void SimulatedDisk::note(Operation operation) {
  if (records_) operations_.push_back(std::move(operation));
}

bool SimulatedDisk::fits(const Inode& inode, std::uint64_t size) const {
  if (size <= inode.data.size()) return true;
  std::uint64_t used = size - inode.data.size();
  for (const auto& [path, file] : names_) used += file->data.size();
  for (const auto& unnamed : unnamed_) {
    if (const auto file = unnamed.lock()) used += file->data.size();
  }
  return used <= capacity_;
}

Result<void> SimulatedDisk::write(Inode& inode, std::uint64_t offset, std::string bytes) {
  const std::lock_guard lock(mutex_);
  int error = ++writes_ == write_fault_.at ? write_fault_.error : 0;
  if (!fits(inode, offset + bytes.size())) error = ENOSPC;
  if (error != 0) bytes.resize(bytes.size() / 2);  // a part of it may have reached the file
  if (error == ENOSPC && !fits(inode, offset + bytes.size())) bytes.clear();
  put(inode.data, offset, bytes);
  note({Kind::kWrite, inode.number, offset, std::move(bytes), {}, {}});
  if (error != 0) return fail_errno("write", error);
  return {};
}

Result<void> SimulatedDisk::resize(Inode& inode, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  if (!fits(inode, size)) return fail_errno("resize", ENOSPC);
  inode.data.resize(size);
  note({Kind::kResize, inode.number, size, {}, {}, {}});
  return {};
}

bool SimulatedDisk::ignores(const std::string& what) const {
  return std::ranges::any_of(ignores_, [&what](const std::string& part) {
    return part.starts_with("folder ") ? what == part
                                       : part.empty() || (!what.starts_with("folder ") && what.contains(part));
  });
}

std::optional<int> SimulatedDisk::count_sync() {
  if (++syncs_ == sync_fault_.at) return sync_fault_.error;
  return std::nullopt;
}

Result<void> SimulatedDisk::sync(Inode& inode) {
  const std::lock_guard lock(mutex_);
  if (const auto error = count_sync()) {
    note({Kind::kFailedSync, inode.number, 0, {}, {}, {}});
    return fail(ErrorCode::kIo, fail_errno("sync", *error).error().context);
  }
  if (!ignores(inode.first_name)) note({Kind::kSync, inode.number, 0, {}, {}, {}});
  return {};
}

Result<std::unique_ptr<File>> SimulatedDisk::open(const std::string& path, OpenMode mode) {
  const std::lock_guard lock(mutex_);
  const auto found = names_.find(path);
  if (found != names_.end()) {
    if (mode == OpenMode::kCreate) return fail_errno("open " + path, EEXIST);
    return std::make_unique<SimulatedFile>(*this, found->second);
  }
  if (mode == OpenMode::kRead || mode == OpenMode::kReadWrite || !folders_.contains(folder_of(path))) {
    return fail_errno("open " + path, ENOENT);
  }
  const auto inode = std::make_shared<Inode>(Inode{next_inode_++, {}, path});
  names_[path] = inode;
  note({Kind::kName, inode->number, 0, {}, path, {}});
  return std::make_unique<SimulatedFile>(*this, inode);
}

Result<std::unique_ptr<File>> SimulatedDisk::open_unnamed(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  if (!folders_.contains(folder)) return fail_errno("open in " + folder, ENOENT);
  const auto inode = std::make_shared<Inode>(Inode{next_inode_++, {}, folder + "/(no name)"});
  std::erase_if(unnamed_, [](const auto& file) { return file.expired(); });
  unnamed_.push_back(inode);
  return std::make_unique<SimulatedFile>(*this, inode);
}

Result<void> SimulatedDisk::link(File& file, const std::string& path) {
  const std::lock_guard lock(mutex_);
  const InodePtr& inode = static_cast<SimulatedFile&>(file).inode();
  if (names_.contains(path)) return fail_errno("link " + path, EEXIST);
  std::erase_if(unnamed_, [&inode](const auto& other) { return other.lock() == inode; });
  names_[path] = inode;
  note({Kind::kName, inode->number, 0, {}, path, {}});
  return {};
}

Result<void> SimulatedDisk::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  const auto found = names_.find(from);
  if (found == names_.end()) return fail_errno("rename " + from, ENOENT);
  names_[to] = found->second;
  names_.erase(from);
  note({Kind::kRename, 0, 0, {}, to, from});
  return {};
}

Result<void> SimulatedDisk::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (names_.erase(path) == 0) return fail_errno("remove " + path, ENOENT);
  note({Kind::kRemove, 0, 0, {}, path, {}});
  return {};
}

Result<std::vector<std::string>> SimulatedDisk::list(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  if (!folders_.contains(folder)) return fail_errno("list " + folder, ENOENT);
  std::vector<std::string> names;
  for (const auto& [path, inode] : names_) {
    if (folder_of(path) == folder) names.push_back(path.substr(folder.size() + 1));
  }
  std::ranges::sort(names);
  return names;
}

Result<void> SimulatedDisk::make_folder(const std::string& path) {
  const std::lock_guard lock(mutex_);
  folders_.insert(path);
  return {};
}

Result<void> SimulatedDisk::sync_folder(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const auto error = count_sync()) return fail(ErrorCode::kIo, fail_errno("sync " + path, *error).error().context);
  if (!ignores("folder " + path)) note({Kind::kSyncFolder, 0, 0, {}, path, {}});
  return {};
}

Result<FreeSpace> SimulatedDisk::free_space(const std::string&) {
  const std::lock_guard lock(mutex_);
  std::uint64_t used = 0;
  for (const auto& [path, file] : names_) used += file->data.size();
  return FreeSpace{capacity_ - std::min(used, capacity_), UINT64_MAX};
}

std::unique_ptr<SimulatedDisk> SimulatedDisk::copy() const {
  const std::lock_guard lock(mutex_);
  auto other = std::make_unique<SimulatedDisk>();
  other->folders_ = folders_;
  for (const auto& [path, inode] : names_) {
    other->names_[path] = std::make_shared<Inode>(Inode{other->next_inode_++, inode->data, path});
  }
  return other;
}

void SimulatedDisk::fail_write(std::uint64_t n, int error) {
  const std::lock_guard lock(mutex_);
  write_fault_ = {writes_ + n, error};
}

void SimulatedDisk::fail_sync(std::uint64_t n, int error) {
  const std::lock_guard lock(mutex_);
  sync_fault_ = {syncs_ + n, error};
}

std::uint64_t SimulatedDisk::writes() const {
  const std::lock_guard lock(mutex_);
  return writes_;
}

std::uint64_t SimulatedDisk::syncs() const {
  const std::lock_guard lock(mutex_);
  return syncs_;
}

void SimulatedDisk::set_capacity(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_ = bytes;
}

std::size_t SimulatedDisk::moment() const {
  const std::lock_guard lock(mutex_);
  return operations_.size();
}

std::string SimulatedDisk::content(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = names_.find(path);
  return found == names_.end() ? std::string() : found->second->data;
}

void SimulatedDisk::overwrite(const std::string& path, std::uint64_t offset, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  put(names_.at(path)->data, offset, bytes);
}

std::vector<std::string> SimulatedDisk::paths() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> paths;
  for (const auto& [path, inode] : names_) paths.push_back(path);
  return paths;
}

// ---------------------------------------------------------------------------------------------------------- Replay

Replay::Replay(const SimulatedDisk& recorded) {
  const std::lock_guard lock(recorded.mutex_);
  operations_ = recorded.operations_;
  folders_ = recorded.folders_;
}

bool Replay::is_sync(std::size_t index) const {
  return operations_[index].kind == Kind::kSync || operations_[index].kind == Kind::kSyncFolder;
}

void Replay::apply(Names& names, const Operation& operation) {
  switch (operation.kind) {
    case Kind::kName: names[operation.path] = operation.inode; break;
    case Kind::kRemove: names.erase(operation.path); break;
    case Kind::kRename:
      if (const auto found = names.find(operation.other); found != names.end()) {
        names[operation.path] = found->second;
        names.erase(operation.other);
      }
      break;
    default: break;
  }
}

void Replay::step(const Operation& operation) {
  switch (operation.kind) {
    case Kind::kWrite:
    case Kind::kResize: files_[operation.inode].pending.push_back(&operation); break;
    case Kind::kSync: {
      Contents& file = files_[operation.inode];
      for (const Operation* write : file.pending) {
        if (write->kind == Kind::kWrite) {
          put(file.data, write->offset, write->bytes);
        } else {
          file.data.resize(write->offset);
        }
      }
      file.pending.clear();
      break;
    }
    case Kind::kFailedSync: files_[operation.inode].pending.clear(); break;
    case Kind::kName:
    case Kind::kRemove:
    case Kind::kRename: pending_names_[folder_of(operation.path)].push_back(&operation); break;
    case Kind::kSyncFolder:
      for (const Operation* change : pending_names_[operation.path]) apply(names_, *change);
      pending_names_[operation.path].clear();
      break;
  }
}

void Replay::advance(std::size_t count) {
  for (; at_ < std::min(count, operations_.size()); ++at_) step(operations_[at_]);
}

void Replay::apply_torn(std::string& data, const Operation& operation, std::mt19937_64& random) {
  if (operation.kind == Kind::kResize) {
    if (random() % 2 == 0) data.resize(operation.offset);
    return;
  }
  const std::string_view bytes = operation.bytes;
  if (random() % 4 == 0) {  // the new length can be there without the bytes
    data.resize(std::max<std::size_t>(data.size(), operation.offset + bytes.size()));
  }
  switch (random() % 4) {
    case 0: return;
    case 1: put(data, operation.offset, bytes); return;
    case 2: put(data, operation.offset, bytes.substr(0, random() % (bytes.size() + 1))); return;
    default: break;
  }
  for (std::size_t at = 0; at < bytes.size();) {
    // Sectors as the disk has them, wherever the write begins.
    const std::size_t length = std::min(bytes.size() - at, kSector - (operation.offset + at) % kSector);
    if (random() % 2 == 0) put(data, operation.offset + at, bytes.substr(at, length));
    at += length;
  }
}

std::unique_ptr<SimulatedDisk> Replay::cut(Cut how, std::mt19937_64& random) const {
  Names names = names_;
  for (const auto& [folder, changes] : pending_names_) {
    std::size_t kept = how == Cut::kEverything ? changes.size() : 0;
    if (how == Cut::kTorn) kept = random() % (changes.size() + 1);
    for (std::size_t i = 0; i < kept; ++i) apply(names, *changes[i]);
  }
  auto disk = std::make_unique<SimulatedDisk>();
  disk->folders_ = folders_;
  for (const auto& [path, number] : names) {
    auto inode = std::make_shared<SimulatedDisk::Inode>();
    inode->number = disk->next_inode_++;
    inode->first_name = path;
    if (const auto file = files_.find(number); file != files_.end()) {
      inode->data = file->second.data;
      for (const Operation* write : file->second.pending) {
        if (how == Cut::kTorn) apply_torn(inode->data, *write, random);
        if (how == Cut::kEverything && write->kind == Kind::kWrite) put(inode->data, write->offset, write->bytes);
        if (how == Cut::kEverything && write->kind == Kind::kResize) inode->data.resize(write->offset);
      }
    }
    disk->names_[path] = std::move(inode);
  }
  return disk;
}

}  // namespace postern::test
