#include "gate/connections.h"

namespace postern::gate {

std::string_view to_string(Connections::Refusal refusal) {
  switch (refusal) {
    case Connections::Refusal::kTotal: return "connections";
    case Connections::Refusal::kPerSource: return "connections-per-address";
    case Connections::Refusal::kBeforeLogin: return "connections-before-login";
  }
  return "unknown";
}

std::expected<Connections::Slot, Connections::Refusal> Connections::admit(const IpAddress& source) {
  if (total_ >= limits_.total) return std::unexpected(Refusal::kTotal);
  if (from(source) >= limits_.per_source) return std::unexpected(Refusal::kPerSource);
  if (before_login_ >= limits_.before_login) return std::unexpected(Refusal::kBeforeLogin);
  ++per_source_[source];
  ++total_;
  ++before_login_;
  return Slot(*this, source);
}

std::size_t Connections::from(const IpAddress& source) const {
  const auto found = per_source_.find(source);
  return found == per_source_.end() ? 0 : found->second;
}

void Connections::leave(const IpAddress& source, bool logged_in) {
  const auto found = per_source_.find(source);
  if (--found->second == 0) per_source_.erase(found);
  --total_;
  if (!logged_in) --before_login_;
}

Connections::Slot::~Slot() {
  if (owner_ != nullptr) owner_->leave(source_, logged_in_);
}

void Connections::Slot::logged_in() {
  if (owner_ == nullptr || logged_in_) return;
  logged_in_ = true;
  --owner_->before_login_;
}

}  // namespace postern::gate
