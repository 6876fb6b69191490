#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "ledger/files.h"
#include "ledger/lines.h"
#include "ledger/reader.h"
#include "ledger/verify.h"
#include "support/simulated_disk.h"

// Any bytes as a ledger file: whoever reads them must come to an end, and the vault must be able to go on behind what
// is good of them, so that the whole is a proven chain again.

using namespace postern;
using namespace postern::ledger;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  test::SimulatedDisk disk;
  disk.stop_recording();
  static_cast<void>(disk.make_folder("/ledger"));
  {
    const auto file = disk.open("/ledger/" + file_name(1), OpenMode::kCreate);
    static_cast<void>((*file)->write(0, std::string_view(reinterpret_cast<const char*>(data), size)));
  }
  const auto before = verify(disk, "/ledger");
  if (!before) std::abort();
  static_cast<void>(last_entry(disk, "/ledger"));
  static_cast<void>(read_entries(disk, "/ledger", size % 7, 5));

  std::vector<std::string> notes;
  auto files = Files::open(disk, "/ledger", 1 << 10, {}, notes);
  if (!files) std::abort();
  // Entry 1 has a file of its own name here, so what the vault keeps is just what verify() proves.
  if (before->first_seq <= 1 && (*files)->last_seq() != before->last_seq) std::abort();
  for (int i = 0; i < 3; ++i) (*files)->append((*files)->last_seq() + 1, WallTime{}, R"({"event":"after"})");
  if (!(*files)->sync()) std::abort();
  const auto after = verify(disk, "/ledger");
  if (!after || after->defect || after->last_seq != (*files)->last_seq()) std::abort();
  return 0;
}
