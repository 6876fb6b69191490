#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"
#include "spool/record.h"

namespace postern::spool {

/// One file of the log. Shared by whoever reads it; its file is used for another segment only when nobody does.
struct Segment {
  std::uint64_t number = 0;
  std::unique_ptr<File> file;
};

/// "0000000000000012.log", and back; 0 for another name.
std::string segment_name(std::uint64_t number);
std::uint64_t segment_number(std::string_view name);

/// The log's files: which there are, and where the next one comes from. Files that are done with are used again: their
/// blocks are written already, so that a flush into them changes no metadata of the file system. Thread-safe.
class Segments {
 public:
  Segments(Disk& disk, std::string folder, std::uint64_t size, std::size_t spares)
      : disk_(disk), folder_(std::move(folder)), size_(size), keep_spares_(spares) {}

  /// Takes over a file found on the disk. `live`: it may hold records that are needed; else it is a spare.
  Result<void> adopt(std::uint64_t number, bool live);

  /// New segments get numbers above `number`.
  void number_after(std::uint64_t number);

  /// Makes the file of the next segment ready beforehand. Blocks; the log's thread should not have to.
  Result<void> prepare();
  /// The next segment, as prepared or else made now: its name is durable, its blocks are reserved, and it holds no
  /// record. kNoSpace if there is no room for it.
  Result<std::shared_ptr<Segment>> next();

  /// nullptr if there is none of that number.
  std::shared_ptr<Segment> get(std::uint64_t number) const;
  std::vector<std::uint64_t> numbers() const;
  /// No record of that segment is needed any more, but for those who read it at this moment.
  Result<void> retire(std::uint64_t number);

  std::uint64_t size() const { return size_; }

 private:
  std::string path(std::uint64_t number) const { return folder_ + "/" + segment_name(number); }
  Result<std::shared_ptr<Segment>> make(std::uint64_t number);
  std::shared_ptr<Segment> take_spare();
  Result<void> drop_spares();

  Disk& disk_;
  std::string folder_;
  std::uint64_t size_;
  std::size_t keep_spares_;

  std::mutex making_;  // held while the next one is made; taken before mutex_
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<Segment>> live_;
  std::vector<std::shared_ptr<Segment>> spares_;
  std::shared_ptr<Segment> prepared_;
  std::uint64_t highest_ = 0;
};

}  // namespace postern::spool
