#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "ipc/pool.h"

namespace postern::delivery {

namespace asio = boost::asio;

/// The content of one message, read piece by piece, so that no message is ever in memory as a whole.
class Content {
 public:
  virtual ~Content() = default;
  virtual std::uint64_t size() const = 0;
  /// The bytes from `offset` on, at least one and as many as are at hand; valid until the next call. `offset` must be
  /// below size().
  virtual asio::awaitable<Result<std::string_view>> at(std::uint64_t offset) = 0;
};

/// Content that the vault keeps: the head came with the claim, the rest is asked for in pieces.
class VaultContent final : public Content {
 public:
  /// `pool` must outlive this. `deadline`: for each answer of the vault.
  VaultContent(ipc::Pool& pool, std::uint64_t id, std::uint64_t size, std::string head,
               std::chrono::steady_clock::duration deadline);
  VaultContent(const VaultContent&) = delete;
  VaultContent& operator=(const VaultContent&) = delete;
  ~VaultContent() override;

  std::uint64_t size() const override { return size_; }
  asio::awaitable<Result<std::string_view>> at(std::uint64_t offset) override;
  /// The head back, for another attempt.
  std::string take_head() { return std::move(head_); }

 private:
  ipc::Pool& pool_;
  std::uint64_t id_;
  std::uint64_t size_;
  std::string head_;
  std::chrono::steady_clock::duration deadline_;
  std::optional<ipc::Pool::Lease> lease_;  // kept to the end: the piece handed out is in the channel's buffer
  bool answered_ = false;                  // the exchange on the lease is complete
};

/// Whether any byte is above 127. Reads the content through to the first such.
asio::awaitable<Result<bool>> has_eight_bit(Content& content);

}  // namespace postern::delivery
