#include "ledger/files.h"

#include <cassert>
#include <format>

#include "base/encoding.h"
#include "ledger/lines.h"
#include "ledger/verify.h"

namespace postern::ledger {

Result<std::unique_ptr<Files>> Files::open(Disk& disk, std::string folder, std::uint64_t file_size,
                                           const Position& known, std::vector<std::string>& notes) {
  std::unique_ptr<Files> files(new Files(disk, std::move(folder), file_size));
  if (const auto found = files->find_end(known, notes); !found) return fail(found.error().within("ledger"));
  files->last_seq_ = files->position_.seq;
  files->last_hash_ = files->position_.hash;
  return files;
}

Result<void> Files::find_end(const Position& known, std::vector<std::string>& notes) {
  position_ = synced_ = known;
  const auto opened = opens_at(known);
  if (!opened) return fail(opened.error());
  if (!*opened && known.seq > 0) {
    file_.reset();
    position_ = synced_ = {known.seq + 1, 0, known.seq, known.hash};
    notes.push_back(std::format("ledger file of entry {} is missing or was changed", known.seq));
    return set_aside_from(known.file, notes);
  }
  if (!*opened) {
    const auto adopted = adopt_oldest(notes);
    if (!adopted || !*adopted) return adopted.transform([](bool) {});
  }
  for (;;) {
    const auto more = read_on();
    if (!more) return fail(more.error());
    if (!*more) break;
  }
  return set_aside_from(position_.file + 1, notes);
}

// Whether the file of `known` is there and its entry stands right before known.offset; it is open then.
Result<bool> Files::opens_at(const Position& known) {
  auto file = disk_.open(folder_ + "/" + file_name(known.file), OpenMode::kReadWrite);
  if (!file && file.error().code == ErrorCode::kNotFound) return false;
  if (!file) return fail(file.error());
  file_ = std::move(*file);
  if (known.offset == 0) return true;
  const std::string expected = hex_encode({known.hash.data(), known.hash.size()}) + "\"}\n";
  if (known.offset < expected.size()) return false;
  std::string there(expected.size(), '\0');
  const auto got = file_->read(known.offset - there.size(), there);
  if (!got) return fail(got.error());
  return there == expected;
}

// Nothing is known of the ledger, yet it has files: the write-ahead log was lost, and the oldest files perhaps were
// removed as too old. The chain begins with the oldest entry there is. False when there is none.
Result<bool> Files::adopt_oldest(std::vector<std::string>& notes) {
  const auto files = list_files(disk_, folder_);
  if (!files) return fail(files.error());
  if (files->empty()) return false;
  auto file = disk_.open(folder_ + "/" + file_name(files->front()), OpenMode::kReadWrite);
  if (!file) return fail(file.error());
  Lines lines(**file, 0);
  const auto kind = lines.next();
  const auto entry = kind && *kind == Lines::Kind::kLine ? parse_entry(lines.text())
                                                         : Result<EntryView>(fail(ErrorCode::kCorrupt, "no entry"));
  if (!entry || entry->seq != files->front()) {
    if (const auto moved = set_aside_from(files->front(), notes); !moved) return fail(moved.error());
    return false;
  }
  notes.push_back(std::format("the log does not know the ledger; it goes on from its entry {}", entry->seq));
  file_ = std::move(*file);
  position_ = {entry->seq, 0, entry->seq - 1, entry->prev};
  return true;
}

// What is cut off is kept in a file of its own, one for each ledger file: somebody may want to know what it was.
Result<void> Files::cut_off() {
  const auto size = file_->size();
  if (!size) return fail(size.error());
  std::string rest(static_cast<std::size_t>(*size - position_.offset), '\0');
  const auto got = file_->read(position_.offset, rest);
  if (!got) return fail(got.error());
  auto copy = disk_.open(folder_ + "/" + file_name(position_.file) + ".cut", OpenMode::kCreateOrOpen);
  if (!copy) return fail(copy.error());
  Result<void> step = (*copy)->truncate(0);
  if (step) step = (*copy)->write(0, rest);
  if (step) step = file_->truncate(position_.offset);
  return step;
}

// Accepts the entries of the open file from position_ on, cuts off what is not an entry of the chain, and opens the
// file that follows. False when there is none.
Result<bool> Files::read_on() {
  Lines lines(*file_, position_.offset);
  ChainCheck check(position_.seq, position_.hash);
  for (;;) {
    const auto kind = lines.next();
    if (!kind) return fail(kind.error());
    if (*kind == Lines::Kind::kEnd) break;
    if (*kind == Lines::Kind::kUnfinished || !check.add(lines.text())) {
      return cut_off().transform([] { return false; });
    }
    position_ = {position_.file, lines.offset() + lines.text().size() + 1, check.last_seq(), check.last_hash()};
  }
  if (position_.seq + 1 == position_.file) return false;  // the file is empty
  auto following = disk_.open(folder_ + "/" + file_name(position_.seq + 1), OpenMode::kReadWrite);
  if (!following && following.error().code == ErrorCode::kNotFound) return false;
  if (!following) return fail(following.error());
  file_ = std::move(*following);
  position_ = {position_.seq + 1, 0, position_.seq, position_.hash};
  return true;
}

Result<void> Files::set_aside_from(std::uint64_t first, std::vector<std::string>& notes) {
  const auto files = list_files(disk_, folder_);
  if (!files) return fail(files.error());
  for (const std::uint64_t file : *files) {
    if (file < first) continue;
    const std::string path = folder_ + "/" + file_name(file);
    notes.push_back(std::format("set aside {}", path));
    if (const auto moved = disk_.rename(path, path + ".damaged"); !moved) return moved;
  }
  return {};
}

void Files::append(std::uint64_t seq, WallTime time, std::string_view event) {
  assert(seq == last_seq_ + 1);
  last_hash_ = append_entry(buffer_, hasher_, seq, time, event, last_hash_);
  last_seq_ = seq;
}

void Files::skip_to(std::uint64_t seq) {
  assert(buffer_.empty() && seq > last_seq_);
  last_seq_ = seq - 1;
  position_ = synced_ = {seq, 0, seq - 1, last_hash_};
  file_.reset();
}

// The old file is durable before the new one is there: so only the last file can have an unsynced end.
Result<void> Files::begin_file() {
  if (file_ && synced_ != position_) {
    if (const auto synced = file_->sync(); !synced) return synced;
    synced_ = position_;
  }
  auto made = disk_.open(folder_ + "/" + file_name(position_.seq + 1), OpenMode::kCreate);
  if (!made) return fail(made.error());
  if (const auto synced = disk_.sync_folder(folder_); !synced) return synced;
  file_ = std::move(*made);
  position_ = {position_.seq + 1, 0, position_.seq, position_.hash};
  synced_ = position_;
  return {};
}

Result<void> Files::flush() {
  if (buffer_.empty()) return {};
  if (!file_ || position_.offset >= file_size_) {
    if (const auto begun = begin_file(); !begun) return begun;
  }
  if (const auto written = file_->write(position_.offset, buffer_); !written) return written;
  position_.offset += buffer_.size();
  position_.seq = last_seq_;
  position_.hash = last_hash_;
  buffer_.clear();
  return {};
}

Result<void> Files::sync() {
  if (const auto flushed = flush(); !flushed) return flushed;
  if (!file_ || synced_ == position_) return {};  // no file: nothing was written since the gap or the damaged file
  if (const auto synced = file_->sync(); !synced) return synced;
  synced_ = position_;
  return {};
}

}  // namespace postern::ledger
