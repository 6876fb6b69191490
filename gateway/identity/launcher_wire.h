#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/error.h"
#include "base/fd.h"

/// Between postern-auth and its launcher: packets on a SOCK_SEQPACKET pair.
namespace postern::identity::launcher {

using Floor = std::chrono::microseconds;

enum class Order : std::uint8_t { kStart = 1, kKill = 2 };

struct Packet {
  Order order = Order::kStart;
  std::uint64_t id = 0;
};

/// With a copy of `fd` unless that is -1. Does not block.
Result<void> send(int socket, const Packet& packet, int fd);

struct Received {
  Packet packet;
  UniqueFd fd;
};
/// Blocks. nullopt when the other side is gone or sends nonsense.
std::optional<Received> receive(int socket);

/// Serves packets until the other side closes, then kills what is left and ends the process.
/// `floor` is run_pam()'s.
[[noreturn]] void serve(UniqueFd control, Floor floor);

}  // namespace postern::identity::launcher
