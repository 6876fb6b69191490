#pragma once

#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace postern {

/// An IPv4 or IPv6 address, held as 16 bytes. An IPv4-mapped IPv6 address *is* the IPv4 address: the two compare
/// equal and print as IPv4, so that no rule can be dodged by the other spelling.
class IpAddress {
 public:
  /// The unspecified IPv6 address.
  IpAddress() = default;
  /// Dotted quad or RFC 4291 text; no zone, no brackets, no blanks.
  static Result<IpAddress> parse(std::string_view text);
  /// From the 16 bytes of an IPv6 address, network order.
  static IpAddress from_bytes(const std::array<std::uint8_t, 16>& bytes);
  /// From a socket address of family AF_INET or AF_INET6; kInvalid for others.
  static Result<IpAddress> from_sockaddr(const sockaddr* address, socklen_t length);

  bool is_v4() const;
  bool is_loopback() const;
  bool is_link_local() const;
  bool is_unspecified() const;
  bool is_multicast() const;
  /// 32 or 128.
  unsigned bits() const { return is_v4() ? 32 : 128; }
  /// Network order; IPv4 in its mapped form.
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  /// Dotted quad, or RFC 5952 text.
  std::string to_string() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

/// An address range in CIDR form. Host bits must be zero.
class IpNetwork {
 public:
  IpNetwork() = default;
  /// "10.9.0.0/24", "fd00::/64", or a bare address for a range of one.
  static Result<IpNetwork> parse(std::string_view text);
  /// The range of `prefix` bits that holds `address`; prefix counts in the address's own family.
  static IpNetwork containing(const IpAddress& address, unsigned prefix);

  bool contains(const IpAddress& address) const;
  bool overlaps(const IpNetwork& other) const;
  const IpAddress& base() const { return base_; }
  unsigned prefix() const { return prefix_; }
  bool is_v4() const { return base_.is_v4(); }
  /// The address `offset` places after the base; kInvalid when that lies outside.
  Result<IpAddress> at(std::uint64_t offset) const;
  std::string to_string() const;

  auto operator<=>(const IpNetwork&) const = default;

 private:
  IpAddress base_;
  unsigned prefix_ = 128;
};

/// Address and port, printed "192.0.2.1:587" or "[2001:db8::1]:587".
struct IpEndpoint {
  IpAddress address;
  std::uint16_t port = 0;

  /// The printed form back.
  static Result<IpEndpoint> parse(std::string_view text);
  std::string to_string() const;
  auto operator<=>(const IpEndpoint&) const = default;
};

}  // namespace postern
