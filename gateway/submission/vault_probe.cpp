#include "submission/vault_probe.h"

#include <algorithm>

#include "base/log.h"

namespace postern::submission {

namespace {
/// What is asked for at least, so that one answer serves all small messages; no configuration's limit is below it.
constexpr std::uint64_t kUsual = 64 << 10;
}  // namespace

asio::awaitable<std::optional<ipc::Refused::Kind>> VaultProbe::ask(std::uint64_t size) {
  using Kind = ipc::Refused::Kind;
  if (clock_.mono() < good_until_ && size <= good_for_) co_return std::nullopt;
  auto lease = co_await vault_.acquire(kPatience);
  if (!lease) {
    log::error("the vault can't be reached", {{"error", lease.error().context}});
    co_return Kind::kStorage;
  }
  ipc::Channel& channel = **lease;
  const ipc::Probe probe{std::max(size, kUsual)};
  if (const auto sent = co_await channel.send(probe, kPatience); !sent) co_return Kind::kStorage;
  const auto frame = co_await channel.receive(kPatience);
  if (!frame) co_return Kind::kStorage;
  if (frame->type == ipc::Refused::kType) {
    const auto refused = ipc::parse<ipc::Refused>(*frame);
    lease->release();
    co_return refused ? refused->kind : Kind::kStorage;
  }
  if (!ipc::parse<ipc::Accepting>(*frame)) co_return Kind::kStorage;
  lease->release();
  good_until_ = clock_.mono() + kFresh;
  good_for_ = probe.size;
  co_return std::nullopt;
}

}  // namespace postern::submission
