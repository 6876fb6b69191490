#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace postern::identity {

/// A map by text of at most `capacity` entries: a new one pushes out the one that was touched longest ago. So whoever
/// floods it costs no memory. One thread; references are valid until the next add().
template <class Value>
class LruMap {
 public:
  explicit LruMap(std::size_t capacity) : capacity_(capacity) {}
  LruMap(const LruMap&) = delete;
  LruMap& operator=(const LruMap&) = delete;

  /// The entry, touched; nullptr if there is none.
  Value* find(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }

  /// The entry, touched, made if need be.
  Value& add(std::string_view key) {
    if (Value* found = find(key)) return *found;
    if (index_.size() >= capacity_ && !entries_.empty()) erase(entries_.back().first);
    entries_.emplace_front(std::string(key), Value{});
    index_.emplace(entries_.front().first, entries_.begin());
    return entries_.front().second;
  }

  void erase(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    const auto entry = found->second;
    index_.erase(found);  // before the entry: the index's key points into it
    entries_.erase(entry);
  }

  void resize(std::size_t capacity) {
    capacity_ = capacity;
    while (index_.size() > capacity_) erase(entries_.back().first);
  }

  void clear() {
    index_.clear();
    entries_.clear();
  }

  std::size_t size() const { return index_.size(); }
  /// Newest first, as pairs of key and value.
  const std::list<std::pair<std::string, Value>>& entries() const { return entries_; }

 private:
  using Entries = std::list<std::pair<std::string, Value>>;
  std::size_t capacity_;
  Entries entries_;
  std::unordered_map<std::string_view, typename Entries::iterator> index_;
};

}  // namespace postern::identity
