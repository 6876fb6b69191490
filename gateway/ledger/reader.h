#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/error.h"

namespace postern::ledger {

/// Up to `limit` entries from number `from` on, as their lines without newlines; the oldest that is there when `from`
/// is gone. May run while the ledger is written: an entry that is not whole yet is left out. Proves nothing (verify.h).
Result<std::vector<std::string>> read_entries(Disk& disk, const std::string& folder, std::uint64_t from,
                                              std::size_t limit);

/// The number of the last whole entry; 0 when there is none.
Result<std::uint64_t> last_entry(Disk& disk, const std::string& folder);

}  // namespace postern::ledger
