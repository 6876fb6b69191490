#include "config/values.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "config/suggest.h"

namespace postern::config {

namespace {

using Text = Scalar<std::string>;

std::string same(const std::string& value) { return value; }

ScalarPtr<std::string> text_value(std::string expected, std::function<Text::Parsed(const std::string&)> parse,
                                  bool quoted = false) {
  return std::make_shared<Text>(std::move(expected), std::move(parse), same, quoted);
}

bool has_only(std::string_view text, std::string_view others) {
  return std::ranges::all_of(text, [=](char c) { return is_alnum(c) || others.find(c) != std::string_view::npos; });
}

/// "found 5": a number without its unit is the usual slip.
bool is_number(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

std::string size_hint(std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) ++digits;
  std::string_view unit = trim(text.substr(digits));
  if (digits == 0 || unit.empty() || unit.size() > 3) return {};
  const char first = ascii_upper(unit.front());
  if (std::string_view("KMGT").find(first) == std::string_view::npos) return {};
  return std::format("did you mean {}{}iB?", text.substr(0, digits), first);
}

bool is_host_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && has_only(label, "-") && label.front() != '-' && label.back() != '-';
}

bool is_host_name(std::string_view name) {
  const auto labels = split(name, '.');
  return name.size() <= 253 && labels.size() >= 2 && std::ranges::all_of(labels, is_host_label) &&
         !std::ranges::all_of(labels.back(), is_digit);
}

bool is_one_line(std::string_view text) {
  return is_utf8(text) && std::ranges::none_of(text, [](char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; });
}

std::string absolute_path_fault(std::string_view path) {
  if (!path.starts_with('/')) return "it must begin with /";
  if (!is_one_line(path)) return "no control characters in it";
  if (path.size() > 1 && path.ends_with('/')) return "leave the last / out";
  const auto parts = split(path.substr(1), '/');
  if (std::ranges::any_of(parts, [](auto part) { return part == "." || part == ".." || part.empty(); })) {
    return "no empty parts, . or .. in it";
  }
  return {};
}

/// Keeps paths relative to gateway.data in the file and absolute in the struct.
class DataFile final : public Value<std::string> {
 public:
  explicit DataFile(bool may_be_empty) : may_be_empty_(may_be_empty) {}

  std::string expected() const override {
    return std::string("a path, absolute or below gateway.data") + (may_be_empty_ ? ", or empty" : "");
  }
  void read(const Node& node, Reader& reader, std::string& out) const override {
    if (node.kind != Node::Kind::kScalar) return reader.wrong(node, expected());
    if (node.text.empty() && may_be_empty_) {
      out.clear();
      return;
    }
    const bool relative = !node.text.starts_with('/');
    const std::string fault = absolute_path_fault(relative ? "/" + node.text : node.text);
    if (!fault.empty() || node.text.empty() || node.text.size() > 1024) {
      return reader.wrong(node, expected(), fault);
    }
    out = node.text;
    reader.note_path(&out);
  }
  void absent(Reader& reader, std::string& out) const override {
    // The default lies below the default of gateway.data, and moves with it.
    out = below(out, Gateway{}.data);
    if (!out.empty()) reader.note_path(&out);
  }
  Node write(const std::string& value, const std::string& data) const override {
    return Node::scalar(below(value, data.empty() ? Gateway{}.data : data));
  }

 private:
  static std::string below(const std::string& path, const std::string& folder) {
    return path.starts_with(folder + "/") ? path.substr(folder.size() + 1) : path;
  }

  bool may_be_empty_;
};

}  // namespace

ScalarPtr<bool> flag() { return choice<bool>({{"true", true}, {"false", false}}); }

