#include "ledger/verify.h"

#include <format>

#include "base/text.h"
#include "ledger/lines.h"

namespace postern::ledger {

namespace {

std::unexpected<Error> corrupt(std::string what) { return fail(ErrorCode::kCorrupt, std::move(what)); }

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

class Verifier {
 public:
  Verifier(Disk& disk, std::uint64_t until) : disk_(disk), until_(until) {}

  Result<Verification> folder(const std::string& path) {
    const auto files = list_files(disk_, path);
    if (!files) return fail(files.error());
    for (const std::uint64_t first : *files) {
      if (first > until_) break;
      if (const auto read = file(path + "/" + file_name(first), first == files->back()); !read)
        return fail(read.error());
      if (found_.defect) break;
    }
    return finish();
  }

  Result<Verification> single(const std::string& path) {
    if (const auto read = file(path, true); !read) return fail(read.error());
    return finish();
  }

 private:
  Result<void> file(const std::string& path, bool last) {
    auto opened = disk_.open(path, OpenMode::kRead);
    if (!opened) return fail(opened.error());
    Lines lines(**opened, 0);
    for (;;) {
      const auto kind = lines.next();
      if (!kind) return fail(kind.error());
      if (*kind == Lines::Kind::kEnd) return {};
      line(lines, *kind, path, last);
      if (found_.defect || check_.last_seq() >= until_) return {};
    }
  }

  void line(const Lines& lines, Lines::Kind kind, const std::string& path, bool last) {
    if (kind == Lines::Kind::kUnfinished) {
      return defect(path, lines.number(), 0,
                    last ? "the file ends in the middle of an entry" : "an entry without its end of line");
    }
    if (const auto good = check_.add(lines.text()); !good) {
      return defect(path, lines.number(), check_.claimed_seq(), good.error().context);
    }
    const std::uint64_t seq = check_.last_seq();
    const std::uint64_t named = first_seq_of(name_of(path));
    if (lines.number() == 1 && named != 0 && named != seq) {
      return defect(path, 1, seq, std::format("the file's name says that it begins with entry {}", named));
    }
    if (found_.entries++ == 0) found_.first_seq = seq;
    found_.last_seq = seq;
    found_.last_hash = check_.last_hash();
  }

  void defect(const std::string& path, std::uint64_t line, std::uint64_t seq, std::string what) {
    found_.defect = Defect{name_of(path), line, seq, std::move(what)};
  }

  Verification finish() {
    if (found_.first_seq > 1) {
      found_.unproven.push_back(std::format("entries 1 to {} are not here", found_.first_seq - 1));
    }
    if (!found_.defect) {
      found_.unproven.emplace_back("that no entry is missing after the last one");
      found_.unproven.emplace_back("that nobody with write access made the chain anew");
    }
    return std::move(found_);
  }

  Disk& disk_;
  std::uint64_t until_;
  ChainCheck check_;
  Verification found_;
};

}  // namespace

Result<void> ChainCheck::add(std::string_view line) {
  claimed_ = 0;
  const auto entry = parse_entry(line);
  if (!entry) return fail(entry.error());
  claimed_ = entry->seq;
  if (hasher_(entry->hashed) != entry->hash) return corrupt("the entry was changed: its hash does not fit it");
  const bool first = !started_;
  if (!first && entry->seq > seq_ + 1) {
    return corrupt(std::format("{} missing before this one: the entry before is {}",
                               entry->seq == seq_ + 2 ? "an entry is" : "entries are", seq_));
  }
  if (!first && entry->seq <= seq_) {
    return corrupt(std::format("out of its place: the entry before is {}", seq_));
  }
  const bool has_before = !first || entry->seq == 1;
  if (has_before && entry->prev != hash_) {
    return corrupt("its prev is not the hash of the entry before: that one was replaced, or this one put in");
  }
  seq_ = entry->seq;
  hash_ = entry->hash;
  started_ = true;
  return {};
}

Result<Verification> verify(Disk& disk, const std::string& path, std::uint64_t until) {
  Verifier verifier(disk, until);
  return disk.list(path) ? verifier.folder(path) : verifier.single(path);
}

}  // namespace postern::ledger
