#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "ledger/files.h"
#include "spool/index.h"
#include "spool/large_files.h"
#include "spool/log.h"
#include "spool/scanner.h"
#include "spool/segments.h"

namespace postern::spool {

/// Names below the spool's folder.
struct Folders {
  explicit Folders(const std::string& spool, std::string ledger_folder)
      : root(spool),
        log(spool + "/log"),
        large(spool + "/large"),
        damaged(spool + "/damaged"),
        ledger(std::move(ledger_folder)) {}
  std::string root;
  std::string log;      ///< segments
  std::string large;    ///< content of large messages
  std::string damaged;  ///< copies of bytes that should have been records
  std::string ledger;
};

/// The state of a store as its disk has it.
struct Recovered {
  StoreSecret secret{};
  Index index;
  LogPosition end;
  /// First segment that the checkpoint in use needs; older ones may hold content only.
  std::uint64_t replay_from = 0;
  /// Name of that checkpoint; empty if there was none.
  std::string checkpoint;
  std::unique_ptr<ledger::Files> ledger;

  std::uint64_t records = 0;  ///< replayed
  std::uint64_t torn = 0;     ///< pieces of the last batch that were not whole: a write that a power cut interrupted
  std::uint64_t damages = 0;  ///< places where something once durable is damaged
  std::vector<std::string> alarms;
};

/// Brings a store back: loads the newest good checkpoint, replays the log behind it, writes the end of the ledger's
/// files anew, sets damaged bytes aside, removes files without a message. Never gives up over damaged data; an Error
/// means that the folders can't be read or written at all. `segments` learns which files there are.
Result<Recovered> recover(Disk& disk, const Clock& clock, const Folders& folders, std::uint64_t ledger_file_size,
                          Segments& segments, LargeFiles& large);

/// Applies a proven record to the index: what the live store and recovery have in common. `record` as in the log,
/// `place` where it stands. Returns the entry that ended by it.
std::optional<Entry> apply_record(Index& index, const RecordHeader& header, std::string_view operation,
                                  const Place& place);

}  // namespace postern::spool
