#include "spool/checkpoint.h"

#include <algorithm>
#include <format>

#include "base/crc32c.h"
#include "base/text.h"
#include "ipc/codec.h"

namespace postern::spool {

namespace {

constexpr std::string_view kMagic = "PSTNCKP1";
constexpr std::string_view kEnd = "PSTNEND1";
constexpr std::string_view kPrefix = "checkpoint-";
constexpr std::string_view kTemporary = "checkpoint.new";
constexpr std::size_t kDigits = 20;
constexpr std::size_t kMaxBlock = 64 << 20;
constexpr std::size_t kBlockHeader = 8;

enum EntryFlags : std::uint8_t { kInFile = 1, kHeld = 2, kDamaged = 4, kHasProgress = 8 };

void write_bytes(ipc::Writer& writer, std::span<const char> bytes) {
  for (const char byte : bytes) writer.u8(static_cast<std::uint8_t>(byte));
}

void read_bytes(ipc::Reader& reader, std::span<char> bytes) {
  for (char& byte : bytes) byte = static_cast<char>(reader.u8());
}

std::string encode_head(const CheckpointHead& head) {
  std::string out(kMagic);
  ipc::Writer writer(out);
  write_bytes(writer, head.secret);
  for (const std::uint64_t value :
       {head.log.segment, head.log.offset, head.log.next_record, head.log.batch, head.log.next_seq, head.log.running,
        head.log.wall, head.log.records_end, head.ledger.file, head.ledger.offset, head.ledger.seq}) {
    writer.u64(value);
  }
  write_bytes(writer, head.ledger.hash);
  return out;
}

Result<CheckpointHead> decode_head(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return fail(ErrorCode::kCorrupt, "not a checkpoint");
  ipc::Reader reader(bytes.substr(kMagic.size()));
  CheckpointHead head;
  read_bytes(reader, head.secret);
  for (std::uint64_t* value : {&head.log.segment, &head.log.offset, &head.log.next_record, &head.log.batch,
                               &head.log.next_seq, &head.log.running, &head.log.wall, &head.log.records_end,
                               &head.ledger.file, &head.ledger.offset, &head.ledger.seq}) {
    *value = reader.u64();
  }
  read_bytes(reader, head.ledger.hash);
  if (!reader.finished()) return fail(ErrorCode::kCorrupt, "malformed checkpoint");
  return head;
}

Entry decode_entry(ipc::Reader& reader) {
  Entry entry;
  entry.id = reader.u64();
  entry.size = reader.u64();
  entry.accepted = reader.u64();
  entry.due = reader.u64();
  entry.place.segment = reader.u32();
  entry.place.offset = reader.u32();
  entry.place.length = reader.u32();
  entry.attempts = reader.u32();
  entry.recipients = reader.u16();
  entry.pending = reader.u16();
  const std::uint8_t flags = reader.u8();
  entry.in_file = (flags & kInFile) != 0;
  entry.held = (flags & kHeld) != 0;
  entry.damaged = (flags & kDamaged) != 0;
  if ((flags & kHasProgress) != 0) entry.progress = std::make_unique<std::string>(reader.text());
  return entry;
}

/// Writes blocks one behind the other.
class BlockWriter {
 public:
  explicit BlockWriter(File& file) : file_(file) {}
  Result<void> write(std::string_view bytes) {
    std::string header;
    ipc::Writer writer(header);
    writer.u32(static_cast<std::uint32_t>(bytes.size()));
    writer.u32(crc32c(bytes, static_cast<std::uint32_t>(bytes.size())));
    const std::array<std::string_view, 2> pieces = {header, bytes};
    const auto written = file_.write(at_, pieces);
    at_ += header.size() + bytes.size();
    return written;
  }

