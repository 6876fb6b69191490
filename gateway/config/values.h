#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "config/units.h"
#include "config/value.h"

/// The kinds of values that keys have. Internal to config/.
namespace postern::config {

template <class T>
using ScalarPtr = std::shared_ptr<const Scalar<T>>;

/// A whole number, both ends included.
template <std::unsigned_integral T>
ScalarPtr<T> number(T least, T most) {
  return std::make_shared<Scalar<T>>(
      least == most ? std::to_string(least) : std::format("a number from {} to {}", least, most),
      [=](const std::string& text) -> Scalar<T>::Parsed {
        const auto value = parse_decimal<std::uint64_t>(text);
        if (!value || *value < least || *value > most) return std::unexpected("");
        return static_cast<T>(*value);
      },
      [](const T& value) { return std::to_string(value); });
}

/// One word of several.
template <class E>
ScalarPtr<E> choice(std::vector<std::pair<std::string, E>> words) {
  std::string expected;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) expected += i + 1 == words.size() ? " or " : ", ";
    expected += words[i].first;
  }
  const auto parse = [words](const std::string& text) -> Scalar<E>::Parsed {
    for (const auto& [word, value] : words) {
      if (word == text) return value;
    }
    return std::unexpected("");
  };
  const auto print = [words](const E& wanted) {
    for (const auto& [word, value] : words) {
      if (value == wanted) return word;
    }
    return std::string();
  };
  return std::make_shared<Scalar<E>>(std::move(expected), parse, print);
}

template <class T>
ValuePtr<std::optional<T>> optional(ScalarPtr<T> value) {
  return std::make_shared<Optional<T>>(std::move(value));
}

template <class T>
ValuePtr<std::vector<T>> list(ValuePtr<T> item, std::size_t least, std::size_t most) {
  return std::make_shared<List<T>>(std::move(item), least, most);
}
template <class T>
ValuePtr<std::vector<T>> list(ScalarPtr<T> item, std::size_t least, std::size_t most) {
  return list(ValuePtr<T>(std::move(item)), least, most);
}

/// true or false, and none of the other words that YAML readers have taken for them.
ScalarPtr<bool> flag();
ScalarPtr<double> ratio(double least, double most);
/// `zero` says what 0 means where it is allowed in spite of `least`; empty: it isn't.
ScalarPtr<Duration> duration(Duration least, Duration most, std::string zero = {});
ScalarPtr<Bytes> size(Bytes least, Bytes most, std::string zero = {});
/// Printable text of one line.
ScalarPtr<std::string> text(std::string what, std::size_t least, std::size_t most);
/// A name of the kernel's: of a network interface.
ScalarPtr<std::string> link_name();
/// A name that a PAM service can have: it becomes a file name.
ScalarPtr<std::string> service_name();
/// RFC 1123, with at least one dot, at most 253 letters; no address.
ScalarPtr<std::string> host_name(bool may_be_empty);
/// "host:port", or empty.
ScalarPtr<std::string> host_and_port();
/// A name by which a tool knows a provider of DNS: it goes into arguments and settings.
ScalarPtr<std::string> provider_name(bool may_be_empty);
/// "https://host[:port]/path" without blanks, quotes or user names.
ScalarPtr<std::string> https_url();
/// "192.0.2.1:53" or "[2001:db8::1]:53".
ScalarPtr<IpEndpoint> ip_endpoint();
/// 64 hexadecimal digits, with or without colons and in either case as tools print them; or empty.
ScalarPtr<std::string> sha256_fingerprint();
/// Names of TLS groups with colons between them.
ScalarPtr<std::string> tls_groups();
/// An OpenSSL cipher list that switches nothing on that has no encryption or no authentication.
ScalarPtr<std::string> tls_ciphers();
/// "/a/folder": no "..", no trailing slash, at most `most` bytes.
ScalarPtr<std::string> absolute_path(std::size_t most);
ScalarPtr<IpAddress> ip_address();
ScalarPtr<IpNetwork> source_network();
ScalarPtr<InterfaceAddress> interface_address();
/// An absolute path, or one below gateway.data; empty only where `may_be_empty`.
ValuePtr<std::string> data_file(bool may_be_empty);

}  // namespace postern::config
