#include "gate/bans.h"

#include <algorithm>

namespace postern::gate {

bool Bans::strike(const IpAddress& source, unsigned weight) {
  expire();
  const MonoTime now = clock_.mono();
  auto found = records_.find(source);
  if (found == records_.end()) {
    make_room();
    found = records_.emplace(source, Record{now + limits_.window}).first;
    offences_.emplace(found->second.ends, source);
  }
  Record& record = found->second;
  if (record.banned) return false;
  // Saturates, so that a huge weight can't wrap around to a small count.
  record.strikes += std::min(weight, limits_.strikes);
  if (record.strikes < limits_.strikes) return false;
  offences_.erase({record.ends, source});
  record.banned = true;
  record.ends = now + limits_.duration;
  bans_.emplace(record.ends, source);
  return true;
}

std::optional<std::chrono::nanoseconds> Bans::banned(const IpAddress& source) {
  expire();
  const auto found = records_.find(source);
  if (found == records_.end() || !found->second.banned) return std::nullopt;
  return found->second.ends - clock_.mono();
}

void Bans::forgive(const IpAddress& source) {
  const auto found = records_.find(source);
  if (found == records_.end()) return;
  index_of(found->second).erase({found->second.ends, source});
  records_.erase(found);
}

std::vector<Bans::Ban> Bans::list() {
  expire();
  std::vector<Ban> bans;
  for (const auto& [source, record] : records_) {
    if (record.banned) bans.push_back({source, record.ends - clock_.mono()});
  }
  return bans;
}

void Bans::forget_first(ByEnd& index) {
  records_.erase(index.begin()->second);
  index.erase(index.begin());
}

void Bans::expire() {
  const MonoTime now = clock_.mono();
  for (ByEnd* index : {&offences_, &bans_}) {
    while (!index->empty() && index->begin()->first <= now) forget_first(*index);
  }
}

void Bans::make_room() {
  while (records_.size() >= std::max<std::size_t>(limits_.entries, 1)) {
    forget_first(offences_.empty() ? bans_ : offences_);
  }
}

}  // namespace postern::gate
