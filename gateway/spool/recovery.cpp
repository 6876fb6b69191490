#include "spool/recovery.h"

#include <algorithm>
#include <format>
#include <set>

#include "base/encoding.h"
#include "base/random.h"
#include "ledger/event.h"
#include "spool/checkpoint.h"
#include "spool/envelope.h"

namespace postern::spool {

namespace {

constexpr std::uint64_t kMaxSetAside = 1 << 20;    // of one place
constexpr std::uint64_t kMaxLostEntries = 10'000;  // above this the ledger shows a gap instead
constexpr std::string_view kIdentity = "identity";

/// A record that waits until its batch is over.
struct Held {
  RecordHeader header;
  std::string head;
  Place place;
  bool intact;
};

class Recovery {
 public:
  Recovery(Disk& disk, const Folders& folders, Segments& segments, LargeFiles& large)
      : disk_(disk), folders_(folders), segments_(segments), large_(large) {}

  Result<Recovered> run(const Clock& clock, std::uint64_t ledger_file_size) {
    Result<void> step = make_folders();
    if (step) step = list_segments();
    if (step) step = load_checkpoint();
    if (step) step = load_secret();
    if (step) step = open_ledger(ledger_file_size);
    if (step) step = scan_all();
    if (step) step = finish_ledger();
    if (step) step = check_content();
    if (step) step = adopt_segments();
    if (!step) return fail(step.error().within("recovery of " + folders_.root));
    account_for_downtime(clock);
    return std::move(out_);
  }

 private:
  Result<void> make_folders();
  Result<void> list_segments();
  Result<void> load_checkpoint();
  Result<void> load_secret();
  Result<void> open_ledger(std::uint64_t file_size);
  Result<void> scan_all();
  Result<void> scan(std::uint64_t number);
  void end_batch(bool last);
  void replay(const Held& record, bool damaged);
  void to_ledger(const RecordHeader& header, const std::vector<std::string_view>& events);
  void judge(const Damage& damage);
  void set_aside(const Damage& damage);
  Result<void> finish_ledger();
  Result<void> check_content();
  Result<void> adopt_segments();
  void account_for_downtime(const Clock& clock);
  void alarm(std::string text) { out_.alarms.push_back(std::move(text)); }

