#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <format>

#include "base/encoding.h"
#include "base/fd.h"
#include "base/random.h"

namespace postern {

namespace {

Result<void> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("write " + path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

constexpr auto kKeepGroup = static_cast<gid_t>(-1);

Result<void> write_new_file(const std::string& path, std::string_view content, mode_t mode, gid_t group) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return fail_errno("create " + path, errno);
  if (auto written = write_all(file.get(), content, path); !written) return written;
  if (group != kKeepGroup && ::fchown(file.get(), static_cast<uid_t>(-1), group) != 0) {
    return fail_errno("chown " + path, errno);
  }
  if (::fchmod(file.get(), mode) != 0) return fail_errno("chmod " + path, errno);
  if (::fsync(file.get()) != 0) return fail_errno("fsync " + path, errno);
  return {};
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno("open " + path, errno);
  std::string content;
  constexpr std::size_t kStep = 64 << 10;
  for (;;) {
    const std::size_t have = content.size();
    content.resize(have + kStep);
    const ssize_t got = ::read(file.get(), content.data() + have, kStep);
    if (got < 0 && errno != EINTR) return fail_errno("read " + path, errno);
    content.resize(have + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (content.size() > limit) return fail(ErrorCode::kLimit, std::format("{} is over {} bytes long", path, limit));
    if (got == 0) return content;
  }
}

Result<void> replace_file(const std::string& path, std::string_view content, mode_t mode) {
  return replace_file(path, content, mode, kKeepGroup);
}

Result<void> replace_file(const std::string& path, std::string_view content, mode_t mode, gid_t group) {
  const auto slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string temporary = path + ".new-" + hex_encode(random_bytes(6));
  if (auto written = write_new_file(temporary, content, mode, group); !written) {
    ::unlink(temporary.c_str());
    return written;
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    ::unlink(temporary.c_str());
    return fail_errno("rename to " + path, reason);
  }
  const UniqueFd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) return fail_errno("fsync of folder " + folder, errno);
  return {};
}

}  // namespace postern
