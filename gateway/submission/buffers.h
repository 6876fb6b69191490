#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace postern::submission {

/// Read buffers that the sessions of one worker borrow while they have something to read: an idle session has none.
/// Not thread-safe.
class BufferPool {
 public:
  /// Room for a command line, or what is left of one, and a full TLS record behind it several times over.
  static constexpr std::size_t kSize = 64 << 10;
  static constexpr std::size_t kKeep = 32;

  BufferPool() = default;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)), memory_(std::move(other.memory_)) {}
    Lease& operator=(Lease&& other) noexcept {
      if (this == &other) return *this;
      give_back();
      pool_ = std::exchange(other.pool_, nullptr);
      memory_ = std::move(other.memory_);
      return *this;
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { give_back(); }

    std::span<char> bytes() const { return {memory_.get(), kSize}; }
    explicit operator bool() const { return pool_ != nullptr; }
    void give_back() {
      if (BufferPool* pool = std::exchange(pool_, nullptr)) pool->take_back(std::move(memory_));
    }

   private:
    friend class BufferPool;
    Lease(BufferPool& pool, std::unique_ptr<char[]> memory) : pool_(&pool), memory_(std::move(memory)) {}
    BufferPool* pool_ = nullptr;
    std::unique_ptr<char[]> memory_;
  };

  /// The pool must outlive the lease.
  Lease borrow() {
    ++lent_;
    if (idle_.empty()) return Lease(*this, std::make_unique_for_overwrite<char[]>(kSize));
    auto memory = std::move(idle_.back());
    idle_.pop_back();
    return Lease(*this, std::move(memory));
  }
  std::size_t lent() const { return lent_; }

 private:
  void take_back(std::unique_ptr<char[]> memory) {
    --lent_;
    if (idle_.size() < kKeep) idle_.push_back(std::move(memory));
  }

  std::vector<std::unique_ptr<char[]>> idle_;
  std::size_t lent_ = 0;
};

}  // namespace postern::submission