ScalarPtr<double> ratio(double least, double most) {
  return std::make_shared<Scalar<double>>(
      std::format("a number from {} to {}", least, most),
      [=](const std::string& text) -> Scalar<double>::Parsed {
        double value = 0;
        const char* end = text.data() + text.size();
        const auto [rest, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
        if (error != std::errc{} || rest != end || !(value >= least && value <= most)) return std::unexpected("");
        return value;
      },
      [](const double& value) {
        // Never with an exponent, which the parser does not take.
        std::array<char, 512> digits{};
        const auto end =
            std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed).ptr;
        return std::string(digits.data(), end);
      });
}

ScalarPtr<Duration> duration(Duration least, Duration most, std::string zero) {
  std::string expected = std::format("a time from {} to {}", format_duration(least), format_duration(most));
  if (!zero.empty()) expected += ", or 0 for " + zero;
  return std::make_shared<Scalar<Duration>>(
      std::move(expected),
      [=, zero_too = !zero.empty()](const std::string& text) -> Scalar<Duration>::Parsed {
        const auto value = parse_duration(text);
        if (value && *value == Duration::zero() && zero_too) return *value;
        if (!value && is_number(text)) return std::unexpected("a unit is missing: did you mean " + text + "s?");
        if (!value || *value < least || *value > most) return std::unexpected("");
        return *value;
      },
      [](const Duration& value) { return format_duration(value); });
}

ScalarPtr<Bytes> size(Bytes least, Bytes most, std::string zero) {
  std::string expected = std::format("a size from {} to {}", format_size(least), format_size(most));
  if (!zero.empty()) expected += ", or 0 for " + zero;
  return std::make_shared<Scalar<Bytes>>(
      std::move(expected),
      [=, zero_too = !zero.empty()](const std::string& text) -> Scalar<Bytes>::Parsed {
        const auto value = parse_size(text);
        if (value && *value == 0 && zero_too) return *value;
        if (!value) return std::unexpected(size_hint(text));
        if (*value < least || *value > most) return std::unexpected("");
        return *value;
      },
      [](const Bytes& value) { return format_size(value); });
}

ScalarPtr<std::string> text(std::string what, std::size_t least, std::size_t most) {
  return text_value(
      std::format("{} of {} to {} printable ASCII characters", what, least, most),
      [=](const std::string& value) -> Text::Parsed {
        const bool printable = std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7f; });
        if (!printable || value.size() < least || value.size() > most) return std::unexpected("");
        return value;
      },
      true);
}

ScalarPtr<std::string> link_name() {
  return text_value("the name of a network interface (1 to 15 characters)",
                    [](const std::string& name) -> Text::Parsed {
                      const bool fits = !name.empty() && name.size() <= 15 && has_only(name, "-_.@");
                      if (!fits || name == "." || name == "..") return std::unexpected("");
                      if (name == "lo") return std::unexpected("lo is the box itself");
                      return name;
                    });
}

ScalarPtr<std::string> service_name() {
  return text_value("the name of a PAM service (letters, digits, - and _)",
                    [](const std::string& name) -> Text::Parsed {
                      if (name.empty() || name.size() > 64 || !has_only(name, "-_")) return std::unexpected("");
                      return name;
                    });
}

ScalarPtr<std::string> host_name(bool may_be_empty) {
  return text_value(
      std::string("a host name with its domain, such as mail.example.org") + (may_be_empty ? ", or empty" : ""),
      [=](const std::string& name) -> Text::Parsed {
        if (name.empty() && may_be_empty) return name;
        if (IpAddress::parse(name)) return std::unexpected("an address is not a name");
        if (!is_host_name(name)) return std::unexpected("");
        return to_lower(name);
      });
}

ScalarPtr<std::string> host_and_port() {
  return text_value("host:port, such as vpn.example.org:51820, or empty", [](const std::string& text) -> Text::Parsed {
    if (text.empty()) return text;
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) return std::unexpected("the port is missing");
    const auto port = parse_decimal<std::uint16_t>(std::string_view(text).substr(colon + 1));
    const std::string host = text.substr(0, colon);
    const bool address = static_cast<bool>(IpEndpoint::parse(text));
    if (!port || *port == 0 || !(address || is_host_name(host))) return std::unexpected("");
    return text;
  });
}

