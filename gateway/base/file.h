#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace postern {

/// Reads a whole file. kLimit when it is longer than `limit` bytes.
Result<std::string> read_file(const std::string& path, std::size_t limit = 16 << 20);

/// Replaces a file so that after a power cut the old or the new content stands, never a mixture: temporary name in
/// the same folder, fsync, rename, fsync of the folder. The new file has exactly `mode`.
Result<void> replace_file(const std::string& path, std::string_view content, mode_t mode);

/// The same for a file that `group` may read: it never stands under its name with another group.
Result<void> replace_file(const std::string& path, std::string_view content, mode_t mode, gid_t group);

}  // namespace postern
