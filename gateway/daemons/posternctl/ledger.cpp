#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <cstdio>
#include <format>
#include <thread>

#include "base/disk.h"
#include "base/text.h"
#include "daemons/posternctl/command.h"
#include "ledger/reader.h"
#include "ledger/verify.h"

namespace postern::control {

namespace {

constexpr std::uint64_t kLines = 20;
constexpr std::size_t kBatch = 1000;
constexpr auto kPause = std::chrono::milliseconds(250);

std::string folder_of(const Context& context, const Arguments& arguments) {
  return arguments.value("folder").value_or(context.config.ledger.folder);
}

/// An entry for a person: time and event first, the chain's own members left out.
std::string readable(const std::string& line) {
  boost::system::error_code broken;
  const auto entry = json::parse(line, broken);
  if (broken || !entry.is_object()) return printable(line);
  std::string text = std::format("{}  {:<10}", cell(entry, "time"), cell(entry, "event"));
  for (const auto& member : entry.get_object()) {
    const std::string_view key = member.key();
    if (key == "seq" || key == "time" || key == "event" || key == "prev" || key == "hash") continue;
    text += std::format("  {}={}", key, cell(entry, key));
  }
  return printable(text, 2048);
}

Exit print_from(const Context& context, Disk& disk, const std::string& folder, std::uint64_t from, bool follow) {
  for (;;) {
    const auto entries = ledger::read_entries(disk, folder, from, kBatch);
    if (!entries) return complain(entries.error());
    for (const auto& entry : *entries) std::puts(context.json ? entry.c_str() : readable(entry).c_str());
    std::fflush(stdout);
    from += entries->size();
    if (entries->size() == kBatch) continue;
    if (!follow) return Exit::kOk;
    std::this_thread::sleep_for(kPause);
  }
}

Exit tail(const Context& context, const Arguments& arguments) {
  const auto lines = parse_decimal<std::uint64_t>(arguments.value("lines").value_or(std::to_string(kLines)));
  if (!lines) return complain({ErrorCode::kInvalid, "--lines takes a number"});
  Disk& disk = Disk::system();
  const auto folder = folder_of(context, arguments);
  const auto last = ledger::last_entry(disk, folder);
  if (!last) return complain(last.error());
  return print_from(context, disk, folder, *last > *lines ? *last - *lines + 1 : 1, arguments.flag("follow"));
}

Exit verify(const Context& context, const Arguments& arguments) {
  const std::string path = arguments.words().empty() ? context.config.ledger.folder : arguments.words()[0];
  const auto proof = ledger::verify(Disk::system(), path);
  if (!proof) return complain(proof.error());
  if (context.json) {
    json::object document{{"entries", proof->entries},
                          {"first", proof->first_seq},
                          {"last", proof->last_seq},
                          {"intact", !proof->defect.has_value()}};
    if (proof->defect) {
      document["defect"] = json::object{{"file", proof->defect->file},
                                        {"line", proof->defect->line},
                                        {"seq", proof->defect->seq},
                                        {"what", proof->defect->what}};
    }
    print_json(document);
  } else if (proof->defect) {
    std::puts(std::format("BROKEN at {} line {} (entry {}): {}; {} entries before it are proven", proof->defect->file,
                          proof->defect->line, proof->defect->seq, proof->defect->what, proof->entries)
                  .c_str());
  } else {
    std::puts(
        std::format("intact: entries {} to {}, {} in all", proof->first_seq, proof->last_seq, proof->entries).c_str());
    for (const auto& limit : proof->unproven) std::puts(std::format("not proven: {}", limit).c_str());
  }
  return proof->defect ? Exit::kFailed : Exit::kOk;
}

const Command kCommands[] = {
    {"ledger tail",
     "[-n N] [-f] [--folder=FOLDER]",
     "the newest entries; -f goes on as they come",
     "With --json each entry is printed as it stands in the ledger, one a line.",
     {{"follow"}, {"lines", "folder"}, 0, 0},
     tail},
    {"ledger verify",
     "[FILE|FOLDER]",
     "prove that no entry was changed, removed, added or moved",
     "Needs nothing but the files, so it works on a copy at the log server as well. Names the first bad entry and "
     "exits\n"
     "with status 1. Says, too, what a chain of hashes alone can't prove.",
     {{}, {}, 0, 1},
     verify},
};

}  // namespace

std::span<const Command> ledger_commands() { return kCommands; }

}  // namespace postern::control
