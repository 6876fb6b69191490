#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace postern::spool {

/// Entries ordered by their member `id`, packed into chunks: no allocation and no pointer per entry, and still quick
/// to insert into and to walk from any point. Made for ids that mostly ascend. Pointers to entries are good until the
/// next insert or erase.
template <class Entry>
class SortedTable {
 public:
  std::size_t size() const { return size_; }

  const Entry* find(std::uint64_t id) const { return const_cast<SortedTable*>(this)->find(id); }
  Entry* find(std::uint64_t id) {
    const std::size_t chunk = chunk_of(id);
    if (chunk == chunks_.size()) return nullptr;
    const auto at = lower(chunks_[chunk], id);
    return at != chunks_[chunk].end() && at->id == id ? &*at : nullptr;
  }

  /// Puts an entry in, in place of one with the same id.
  void put(Entry entry) {
    if (chunks_.empty()) {
      begin_chunk(std::move(entry));
      return;
    }
    const std::size_t chunk = std::min(chunk_of(entry.id), chunks_.size() - 1);
    auto& entries = chunks_[chunk];
    const auto at = lower(entries, entry.id);
    if (at != entries.end() && at->id == entry.id) {
      *at = std::move(entry);
      return;
    }
    if (entries.size() < kChunk) {
      entries.insert(at, std::move(entry));
      ++size_;
    } else {
      split(chunk, std::move(entry));
    }
  }

  bool erase(std::uint64_t id) {
    const std::size_t chunk = chunk_of(id);
    if (chunk == chunks_.size()) return false;
    auto& entries = chunks_[chunk];
    const auto at = lower(entries, id);
    if (at == entries.end() || at->id != id) return false;
    entries.erase(at);
    --size_;
    if (entries.empty()) chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(chunk));
    return true;
  }

  /// Calls `visit(entry)` for entries with ids above `after`, ascending, until it returns false.
  template <class Visit>
  void walk(std::uint64_t after, Visit visit) {
    for (std::size_t chunk = chunk_of(after); chunk < chunks_.size(); ++chunk) {
      auto& entries = chunks_[chunk];
      const auto from = std::ranges::upper_bound(entries, after, {}, &Entry::id);
      for (auto at = from; at != entries.end(); ++at) {
        if (!visit(*at)) return;
      }
    }
  }

 private:
  static constexpr std::size_t kChunk = 256;
  using Chunk = std::vector<Entry>;

  // The first chunk whose last id is not below `id`.
  std::size_t chunk_of(std::uint64_t id) const {
    const auto at = std::ranges::lower_bound(chunks_, id, {}, [](const Chunk& chunk) { return chunk.back().id; });
    return static_cast<std::size_t>(at - chunks_.begin());
  }
  static auto lower(Chunk& entries, std::uint64_t id) { return std::ranges::lower_bound(entries, id, {}, &Entry::id); }

  void begin_chunk(Entry entry) {
    chunks_.emplace_back().reserve(kChunk);
    chunks_.back().push_back(std::move(entry));
    ++size_;
  }

  // At the very end a new chunk is begun, so that ascending ids leave full chunks behind; elsewhere the chunk is
  // halved.
  void split(std::size_t chunk, Entry entry) {
    const auto behind = chunks_.begin() + static_cast<std::ptrdiff_t>(chunk) + 1;
    if (behind == chunks_.end() && entry.id > chunks_[chunk].back().id) {
      begin_chunk(std::move(entry));
      return;
    }
    auto& upper = *chunks_.emplace(behind);
    auto& entries = chunks_[chunk];
    const auto half = entries.begin() + kChunk / 2;
    upper.reserve(kChunk);
    upper.assign(std::make_move_iterator(half), std::make_move_iterator(entries.end()));
    entries.erase(half, entries.end());
    auto& target = entry.id > entries.back().id ? upper : entries;
    target.insert(lower(target, entry.id), std::move(entry));
    ++size_;
  }

  std::vector<Chunk> chunks_;
  std::size_t size_ = 0;
};

}  // namespace postern::spool
