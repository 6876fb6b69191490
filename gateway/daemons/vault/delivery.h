#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>

#include "daemons/vault/service.h"
#include "ipc/channel.h"
#include "ipc/vault_messages.h"

namespace postern::vault {

/// The deliverer's claiming connection: hands out messages as they fall due, within the credit that it gave, and
/// records what became of them. Two coroutines run beside the one that reads: one claims, one writes. One executor.
class Delivery : public std::enable_shared_from_this<Delivery> {
 public:
  Delivery(Service& service, std::shared_ptr<ipc::Channel> channel, spool::Owner owner);
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  /// A Claim or a Settle. kProtocol for anything else.
  Result<void> handle(const ipc::Frame& frame);
  /// Ledger events on this connection, already checked; answered by Recorded in order.
  Result<void> record(const std::vector<std::string>& events);
  /// A message may have fallen due.
  void wake() { due_.cancel(); }
  /// The connection is over: claims that were not settled are given back.
  void end();

 private:
  Result<void> take_credit(const ipc::Frame& frame);
  Result<void> settle(const ipc::Frame& frame);
  void settled(std::uint64_t id, bool ok);
  void recorded(bool ok);
  static asio::awaitable<void> claim_loop(std::shared_ptr<Delivery> self);
  static asio::awaitable<void> write_loop(std::shared_ptr<Delivery> self);
  asio::awaitable<bool> claim_some();
  asio::awaitable<void> wait_for_due();
  void send(const spool::Claimed& claimed);

  Service& service_;
  std::shared_ptr<ipc::Channel> channel_;
  spool::Owner owner_;
  std::uint64_t credit_ = 0;
  bool ended_ = false;
  bool started_ = false;
  asio::steady_timer due_;      ///< cancelled when it is worth while to claim
  asio::steady_timer written_;  ///< cancelled when something waits to be written
};

}  // namespace postern::vault
