#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/ip.h"

/// What the sections' members are made of.
namespace postern::config {

/// All times. In the file: "500us", "250ms", "90s", "5m", "12h", "5d".
using Duration = std::chrono::microseconds;
/// All sizes, in bytes. In the file: "512", "64KiB", "25MiB", "1GiB".
using Bytes = std::uint64_t;

/// An address of the box itself with the network it stands in: "10.9.0.1/24".
struct InterfaceAddress {
  IpAddress address;
  unsigned prefix = 128;

  IpNetwork network() const { return IpNetwork::containing(address, prefix); }
  std::string to_string() const;
  bool operator==(const InterfaceAddress&) const = default;
};

}  // namespace postern::config
