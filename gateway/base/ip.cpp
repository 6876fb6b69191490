#include "base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <format>

#include "base/text.h"

namespace postern {

namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

/// Bits of the 16-byte form that a prefix of the address's own family covers.
unsigned full_prefix(const IpAddress& address, unsigned prefix) { return address.is_v4() ? prefix + 96 : prefix; }

std::array<std::uint8_t, 16> masked(std::array<std::uint8_t, 16> bytes, unsigned full) {
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned keep = full <= i * 8 ? 0 : std::min(full - i * 8, 8U);
    bytes[i] = static_cast<std::uint8_t>(bytes[i] & (0xFF00U >> keep));
  }
  return bytes;
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string copy(text);
  std::array<std::uint8_t, 16> bytes{};
  if (text.find(':') != std::string_view::npos) {
    if (::inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1 && copy.size() == std::strlen(copy.c_str())) {
      return from_bytes(bytes);
    }
  } else {
    std::ranges::copy(kMappedPrefix, bytes.begin());
    if (::inet_pton(AF_INET, copy.c_str(), bytes.data() + 12) == 1 && copy.size() == std::strlen(copy.c_str())) {
      return from_bytes(bytes);
    }
  }
  return fail(ErrorCode::kInvalid, std::format("'{}' is not an IP address", printable(text, 64)));
}

IpAddress IpAddress::from_bytes(const std::array<std::uint8_t, 16>& bytes) {
  IpAddress address;
  address.bytes_ = bytes;
  return address;
}

Result<IpAddress> IpAddress::from_sockaddr(const sockaddr* address, socklen_t length) {
  std::array<std::uint8_t, 16> bytes{};
  if (address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    std::ranges::copy(kMappedPrefix, bytes.begin());
    std::memcpy(bytes.data() + 12, &v4.sin_addr, 4);
    return from_bytes(bytes);
  }
  if (address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    std::memcpy(bytes.data(), &v6.sin6_addr, 16);
    return from_bytes(bytes);
  }
  return fail(ErrorCode::kInvalid, std::format("socket address family {} is not IP", address->sa_family));
}

bool IpAddress::is_v4() const { return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes_.begin()); }

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[12] == 127;
  return std::all_of(bytes_.begin(), bytes_.end() - 1, [](auto b) { return b == 0; }) && bytes_[15] == 1;
}

bool IpAddress::is_link_local() const {
  if (is_v4()) return bytes_[12] == 169 && bytes_[13] == 254;
  return bytes_[0] == 0xFE && (bytes_[1] & 0xC0U) == 0x80;
}

bool IpAddress::is_unspecified() const {
  const auto begin = is_v4() ? bytes_.begin() + 12 : bytes_.begin();
  return std::all_of(begin, bytes_.end(), [](auto b) { return b == 0; });
}

bool IpAddress::is_multicast() const { return is_v4() ? (bytes_[12] & 0xF0U) == 0xE0 : bytes_[0] == 0xFF; }

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool v4 = is_v4();
  ::inet_ntop(v4 ? AF_INET : AF_INET6, bytes_.data() + (v4 ? 12 : 0), text.data(), text.size());
  return text.data();
}

Result<IpNetwork> IpNetwork::parse(std::string_view text) {
  const auto slash = text.find('/');
  auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return fail(address.error().code, std::format("'{}' is not an IP network", printable(text, 64)));
  unsigned prefix = address->bits();
  if (slash != std::string_view::npos) {
    const auto parsed = parse_decimal<unsigned>(text.substr(slash + 1));
    if (!parsed || *parsed > address->bits()) {
      return fail(ErrorCode::kInvalid,
                  std::format("'{}': the prefix length must be 0 to {}", printable(text, 64), address->bits()));
    }
    prefix = *parsed;
  }
  const IpNetwork network = containing(*address, prefix);
  if (network.base() != *address) {
    return fail(ErrorCode::kInvalid, std::format("'{}' has bits set behind its prefix; did you mean {}?",
                                                 printable(text, 64), network.to_string()));
  }
  return network;
}

IpNetwork IpNetwork::containing(const IpAddress& address, unsigned prefix) {
  IpNetwork network;
  network.base_ = IpAddress::from_bytes(masked(address.bytes(), full_prefix(address, prefix)));
  network.prefix_ = prefix;
  return network;
}

bool IpNetwork::contains(const IpAddress& address) const {
  // "::/0" is not a range that IPv4 is in, though IPv4 has a mapped form.
  if (address.is_v4() != is_v4()) return false;
  return masked(address.bytes(), full_prefix(base_, prefix_)) == base_.bytes();
}

bool IpNetwork::overlaps(const IpNetwork& other) const {
  return prefix_ <= other.prefix_ ? contains(other.base_) : other.contains(base_);
}

Result<IpAddress> IpNetwork::at(std::uint64_t offset) const {
  auto bytes = base_.bytes();
  std::uint64_t carry = offset;
  for (std::size_t i = 16; i-- > 0 && carry != 0;) {
    const std::uint64_t sum = bytes[i] + (carry & 0xFFU);
    bytes[i] = static_cast<std::uint8_t>(sum & 0xFFU);
    carry = (carry >> 8) + (sum >> 8);
  }
  const IpAddress address = IpAddress::from_bytes(bytes);
  if (!contains(address)) {
    return fail(ErrorCode::kInvalid, std::format("{} has no address number {}", to_string(), offset));
  }
  return address;
}

std::string IpNetwork::to_string() const { return std::format("{}/{}", base_.to_string(), prefix_); }

Result<IpEndpoint> IpEndpoint::parse(std::string_view text) {
  const auto bad = [&] {
    return fail(
        ErrorCode::kInvalid,
        std::format("'{}' is not an address and port such as 192.0.2.1:587 or [2001:db8::1]:587", printable(text, 64)));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad();
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  const auto port = parse_decimal<std::uint16_t>(text.substr(colon + 1));
  if (!address || !port || *port == 0 || bracketed == (host.find(':') == std::string_view::npos)) return bad();
  return IpEndpoint{*address, *port};
}

std::string IpEndpoint::to_string() const {
  return address.is_v4() ? std::format("{}:{}", address.to_string(), port)
                         : std::format("[{}]:{}", address.to_string(), port);
}

}  // namespace postern