 private:
  File& file_;
  std::uint64_t at_ = 0;
};

/// Reads them back.
class BlockReader {
 public:
  explicit BlockReader(File& file) : file_(file) {}
  Result<std::string_view> read() {
    std::array<char, kBlockHeader> header{};
    auto got = file_.read(at_, header);
    if (!got) return fail(got.error());
    ipc::Reader reader({header.data(), *got});
    const std::size_t length = reader.u32();
    const std::uint32_t crc = reader.u32();
    if (!reader.ok() || length > kMaxBlock) return fail(ErrorCode::kCorrupt, "checkpoint ends in the middle");
    block_.resize(length);
    got = file_.read(at_ + kBlockHeader, block_);
    if (!got) return fail(got.error());
    if (*got != length || crc32c(block_, static_cast<std::uint32_t>(length)) != crc) {
      return fail(ErrorCode::kCorrupt, std::format("checkpoint is damaged at byte {}", at_));
    }
    at_ += kBlockHeader + length;
    return std::string_view(block_);
  }

 private:
  File& file_;
  std::uint64_t at_ = 0;
  std::string block_;
};

Result<void> write_blocks(File& file, const CheckpointHead& head, const MoreEntries& more) {
  BlockWriter writer(file);
  if (const auto written = writer.write(encode_head(head)); !written) return written;
  std::string entries;
  MessageId after = 0;
  for (;;) {
    entries.clear();
    const MessageId last = more(after, entries);
    if (last == after) break;
    after = last;
    if (const auto written = writer.write(entries); !written) return written;
  }
  if (const auto written = writer.write(kEnd); !written) return written;
  return file.sync();
}

}  // namespace

std::string checkpoint_name(std::uint64_t next_record) { return std::format("{}{:020}", kPrefix, next_record); }

bool is_checkpoint_name(std::string_view name) {
  return name.starts_with(kPrefix) && name.size() == kPrefix.size() + kDigits &&
         parse_decimal<std::uint64_t>(name.substr(kPrefix.size())).has_value();
}

void encode_entry(std::string& out, const Entry& entry) {
  ipc::Writer writer(out);
  writer.u64(entry.id);
  writer.u64(entry.size);
  writer.u64(entry.accepted);
  writer.u64(entry.due);
  writer.u32(entry.place.segment);
  writer.u32(entry.place.offset);
  writer.u32(entry.place.length);
  writer.u32(entry.attempts);
  writer.u16(entry.recipients);
  writer.u16(entry.pending);
  writer.u8(static_cast<std::uint8_t>((entry.in_file ? kInFile : 0) | (entry.held ? kHeld : 0) |
                                      (entry.damaged ? kDamaged : 0) | (entry.progress ? kHasProgress : 0)));
  if (entry.progress) writer.text(*entry.progress);
}

Result<void> write_checkpoint(Disk& disk, const std::string& folder, const CheckpointHead& head,
                              const MoreEntries& more) {
  const std::string temporary = folder + "/" + std::string(kTemporary);
  auto file = disk.open(temporary, OpenMode::kCreateOrOpen);
  if (!file) return fail(file.error());
  Result<void> step = (*file)->truncate(0);
  if (step) step = write_blocks(**file, head, more);
  if (step) step = disk.rename(temporary, folder + "/" + checkpoint_name(head.log.next_record));
  if (!step) {
    static_cast<void>(disk.remove(temporary));  // the first error is the one to report
    return step;
  }
  return disk.sync_folder(folder);
}

Result<CheckpointHead> read_checkpoint(Disk& disk, const std::string& path, const std::function<void(Entry)>& accept) {
  auto file = disk.open(path, OpenMode::kRead);
  if (!file) return fail(file.error());
  BlockReader blocks(**file);
  const auto first = blocks.read();
  if (!first) return fail(first.error().within(path));
  auto head = decode_head(*first);
  if (!head) return fail(head.error().within(path));
  for (;;) {
    const auto block = blocks.read();
    if (!block) return fail(block.error().within(path));
    if (*block == kEnd) return head;
    ipc::Reader reader(*block);
    while (reader.ok() && !reader.finished()) {
      Entry entry = decode_entry(reader);
      if (!reader.ok() || entry.pending == 0) return fail(ErrorCode::kCorrupt, path + ": malformed entry");
      accept(std::move(entry));
    }
  }
}

}  // namespace postern::spool
