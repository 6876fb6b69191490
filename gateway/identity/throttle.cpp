#include "identity/throttle.h"

#include <algorithm>
#include <cmath>

namespace postern::identity {

namespace {

/// Stands in no account's and no source's key.
constexpr char kBetween = '\n';
constexpr unsigned kIpv6SourceBits = 64;

std::string pair_key(const Attempt& attempt) { return attempt.account + kBetween + attempt.source; }

/// What a map's key means: "account\nsource", "account\n" or "\nsource".
std::pair<std::string_view, std::string_view> parts(std::string_view key) {
  const auto at = key.find(kBetween);
  return {key.substr(0, at), key.substr(at + 1)};
}

std::string account_key(std::string_view account) { return std::string(account) + kBetween; }
std::string source_key(std::string_view source) { return kBetween + std::string(source); }

}  // namespace

std::string source_of(std::string_view device, const IpAddress& client) {
  if (!device.empty()) return "device:" + std::string(device);
  if (client.is_v4()) return client.to_string();
  return IpNetwork::containing(client, kIpv6SourceBits).to_string();
}

Throttle::Throttle(const config::LoginThrottle& config, const Clock& clock)
    : config_(config),
      clock_(clock),
      pairs_(config.entries),
      sources_(config.entries),
      accounts_(config.entries),
      good_(config.entries) {}

std::optional<std::chrono::seconds> Throttle::left(Map& map, std::string_view key) const {
  const Bucket* bucket = map.find(key);
  const MonoTime now = clock_.mono();
  if (bucket == nullptr || bucket->until <= now) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(bucket->until - now);
}

std::optional<std::chrono::seconds> Throttle::wait(const Attempt& attempt) {
  const std::string pair = pair_key(attempt);
  if (const auto seconds = left(pairs_, pair)) return seconds;
  if (attempt.own_device || good_.find(pair) != nullptr) return std::nullopt;
  const auto of_source = left(sources_, source_key(attempt.source));
  const auto of_account = attempt.account.empty() ? std::nullopt : left(accounts_, account_key(attempt.account));
  return std::max(of_source, of_account);
}

void Throttle::drain(Bucket& bucket, unsigned limit) const {
  const MonoTime now = clock_.mono();
  if (now <= bucket.filled) return;
  const double windows =
      std::chrono::duration<double>(now - bucket.filled) / std::chrono::duration<double>(config_.window);
  bucket.level = std::max(0.0, bucket.level - windows * limit);
  bucket.filled = now;
  if (bucket.level == 0) bucket.waits = 0;
}

void Throttle::fill(Bucket& bucket, unsigned limit, bool growing) const {
  drain(bucket, limit);
  // Bounded, so that after the last wait everything is forgotten in two windows.
  bucket.level = std::min(bucket.level + 1, 2.0 * limit);
  // The few failures that reach the limit leak a little on the way; they count as whole ones.
  if (std::ceil(bucket.level) < limit) return;
  // Beyond 2^20 waits the cap has long been reached.
  constexpr unsigned kMaxDoublings = 20;
  const unsigned doublings = growing ? std::min(bucket.waits, kMaxDoublings) : 0;
  bucket.until = clock_.mono() + std::min<config::Duration>(config_.wait * (1LL << doublings), config_.maximum_wait);
  bucket.filled = bucket.until;  // time that it has to wait is no good conduct
  ++bucket.waits;
}

void Throttle::failed(const Attempt& attempt) {
  fill(pairs_.add(pair_key(attempt)), config_.per_account, true);
  fill(sources_.add(source_key(attempt.source)), config_.per_source, true);
  if (attempt.account.empty() || !attempt.could_succeed) return;
  fill(accounts_.add(account_key(attempt.account)), config_.per_account_everywhere, false);
}

void Throttle::succeeded(const Attempt& attempt) {
  const std::string pair = pair_key(attempt);
  pairs_.erase(pair);
  good_.add(pair);
}

void Throttle::configure(const config::LoginThrottle& config) {
  config_ = config;
  for (Map* map : {&sources_, &accounts_, &pairs_}) map->resize(config.entries);
  good_.resize(config.entries);
}

void Throttle::list(const Map& map, std::size_t limit, std::vector<Waiting>& into) const {
  const MonoTime now = clock_.mono();
  for (const auto& [key, bucket] : map.entries()) {
    if (into.size() >= limit) return;
    if (bucket.until <= now) continue;
    const auto [account, source] = parts(key);
    into.push_back({std::string(account), std::string(source),
                    std::chrono::ceil<std::chrono::seconds>(bucket.until - now), bucket.waits});
  }
}

std::vector<Throttle::Waiting> Throttle::waiting(std::size_t limit) const {
  std::vector<Waiting> found;
  for (const Map* map : {&sources_, &accounts_, &pairs_}) list(*map, limit, found);
  return found;
}

void Throttle::clear(std::string_view account, std::string_view source) {
  for (Map* map : {&sources_, &accounts_, &pairs_}) {
    std::vector<std::string> matching;
    for (const auto& [key, bucket] : map->entries()) {
      const auto [of_account, of_source] = parts(key);
      if ((account.empty() || account == of_account) && (source.empty() || source == of_source))
        matching.push_back(key);
    }
    for (const auto& key : matching) map->erase(key);
  }
}

}  // namespace postern::identity
