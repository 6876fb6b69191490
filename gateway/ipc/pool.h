#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "ipc/channel.h"

namespace postern::ipc {

/// Client connections to one daemon, reused. Not thread-safe: one pool an executor.
class Pool {
 public:
  /// At most `keep` idle connections are kept; how many are out at once is the caller's own limit.
  Pool(std::string path, std::size_t keep) : path_(std::move(path)), keep_(keep) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// A connection for one exchange; goes back to the pool when released, is closed when just dropped. The pool must
  /// outlive it.
  class Lease {
   public:
    Lease(Pool& pool, Channel channel) : pool_(&pool), channel_(std::make_unique<Channel>(std::move(channel))) {}
    Lease(Pool& pool, std::unique_ptr<Channel> channel) : pool_(&pool), channel_(std::move(channel)) {}
    Channel* operator->() { return channel_.get(); }
    Channel& operator*() { return *channel_; }
    /// The exchange is complete: the connection may serve another. Without this call it is closed, so that an
    /// abandoned exchange can never leak into the next.
    void release() { pool_->put_back(std::move(channel_)); }

   private:
    Pool* pool_;
    std::unique_ptr<Channel> channel_;
  };

  /// An idle connection that is alive, or a new one. kUnavailable when the daemon isn't there.
  asio::awaitable<Result<Lease>> acquire(Channel::Duration deadline);

 private:
  void put_back(std::unique_ptr<Channel> channel);
  std::string path_;
  std::size_t keep_;
  std::vector<std::unique_ptr<Channel>> idle_;
};

}  // namespace postern::ipc
