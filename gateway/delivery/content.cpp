#include "delivery/content.h"

#include <algorithm>
#include <format>

#include "base/encoding.h"
#include "ipc/frame.h"
#include "ipc/vault_messages.h"

namespace postern::delivery {

VaultContent::VaultContent(ipc::Pool& pool, std::uint64_t id, std::uint64_t size, std::string head,
                           std::chrono::steady_clock::duration deadline)
    : pool_(pool), id_(id), size_(size), head_(std::move(head)), deadline_(deadline) {}

VaultContent::~VaultContent() {
  if (lease_ && answered_) lease_->release();
}

asio::awaitable<Result<std::string_view>> VaultContent::at(std::uint64_t offset) {
  if (offset < head_.size()) co_return std::string_view(head_).substr(offset);
  if (!lease_) {
    auto lease = co_await pool_.acquire(deadline_);
    if (!lease) co_return fail(lease.error());
    lease_.emplace(std::move(*lease));
  }
  const auto length = static_cast<std::uint32_t>(std::min<std::uint64_t>(ipc::kChunkSize, size_ - offset));
  ipc::Channel& channel = **lease_;
  answered_ = false;
  const auto sent = co_await channel.send(ipc::Read{id_, offset, length}, deadline_);
  if (!sent) co_return fail(sent.error());
  const auto frame = co_await channel.receive(deadline_);
  if (!frame) co_return fail(frame.error());
  if (frame->type == ipc::Refused::kType) {
    const auto refused = ipc::parse<ipc::Refused>(*frame);
    co_return fail(refused ? Error{ErrorCode::kUnavailable, "the vault refused: " + refused->reason} : refused.error());
  }
  const auto content = ipc::parse<ipc::Content>(*frame);
  if (!content) co_return fail(content.error());
  if (content->bytes.empty() || content->bytes.size() > length) {
    co_return fail(ErrorCode::kProtocol, std::format("content of {} at {}: {} bytes came where {} were asked for",
                                                     base32_id(id_), offset, content->bytes.size(), length));
  }
  answered_ = true;
  co_return content->bytes;
}

asio::awaitable<Result<bool>> has_eight_bit(Content& content) {
  for (std::uint64_t offset = 0; offset < content.size();) {
    const auto piece = co_await content.at(offset);
    if (!piece) co_return fail(piece.error());
    if (std::ranges::any_of(*piece, [](char c) { return static_cast<unsigned char>(c) > 127; })) co_return true;
    offset += piece->size();
  }
  co_return false;
}

}  // namespace postern::delivery