ScalarPtr<std::string> sha256_fingerprint() {
  return text_value("a SHA-256 fingerprint of 64 hexadecimal digits, or empty",
                    [](const std::string& text) -> Text::Parsed {
                      std::string digits;
                      for (std::size_t i = 0; i < text.size(); ++i) {
                        // Colons only where tools put them: between whole bytes.
                        if (text[i] == ':' && i % 3 == 2) continue;
                        digits += ascii_lower(text[i]);
                      }
                      const bool hex = digits.find_first_not_of("0123456789abcdef") == std::string::npos;
                      if (digits.size() == 40 && hex) return std::unexpected("that is the length of SHA-1");
                      if (!digits.empty() && (digits.size() != 64 || !hex)) return std::unexpected("");
                      return digits;
                    });
}

ScalarPtr<std::string> tls_groups() {
  static const std::vector<std::string> known = {
      "X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "MLKEM512",  "MLKEM768",   "MLKEM1024", "X25519",
      "X448",           "secp256r1",         "secp384r1",          "secp521r1", "prime256v1", "P-256",     "P-384",
      "P-521",          "ffdhe2048",         "ffdhe3072",          "ffdhe4096"};
  return text_value("TLS groups with colons between them, such as X25519MLKEM768:X25519:secp256r1",
                    [](const std::string& text) -> Text::Parsed {
                      const auto groups = split(text, ':');
                      for (auto group = groups.begin(); group != groups.end(); ++group) {
                        if (std::ranges::find(known, *group) == known.end()) {
                          const std::string meant = nearest(*group, known);
                          const std::string unknown = "unknown group " + printable(*group, 40);
                          return std::unexpected(unknown + (meant.empty() ? "" : ", did you mean " + meant + "?"));
                        }
                        if (std::find(groups.begin(), group, *group) != group) {
                          return std::unexpected(std::string(*group) + " stands twice");
                        }
                      }
                      return text;
                    });
}

ScalarPtr<std::string> tls_ciphers() {
  return text_value("an OpenSSL cipher list of TLS 1.2", [](const std::string& text) -> Text::Parsed {
    if (text.empty() || text.size() > 1024 || !has_only(text, ":+-!@=_")) return std::unexpected("");
    for (const std::string_view item : split(text, ':')) {
      if (item.starts_with('!') || item.starts_with('-')) continue;
      for (const std::string_view part : split(item, '+')) {
        for (const auto* weak : {"NULL", "aNULL", "eNULL", "ADH", "AECDH", "EXPORT", "LOW", "RC4", "DES", "3DES", "MD5",
                                 "ALL", "COMPLEMENTOFALL", "COMPLEMENTOFDEFAULT", "@SECLEVEL=0"}) {
          if (part == weak) return std::unexpected(std::string(part) + " is not safe");
        }
      }
    }
    return text;
  });
}

ScalarPtr<std::string> absolute_path(std::size_t most) {
  return text_value(std::format("an absolute path of at most {} characters", most),
                    [=](const std::string& path) -> Text::Parsed {
                      const std::string fault = absolute_path_fault(path);
                      if (!fault.empty()) return std::unexpected(fault);
                      if (path.size() > most || path == "/") return std::unexpected("");
                      return path;
                    });
}

ScalarPtr<std::string> provider_name(bool may_be_empty) {
  return text_value(may_be_empty ? "a provider's name, or empty" : "a provider's name",
                    [=](const std::string& name) -> Text::Parsed {
                      if (name.empty() && may_be_empty) return name;
                      // No dash in front, so that no tool takes it for an option.
                      if (name.empty() || name.size() > 100 || !is_alnum(name[0]) || !has_only(name, "-_.@")) {
                        return std::unexpected("letters, digits and - _ . @ only");
                      }
                      return name;
                    });
}

