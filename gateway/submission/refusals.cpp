#include "submission/refusals.h"

#include "ledger/event.h"

namespace postern::submission {

std::string Refusals::event(const IpAddress* source, std::string_view link, std::string_view reason,
                            std::uint64_t count) const {
  ledger::Event event("refuse");
  if (source != nullptr) event.field("client", source->to_string());
  event.field("link", link).field("reason", reason);
  if (count > 1 || source == nullptr) event.number("count", count);
  return event.take();
}

std::vector<std::string> Refusals::note(const IpAddress& source, std::string_view link, std::string_view reason) {
  if (seen_.empty() && others_ == 0) began_ = clock_.mono();
  const auto key = std::pair(source, std::string(reason));
  if (const auto known = seen_.find(key); known != seen_.end()) {
    ++known->second.more;
    return {};
  }
  if (seen_.size() >= limits_.sources) {
    ++others_;
    return {};
  }
  seen_.emplace(key, Seen{std::string(link), 0});
  return {event(&source, link, reason, 1)};
}

std::vector<std::string> Refusals::due() {
  std::vector<std::string> events;
  if ((seen_.empty() && others_ == 0) || clock_.mono() - began_ < limits_.window) return events;
  for (const auto& [key, seen] : seen_) {
    if (seen.more > 0) events.push_back(event(&key.first, seen.link, key.second, seen.more));
  }
  if (others_ > 0) events.push_back(event(nullptr, {}, "many-sources", others_));
  seen_.clear();
  others_ = 0;
  return events;
}

}  // namespace postern::submission
