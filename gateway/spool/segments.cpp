#include "spool/segments.h"

#include <algorithm>
#include <format>

#include "base/text.h"

namespace postern::spool {

namespace {

constexpr std::size_t kDigits = 16;
constexpr std::string_view kSuffix = ".log";

}  // namespace

std::string segment_name(std::uint64_t number) { return std::format("{:016}{}", number, kSuffix); }

std::uint64_t segment_number(std::string_view name) {
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return 0;
  return parse_decimal<std::uint64_t>(name.substr(0, kDigits)).value_or(0);
}

Result<void> Segments::adopt(std::uint64_t number, bool live) {
  auto file = disk_.open(path(number), OpenMode::kReadWrite);
  if (!file) return fail(file.error());
  auto segment = std::make_shared<Segment>(Segment{number, std::move(*file)});
  const std::lock_guard lock(mutex_);
  highest_ = std::max(highest_, number);
  if (live) {
    live_[number] = std::move(segment);
  } else {
    spares_.push_back(std::move(segment));
  }
  return {};
}

void Segments::number_after(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  highest_ = std::max(highest_, number);
}

// A spare that nobody reads any more and that has the right size, or none.
std::shared_ptr<Segment> Segments::take_spare() {
  const std::lock_guard lock(mutex_);
  const auto free = std::ranges::find_if(spares_, [](const auto& spare) { return spare.use_count() == 1; });
  if (free == spares_.end()) return nullptr;
  auto spare = std::move(*free);
  spares_.erase(free);
  return spare;
}

Result<std::shared_ptr<Segment>> Segments::make(std::uint64_t number) {
  if (auto spare = take_spare()) {
    if (const auto renamed = disk_.rename(path(spare->number), path(number)); !renamed) return fail(renamed.error());
    spare->number = number;
    // The size may have been configured anew since.
    if (const auto sized = spare->file->allocate(size_); !sized) {
      static_cast<void>(disk_.remove(path(number)));  // it is not needed; the first error is the one to report
      return fail(sized.error());
    }
    if (const auto synced = disk_.sync_folder(folder_); !synced) return fail(synced.error());
    return spare;
  }
  auto file = disk_.open(path(number), OpenMode::kCreate);
  if (!file) return fail(file.error());
  Result<void> step = (*file)->allocate(size_);
  if (step) step = (*file)->sync();
  if (!step) {
    static_cast<void>(disk_.remove(path(number)));
    return fail(step.error());
  }
  if (const auto synced = disk_.sync_folder(folder_); !synced) return fail(synced.error());
  return std::make_shared<Segment>(Segment{number, std::move(*file)});
}

Result<void> Segments::prepare() {
  const std::lock_guard making(making_);
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    if (prepared_) return {};
    number = ++highest_;
  }
  auto made = make(number);
  if (!made) return fail(made.error());
  const std::lock_guard lock(mutex_);
  prepared_ = std::move(*made);
  return {};
}

Result<std::shared_ptr<Segment>> Segments::next() {
  if (const auto prepared = prepare(); !prepared) return fail(prepared.error());
  const std::lock_guard lock(mutex_);
  auto segment = std::move(prepared_);
  live_[segment->number] = segment;
  return segment;
}

std::shared_ptr<Segment> Segments::get(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  const auto found = live_.find(number);
  return found == live_.end() ? nullptr : found->second;
}

std::vector<std::uint64_t> Segments::numbers() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, segment] : live_) numbers.push_back(number);
  return numbers;
}

Result<void> Segments::drop_spares() {
  while (auto spare = take_spare()) {
    {
      const std::lock_guard lock(mutex_);
      if (spares_.size() < keep_spares_) {
        spares_.push_back(std::move(spare));
        return {};
      }
    }
    if (const auto removed = disk_.remove(path(spare->number)); !removed) return removed;
  }
  return {};
}

Result<void> Segments::retire(std::uint64_t number) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = live_.find(number);
    if (found == live_.end()) return {};
    spares_.push_back(std::move(found->second));
    live_.erase(found);
  }
  return drop_spares();
}

}  // namespace postern::spool