ScalarPtr<std::string> https_url() {
  return text_value("an address that begins with https://", [](const std::string& url) -> Text::Parsed {
    constexpr std::string_view kScheme = "https://";
    if (!url.starts_with(kScheme) || url.size() > 500) return std::unexpected("");
    const std::string rest = url.substr(kScheme.size());
    if (rest.empty() || !is_alnum(rest[0]) || !has_only(rest, "-._~:/%?=&")) {
      return std::unexpected("a host, a port and a path of plain characters");
    }
    return url;
  });
}

ScalarPtr<IpEndpoint> ip_endpoint() {
  return std::make_shared<Scalar<IpEndpoint>>(
      "an address with its port, such as 192.0.2.1:53",
      [](const std::string& text) -> Scalar<IpEndpoint>::Parsed {
        const auto endpoint = IpEndpoint::parse(text);
        if (!endpoint || endpoint->port == 0 || endpoint->address.is_unspecified()) return std::unexpected("");
        return *endpoint;
      },
      [](const IpEndpoint& endpoint) { return endpoint.to_string(); });
}

ScalarPtr<IpAddress> ip_address() {
  return std::make_shared<Scalar<IpAddress>>(
      "an IP address",
      [](const std::string& text) -> Scalar<IpAddress>::Parsed {
        const auto address = IpAddress::parse(text);
        if (!address) return std::unexpected(text.contains('/') ? "without a prefix length" : "");
        if (address->is_unspecified() || address->is_multicast()) return std::unexpected("no host has this address");
        return *address;
      },
      [](const IpAddress& address) { return address.to_string(); });
}

ScalarPtr<IpNetwork> source_network() {
  return std::make_shared<Scalar<IpNetwork>>(
      "a network such as 192.168.10.0/24 or fd00:10::/64",
      [](const std::string& text) -> Scalar<IpNetwork>::Parsed {
        const auto network = IpNetwork::parse(text);
        if (!network) {
          const auto slash = text.find('/');
          const auto address = IpAddress::parse(text.substr(0, slash));
          const auto prefix =
              slash == std::string::npos ? std::nullopt : parse_decimal<unsigned>(text.substr(slash + 1));
          if (!address || !prefix || *prefix > address->bits()) return std::unexpected("");
          return std::unexpected("did you mean " + IpNetwork::containing(*address, *prefix).to_string() + "?");
        }
        if (network->prefix() < (network->is_v4() ? 8U : 16U)) return std::unexpected("too wide for a local network");
        if (network->base().is_loopback() || network->base().is_multicast()) {
          return std::unexpected("no local network has these addresses");
        }
        return *network;
      },
      [](const IpNetwork& network) { return network.to_string(); });
}

ScalarPtr<InterfaceAddress> interface_address() {
  return std::make_shared<Scalar<InterfaceAddress>>(
      "an address with its prefix length, such as 10.9.0.1/24",
      [](const std::string& text) -> Scalar<InterfaceAddress>::Parsed {
        const auto slash = text.find('/');
        if (slash == std::string::npos) return std::unexpected("the prefix length is missing");
        const auto address = IpAddress::parse(text.substr(0, slash));
        const auto prefix = parse_decimal<unsigned>(text.substr(slash + 1));
        if (!address || !prefix) return std::unexpected("");
        const bool v4 = address->is_v4();
        if (*prefix < (v4 ? 8U : 48U) || *prefix > (v4 ? 30U : 126U)) {
          return std::unexpected(v4 ? "prefix length 8 to 30" : "prefix length 48 to 126");
        }
        const InterfaceAddress result{*address, *prefix};
        if (*address == result.network().base()) return std::unexpected("that is the network, not an address in it");
        return result;
      },
      [](const InterfaceAddress& address) { return address.to_string(); });
}

ValuePtr<std::string> data_file(bool may_be_empty) { return std::make_shared<DataFile>(may_be_empty); }

}  // namespace postern::config