  Disk& disk_;
  const Folders& folders_;
  Segments& segments_;
  LargeFiles& large_;
  Recovered out_;
  ledger::Position ledger_known_;
  std::map<std::uint64_t, std::optional<SegmentHeader>> found_;  // segments by number
  std::set<std::uint64_t> with_records_;
  bool checkpoint_missing_ = false;
  ScanState scan_;
  std::vector<Held> batch_;
  std::vector<Damage> damages_;
};

Result<void> Recovery::make_folders() {
  for (const std::string& folder : {folders_.root, folders_.log, folders_.large, folders_.damaged, folders_.ledger}) {
    if (const auto made = disk_.make_folder(folder); !made) return made;
  }
  return disk_.sync_folder(folders_.root);
}

Result<void> Recovery::list_segments() {
  const auto names = disk_.list(folders_.log);
  if (!names) return fail(names.error());
  for (const std::string& name : *names) {
    const std::uint64_t number = segment_number(name);
    if (number == 0) continue;
    const auto file = disk_.open(folders_.log + "/" + name, OpenMode::kRead);
    if (!file) return fail(file.error());
    std::string block(kBlock, '\0');
    const auto got = (*file)->read(0, block);
    auto header = got ? decode_segment_header(std::string_view(block).substr(0, *got)) : std::nullopt;
    // A file that is used again has the header of its former life until the first batch.
    if (header && header->number != number) header.reset();
    found_[number] = header;
  }
  return {};
}

Result<void> Recovery::load_checkpoint() {
  const auto names = disk_.list(folders_.root);
  if (!names) return fail(names.error());
  bool any = false;
  for (auto name = names->rbegin(); name != names->rend(); ++name) {
    if (!is_checkpoint_name(*name)) continue;
    any = true;
    out_.index = Index();
    const auto head = read_checkpoint(disk_, folders_.root + "/" + *name,
                                      [this](Entry entry) { out_.index.accept(std::move(entry)); });
    if (!head) {
      alarm(head.error().context);
      continue;
    }
    out_.secret = head->secret;
    out_.end = head->log;
    out_.replay_from = head->log.segment;
    out_.checkpoint = *name;
    ledger_known_ = head->ledger;
    scan_ = {head->log.next_record, head->log.batch, true};
    return {};
  }
  out_.index = Index();
  const bool begins_at_first = found_.empty() || found_.begin()->first == 1;
  checkpoint_missing_ = any || !begins_at_first;
  return {};
}

// The secret stands in a file of its own, in each checkpoint and in each segment's header: any of them will do.
Result<void> Recovery::load_secret() {
  const std::string path = folders_.root + "/" + std::string(kIdentity);
  const auto stored = read_whole(disk_, path, kBlock);
  const auto decoded = stored ? hex_decode(*stored) : std::nullopt;
  if (decoded && decoded->size() == out_.secret.size()) {
    std::ranges::copy(*decoded, out_.secret.begin());
    return {};
  }
  bool known = !out_.checkpoint.empty();
  for (const auto& [number, header] : found_) {
    if (known || !header) continue;
    out_.secret = header->secret;
    known = true;
  }
  if (known) {
    alarm(path + " was lost; taken from elsewhere");
  } else {
    if (!found_.empty()) alarm(path + " was lost and stands nowhere else: the log can't be read");
    fill_random(out_.secret);
  }
  const std::string text = hex_encode({out_.secret.data(), out_.secret.size()});
  const std::array<std::string_view, 1> pieces = {text};
  return replace_whole(disk_, folders_.root, std::string(kIdentity), pieces);
}

Result<void> Recovery::open_ledger(std::uint64_t file_size) {
  auto files = ledger::Files::open(disk_, folders_.ledger, file_size, ledger_known_, out_.alarms);
  if (!files) return fail(files.error());
  out_.ledger = std::move(*files);
  return {};
}

Result<void> Recovery::scan_all() {
  for (const auto& [number, header] : found_) {
    if (number < out_.replay_from) continue;
    if (const auto scanned = scan(number); !scanned) alarm(scanned.error().context);
  }
  end_batch(true);
  for (const Damage& damage : damages_) judge(damage);
  return {};
}

Result<void> Recovery::scan(std::uint64_t number) {
  const auto file = disk_.open(folders_.log + "/" + segment_name(number), OpenMode::kRead);
  if (!file) return fail(file.error());
  const auto size = (*file)->size();
  if (!size) return fail(size.error());
  const auto successor = std::ranges::find_if(
      found_, [number](const auto& other) { return other.second && other.second->before == number; });
  const bool end_known = successor != found_.end();
  const std::uint64_t end = end_known ? std::min(*size, successor->second->before_end) : *size;
  const bool partly = number == out_.replay_from && number == out_.end.segment;
  const std::uint64_t start = partly ? out_.end.offset : kBlock;
  Scanner scanner(**file, number, segment_key(out_.secret, number), start, end, end_known, scan_);
  for (;;) {
    const auto record = scanner.next();
    if (!record) return fail(record.error());
    if (!*record) break;
    if (!batch_.empty() && batch_.back().header.batch != (*record)->header.batch) end_batch(false);
    with_records_.insert(number);
    const Place place{static_cast<std::uint32_t>(number), static_cast<std::uint32_t>((*record)->offset),
                      static_cast<std::uint32_t>((*record)->header.length())};
    batch_.push_back({(*record)->header, std::string((*record)->head), place, (*record)->body_intact});
    out_.end.segment = number;
    out_.end.records_end = scanner.records_end();
    out_.end.offset = align_up(scanner.records_end(), kBlock);
    ++out_.records;
  }
  std::ranges::copy(scanner.damages(), std::back_inserter(damages_));
  return {};
}

// The last batch may be a torn one. What is whole in it counts, acknowledged or not; what is not whole can't have been
// acknowledged. In all batches before, a damaged body is damage.
void Recovery::end_batch(bool last) {
  for (const Held& record : batch_) {
    out_.end.next_record = record.header.number + 1;
    out_.end.batch = record.header.batch;
    out_.end.running = record.header.running;
    out_.end.wall = record.header.wall;
    if (record.intact || !last) {
      replay(record, !record.intact);
    } else {
      ++out_.torn;
    }
  }
  batch_.clear();
}

void Recovery::replay(const Held& record, bool damaged) {
  std::vector<std::string_view> events;
  std::string_view operation;
  if (!split_head(record.head, record.header.events, events, operation)) {
    alarm(std::format("record {} of the log is malformed", record.header.number));
    return;
  }
  to_ledger(record.header, events);
  // A record without events says nothing of the ledger: the numbers before it may be those of a torn record.
  if (!events.empty()) out_.end.next_seq = record.header.first_seq + record.header.events;
  if (!damaged) {
    apply_record(out_.index, record.header, operation, record.place);
    return;
  }
  ++out_.damages;
  set_aside({record.place.segment, record.place.offset, record.place.length, 1, record.header.batch});
  const auto change = decode_message_change(operation);
  if (!change) return;
  alarm(std::format("the content of message {} is damaged", base32_id(change->id)));
  Entry* known = out_.index.find(change->id);
  const bool copy_elsewhere =
      record.header.type == RecordType::kMoved && known != nullptr && found_.contains(known->place.segment);
  if (copy_elsewhere) return;
  apply_record(out_.index, record.header, operation, record.place);
  StateChange mark;
  mark.id = change->id;
  mark.damaged = true;
  out_.index.apply(mark);
}

// Entries that the files have already are left alone. Numbers that no record accounts for get an entry that says so.
void Recovery::to_ledger(const RecordHeader& header, const std::vector<std::string_view>& events) {
  const WallTime time{std::chrono::microseconds(static_cast<std::int64_t>(header.wall))};
  ledger::Files& files = *out_.ledger;
  if (events.empty()) return;
  if (header.first_seq > files.last_seq() + 1) {
    if (header.first_seq - files.last_seq() > kMaxLostEntries) {
      alarm(std::format("entries {} to {} of the ledger are lost", files.last_seq() + 1, header.first_seq - 1));
      if (!files.sync()) return;  // shows again, and is reported, in finish_ledger()
      files.skip_to(header.first_seq);
    }
    while (files.last_seq() + 1 < header.first_seq) {
      files.append(files.last_seq() + 1, time,
                   ledger::Event("lost").field("reason", "the log's record of this entry is missing").take());
    }
  }
  std::uint64_t seq = header.first_seq;
  for (const std::string_view event : events) {
    if (seq == files.last_seq() + 1) files.append(seq, time, event);
    ++seq;
  }
}

void Recovery::judge(const Damage& damage) {
  if (damage.batch >= out_.end.batch) {
    ++out_.torn;
    return;
  }
  ++out_.damages;
  alarm(std::format("segment {}: {} bytes at {} are damaged, {} records lost", damage.segment, damage.length,
                    damage.offset, damage.records));
  set_aside(damage);
}

// A copy for whoever wants to look; that it can't be made is no reason to stop.
void Recovery::set_aside(const Damage& damage) {
  if (damage.length == 0) return;
  const auto file = disk_.open(folders_.log + "/" + segment_name(damage.segment), OpenMode::kRead);
  if (!file) return;
  std::string bytes(static_cast<std::size_t>(std::min(damage.length, kMaxSetAside)), '\0');
  const auto got = (*file)->read(damage.offset, bytes);
  if (!got) return;
  bytes.resize(*got);
  const std::array<std::string_view, 1> pieces = {bytes};
  static_cast<void>(
      replace_whole(disk_, folders_.damaged, std::format("{:016}-{}.bin", damage.segment, damage.offset), pieces));
}

Result<void> Recovery::finish_ledger() {
  out_.end.next_seq = std::max(out_.end.next_seq, out_.ledger->last_seq() + 1);
  if (const auto synced = out_.ledger->sync(); !synced) return synced;
  if (out_.ledger->last_seq() + 1 < out_.end.next_seq) {
    alarm(std::format("entries {} to {} of the ledger are lost", out_.ledger->last_seq() + 1, out_.end.next_seq - 1));
    out_.ledger->skip_to(out_.end.next_seq);
  }
  return {};
}

// Every entry must have its bytes, every file its entry.
Result<void> Recovery::check_content() {
  const auto listed = large_.list();
  if (!listed) return fail(listed.error());
  const std::set<MessageId> files(listed->begin(), listed->end());
  std::vector<MessageId> lost;
  out_.index.walk(0, [&](Entry& entry) {
    const bool there = found_.contains(entry.place.segment) && (!entry.in_file || files.contains(entry.id));
    if (!there && !entry.damaged) lost.push_back(entry.id);
    return true;
  });
  for (const MessageId id : lost) {
    alarm(std::format("message {} is lost: its file or segment is not there", base32_id(id)));
    StateChange mark;
    mark.id = id;
    mark.damaged = true;
    out_.index.apply(mark);
  }
  for (const MessageId id : files) {
    const Entry* entry = out_.index.find(id);
    if (entry != nullptr && entry->in_file) continue;
    if (out_.damages == 0) {
      large_.remove(id);
      continue;
    }
    // Its record may be among those that are damaged.
    alarm(std::format("the file of message {} has no record: set aside", base32_id(id)));
    const auto moved = disk_.rename(large_.path(id), folders_.damaged + "/" + base32_id(id));
    if (!moved) return moved;
  }
  if (!checkpoint_missing_ || out_.index.size() == 0) return {};
  // Which of these were delivered long ago, nobody can say.
  alarm("no checkpoint could be read: all messages are held for an administrator");
  std::vector<MessageId> all;
  out_.index.walk(0, [&all](Entry& entry) {
    all.push_back(entry.id);
    return true;
  });
  for (const MessageId id : all) {
    StateChange hold;
    hold.id = id;
    hold.held = true;
    out_.index.apply(hold);
  }
  return {};
}

Result<void> Recovery::adopt_segments() {
  segments_.number_after(out_.end.segment);
  const std::uint64_t end = out_.end.segment;
  for (const auto& [number, header] : found_) {
    const bool replayed = number >= out_.replay_from && (with_records_.contains(number) || number == end);
    const bool live = replayed || out_.index.use().contains(static_cast<std::uint32_t>(number));
    if (const auto adopted = segments_.adopt(number, live); !adopted) return adopted;
  }
  return {};
}

// What was to be tried again is due earlier by the time that the box was off, as far as the clock knows: trying early
// does no harm, and a clock that was set forward meanwhile does no more than that.
void Recovery::account_for_downtime(const Clock& clock) {
  const auto now = static_cast<std::uint64_t>(clock.wall().time_since_epoch().count());
  if (out_.end.wall == 0 || now <= out_.end.wall) return;
  out_.index.bring_forward(now - out_.end.wall);
}

}  // namespace

std::optional<Entry> apply_record(Index& index, const RecordHeader& header, std::string_view operation,
                                  const Place& place) {
  if (header.type == RecordType::kState) {
    if (const auto change = decode_state_change(operation)) return index.apply(*change);
    return std::nullopt;
  }
  if (header.type == RecordType::kNote) return std::nullopt;
  const auto change = decode_message_change(operation);
  if (!change) return std::nullopt;
  if (header.type == RecordType::kMoved) {
    index.move(change->id, place);
    return std::nullopt;
  }
  const std::size_t recipients = count_recipients(change->envelope);
  if (recipients == 0) return std::nullopt;  // commit() takes no such envelope
  Entry entry;
  entry.id = change->id;
  entry.size = change->size;
  entry.accepted = header.running;
  entry.due = header.running;
  entry.place = place;
  entry.recipients = static_cast<std::uint16_t>(recipients);
  entry.pending = entry.recipients;
  entry.in_file = change->in_file;
  index.accept(std::move(entry));
  return std::nullopt;
}

Result<Recovered> recover(Disk& disk, const Clock& clock, const Folders& folders, std::uint64_t ledger_file_size,
                          Segments& segments, LargeFiles& large) {
  return Recovery(disk, folders, segments, large).run(clock, ledger_file_size);
}

}  // namespace postern::spool
