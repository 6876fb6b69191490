#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/crc32c.h"
#include "base/encoding.h"
#include "ledger/event.h"
#include "ledger/verify.h"
#include "spool/spool.h"
#include "support/simulated_disk.h"

// A store's files, damaged in any way, or a log of well-sealed records that say anything: recovery must come up, never
// give an error over damaged data, and leave a store in which each message can be read or is marked as damaged.
//
// The first byte of the input chooses: even, the rest are edits of a real store's files; odd, the rest are records.

using namespace postern;
using namespace postern::spool;

namespace {

constexpr std::uint64_t kSegmentSize = 32 << 10;
const StoreSecret kSecret{'s', 'e', 'c', 'r', 'e', 't'};

Options options() {
  Options made;
  made.folder = "/d/spool";
  made.ledger_folder = "/d/ledger";
  made.segment_size = kSegmentSize;
  made.inline_limit = 4 << 10;
  made.reserve_free = 0;
  made.spare_segments = 1;
  made.file_threads = 1;
  return made;
}

Hooks hooks() {
  return {[](std::move_only_function<void()> call) { call(); }, [](const std::string&) {}, {}};
}

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}
  bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::uint32_t word() { return byte() | std::uint32_t{byte()} << 8U; }
  std::string_view bytes(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view rest_;
};

/// A disk with an identity and nothing else.
std::unique_ptr<test::SimulatedDisk> empty_disk() {
  auto disk = std::make_unique<test::SimulatedDisk>();
  disk->stop_recording();
  for (const char* folder : {"/d", "/d/spool", "/d/spool/log", "/d/ledger"})
    static_cast<void>(disk->make_folder(folder));
  const auto file = disk->open("/d/spool/identity", OpenMode::kCreate);
  static_cast<void>((*file)->write(0, hex_encode({kSecret.data(), kSecret.size()})));
  return disk;
}

std::string envelope() {
  Envelope made;
  made.reverse_path = "a@example.org";
  made.recipients = {{"b@example.org", "", 0}, {"c@example.org", "", 0}};
  return encode(made);
}

/// A store with some life in it.
std::unique_ptr<test::SimulatedDisk> lived_in() {
  auto disk = empty_disk();
  auto spool = Spool::open(*disk, Clock::system(), options(), hooks());
  if (!spool) std::abort();
  for (MessageId id = 1; id <= 20; ++id) {
    auto incoming = (*spool)->begin(id, 0);
    (*incoming)->append(std::string(id % 5 == 0 ? 6000 : 700, static_cast<char>('a' + id)));
    (*incoming)->commit(envelope(), {ledger::Event("queued").id("message", id).take()}, {});
    if (id % 8 == 0) static_cast<void>((*spool)->checkpoint());
    const auto claimed = (*spool)->claim(1, 1);
    for (const Claimed& message : *claimed) {
      static_cast<void>((*spool)->settle(1, message.id, {{{0, RecipientState::kDelivered, "250"}}, {}, true}, {}, {}));
    }
  }
  (*spool)->flush_ledger();
  return disk->copy();  // as a power cut leaves it: the store has not been closed
}

void damage(test::SimulatedDisk& disk, Input& input) {
  while (!input.empty()) {
    const auto paths = disk.paths();
    if (paths.empty()) return;
    const std::string& path = paths[input.byte() % paths.size()];
    const std::uint32_t offset = input.word();
    const std::uint8_t what = input.byte();
    if (what == 0xFF) {
      static_cast<void>(disk.remove(path));
    } else if (what >= 0xF0) {
      const auto file = disk.open(path, OpenMode::kReadWrite);
      static_cast<void>((*file)->truncate(offset));
    } else {
      disk.overwrite(path, offset, input.bytes(what));
    }
  }
}

void write_records(test::SimulatedDisk& disk, Input& input) {
  const SegmentKey key = segment_key(kSecret, 1);
  std::string log = encode(SegmentHeader{1, 0, 0, 1, kSecret});
  std::uint64_t number = 0;
  std::uint64_t batch = 1;
  while (!input.empty() && log.size() < kSegmentSize - 8192) {
    RecordHeader header;
    header.type = static_cast<RecordType>(1 + input.byte() % 4);
    header.flags = input.byte() & 1U;
    header.events = input.byte() % 3;
    number += input.byte() == 7 ? 2U : 1U;
    header.number = number;
    header.batch = batch;
    header.first_seq = number;
    header.running = input.word();
    std::string head = begin_head({}, 0);
    head += input.bytes(input.byte());
    const std::string_view body = input.bytes(input.byte());
    header.body_length = static_cast<std::uint32_t>(body.size());
    header.body_crc = crc32c(body);
    seal_record(head, header, key);
    log += head;
    log += body;
    const bool ends = (header.flags & kEndsBatch) != 0;
    log.resize(align_up(log.size(), ends ? kBlock : kRecordAlignment));
    batch += ends ? 1 : 0;
  }
  const auto file = disk.open("/d/spool/log/" + segment_name(1), OpenMode::kCreate);
  static_cast<void>((*file)->write(0, log));
}

void check(test::SimulatedDisk& disk) {
  auto spool = Spool::open(disk, Clock::system(), options(), hooks());
  if (!spool) std::abort();
  const auto claimed = (*spool)->claim(1, 1000);
  if (!claimed) std::abort();
  for (const Claimed& message : *claimed) {
    if (message.in_file) {
      const auto content = (*spool)->read(message.id, 0, message.size);
      if (!content || content->size() != message.size) std::abort();
    } else if (message.content.size() != message.size) {
      std::abort();
    }
  }
  static_cast<void>((*spool)->list(0, 1000));
  static_cast<void>((*spool)->checkpoint());
  spool->reset();
  // And what it leaves is a whole store.
  auto again = Spool::open(disk, Clock::system(), options(), hooks());
  if (!again || (*again)->status().broken) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Input input(data, size);
  if (input.byte() % 2 == 0) {
    static const auto original = lived_in();
    const auto disk = original->copy();
    disk->stop_recording();
    damage(*disk, input);
    check(*disk);
  } else {
    const auto disk = empty_disk();
    write_records(*disk, input);
    check(*disk);
  }
  return 0;
}
