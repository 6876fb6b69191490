#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"
#include "base/error.h"
#include "ledger/files.h"
#include "spool/index.h"
#include "spool/log.h"

namespace postern::spool {

/// What a checkpoint says beside the entries: replaying the log from `log` on brings them up to date, and the ledger's
/// files are complete and synced up to `ledger`, which is not before the events of the records before `log`.
struct CheckpointHead {
  StoreSecret secret{};
  LogPosition log;
  ledger::Position ledger;
};

/// Names of checkpoints: "checkpoint-" and the number of the next record, 20 digits; so names sort by age.
std::string checkpoint_name(std::uint64_t next_record);
bool is_checkpoint_name(std::string_view name);

/// Writes a checkpoint under its name, synced. `more(after, entries)` adds some entries with ids above `after` as
/// encode_entry() writes them, returns the last one's id, and returns `after` itself when there are none left; it is
/// called between the writes, so that the index need not be locked all the time.
///
/// A file of blocks: u32 length, u32 CRC-32C, bytes. The first is the head, the last one says that it is the end; in
/// between are entries.
using MoreEntries = std::function<MessageId(MessageId after, std::string& entries)>;
Result<void> write_checkpoint(Disk& disk, const std::string& folder, const CheckpointHead& head,
                              const MoreEntries& more);

void encode_entry(std::string& out, const Entry& entry);

/// Reads a whole checkpoint; every entry is given to `accept`. kCorrupt if anything in it is not as it was written:
/// then nothing that `accept` saw counts.
Result<CheckpointHead> read_checkpoint(Disk& disk, const std::string& path, const std::function<void(Entry)>& accept);

}  // namespace postern::spool
