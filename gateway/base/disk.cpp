#include "base/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <format>
#include <limits>

#include "base/fd.h"
#include "base/mutant.h"

namespace postern {

namespace {

std::unexpected<Error> sync_failed(const std::string& what, int error_number) {
  return fail(ErrorCode::kIo, fail_errno(what, error_number).error().context);
}

class SystemFile final : public File {
 public:
  SystemFile(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  int fd() const { return fd_.get(); }

  using File::write;
  Result<void> write(std::uint64_t offset, std::span<const std::string_view> pieces) override {
    std::size_t skip = 0;  // bytes of the first piece that are written already
    while (!pieces.empty()) {
      const auto written = write_some(offset, pieces, skip);
      if (!written) return fail(written.error());
      offset += *written;
      std::size_t done = *written + skip;
      while (!pieces.empty() && done >= pieces.front().size()) {
        done -= pieces.front().size();
        pieces = pieces.subspan(1);
      }
      skip = done;
    }
    return {};
  }

  Result<void> sync() override {
    if (mutant(Mutant::kSync)) return {};
    if (::fdatasync(fd_.get()) != 0) return sync_failed("fdatasync " + name_, errno);
    return {};
  }

  Result<std::size_t> read(std::uint64_t offset, std::span<char> into) override {
    std::size_t have = 0;
    while (have < into.size()) {
      const ssize_t got = ::pread(fd_.get(), into.data() + have, into.size() - have, static_cast<off_t>(offset + have));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail_errno("read " + name_, errno);
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    return have;
  }

  Result<std::uint64_t> size() override {
    struct stat facts{};
    if (::fstat(fd_.get(), &facts) != 0) return fail_errno("stat " + name_, errno);
    return static_cast<std::uint64_t>(facts.st_size);
  }

  Result<void> allocate(std::uint64_t size) override {
    if (const int error = ::posix_fallocate(fd_.get(), 0, static_cast<off_t>(size)); error != 0) {
      return fail_errno("allocate " + name_, error);
    }
    return {};
  }

  Result<void> truncate(std::uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return fail_errno("truncate " + name_, errno);
    return {};
  }

 private:
  static constexpr std::size_t kPiecesPerCall = 1024;  // IOV_MAX of Linux

  Result<std::size_t> write_some(std::uint64_t offset, std::span<const std::string_view> pieces, std::size_t skip) {
    std::array<iovec, kPiecesPerCall> vectors;
    std::size_t count = 0;
    std::size_t bytes = 0;
    for (std::string_view piece : pieces) {
      if (count == vectors.size()) break;
      piece.remove_prefix(std::exchange(skip, 0));
      if (piece.empty()) continue;
      vectors[count++] = {const_cast<char*>(piece.data()), piece.size()};
      bytes += piece.size();
    }
    if (bytes == 0) return 0;
    for (;;) {
      const ssize_t written = ::pwritev(fd_.get(), vectors.data(), static_cast<int>(count), static_cast<off_t>(offset));
      if (written > 0) return static_cast<std::size_t>(written);
      if (written == 0) return fail_errno("write " + name_, ENOSPC);
      if (errno != EINTR) return fail_errno("write " + name_, errno);
    }
  }

  UniqueFd fd_;
  std::string name_;
};

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead: return O_RDONLY;
    case OpenMode::kReadWrite: return O_RDWR;
    case OpenMode::kCreate: return O_RDWR | O_CREAT | O_EXCL;
    case OpenMode::kCreateOrOpen: return O_RDWR | O_CREAT;
  }
  return O_RDONLY;
}

class SystemDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    UniqueFd fd(::open(path.c_str(), flags_of(mode) | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return fail_errno("open " + path, errno);
    return std::make_unique<SystemFile>(std::move(fd), path);
  }

  Result<std::unique_ptr<File>> open_unnamed(const std::string& folder) override {
    UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!fd) return fail_errno("open a file without a name in " + folder, errno);
    return std::make_unique<SystemFile>(std::move(fd), folder + "/(no name)");
  }

  Result<void> link(File& file, const std::string& path) override {
    const int fd = static_cast<SystemFile&>(file).fd();
    // Since Linux 6.10 whoever opened the file may name it so; before, /proc has to be there.
    if (::linkat(fd, "", AT_FDCWD, path.c_str(), AT_EMPTY_PATH) == 0) return {};
    const std::string source = std::format("/proc/self/fd/{}", fd);
    if (::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) != 0) {
      return fail_errno("link " + path, errno);
    }
    return {};
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return fail_errno(std::format("rename {} to {}", from, to), errno);
    return {};
  }

  Result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return fail_errno("remove " + path, errno);
    return {};
  }

  Result<std::vector<std::string>> list(const std::string& folder) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(folder.c_str()), ::closedir);
    if (!stream) return fail_errno("open folder " + folder, errno);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
    if (errno != 0) return fail_errno("list folder " + folder, errno);
    std::ranges::sort(names);
    return names;
  }

  Result<void> make_folder(const std::string& path) override {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno("make folder " + path, errno);
    return {};
  }

  Result<void> sync_folder(const std::string& path) override {
    if (mutant(Mutant::kSync)) return {};
    const UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return fail_errno("open folder " + path, errno);
    if (::fsync(folder.get()) != 0) return sync_failed("fsync of folder " + path, errno);
    return {};
  }

  Result<FreeSpace> free_space(const std::string& path) override {
    struct statvfs facts{};
    if (::statvfs(path.c_str(), &facts) != 0) return fail_errno("statvfs " + path, errno);
    const bool counts_files = facts.f_files != 0;
    return FreeSpace{std::uint64_t{facts.f_bavail} * facts.f_frsize,
                     counts_files ? std::uint64_t{facts.f_favail} : std::numeric_limits<std::uint64_t>::max()};
  }
};

}  // namespace

Disk& Disk::system() {
  static SystemDisk disk;
  return disk;
}

Result<std::string> read_whole(Disk& disk, const std::string& path, std::size_t limit) {
  auto file = disk.open(path, OpenMode::kRead);
  if (!file) return fail(file.error());
  const auto size = (*file)->size();
  if (!size) return fail(size.error());
  if (*size > limit) return fail(ErrorCode::kLimit, std::format("{} is over {} bytes long", path, limit));
  std::string content(static_cast<std::size_t>(*size), '\0');
  const auto got = (*file)->read(0, content);
  if (!got) return fail(got.error());
  content.resize(*got);
  return content;
}

Result<void> replace_whole(Disk& disk, const std::string& folder, const std::string& name,
                           std::span<const std::string_view> pieces) {
  const std::string path = folder + "/" + name;
  const std::string temporary = path + ".new";
  auto file = disk.open(temporary, OpenMode::kCreateOrOpen);
  if (!file) return fail(file.error());
  Result<void> step = (*file)->truncate(0);
  if (step) step = (*file)->write(0, pieces);
  if (step) step = (*file)->sync();
  if (step) step = disk.rename(temporary, path);
  if (!step) {
    static_cast<void>(disk.remove(temporary));  // the first error is the one to report
    return step;
  }
  return disk.sync_folder(folder);
}

}  // namespace postern
