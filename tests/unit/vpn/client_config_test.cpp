#include "vpn/client_config.h"

#include <catch2/catch_test_macros.hpp>

using namespace postern;

namespace {

const std::string kBox = "QAgbxlFlX3lXTKlgFPMpTFSIyLaB+6M7Fiz3bZ8wRXE=";
const std::string kPrivate = "AE+u9lK8jmZbTSjdXZwXVXyFTjyYvdfaVbM7PdHqe0w=";
const std::string kShared = "FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=";

config::Config box() {
  config::Config config;
  config.gateway.name = "mail.example.org";
  return config;
}

identity::Device laptop() {
  identity::Device device;
  device.name = "anna-laptop";
  device.person = "anna";
  device.addresses = {*IpAddress::parse("10.9.0.2"), *IpAddress::parse("fd09::2")};
  return device;
}

}  // namespace

TEST_CASE("a device's configuration reaches the box and nothing else") {
  const Secret shared(kShared);
  const Secret own(kPrivate);
  CHECK(vpn::client_config(box(), laptop(), {kBox, shared, own}).reveal() ==
        "# Postern: device anna-laptop of anna\n"
        "[Interface]\n"
        "PrivateKey = " +
            kPrivate +
            "\n"
            "Address = 10.9.0.2/32, fd09::2/128\n"
            "MTU = 1420\n"
            "\n"
            "[Peer]\n"
            "# mail.example.org\n"
            "PublicKey = " +
            kBox +
            "\n"
            "PresharedKey = " +
            kShared +
            "\n"
            "Endpoint = mail.example.org:51820\n"
            "AllowedIPs = 10.9.0.1/32, fd09::1/128\n"
            "PersistentKeepalive = 25\n");
}

TEST_CASE("a device with a key of its own gets no private key, and options follow the configuration") {
  auto config = box();
  config.vpn.endpoint = "[2001:db8::1]:51821";
  config.vpn.dns = {*IpAddress::parse("10.9.0.1"), *IpAddress::parse("fd09::1")};
  config.vpn.keepalive = {};
  config.vpn.mtu = 1280;
  const auto text = vpn::client_config(config, laptop(), {kBox, Secret(), Secret()});
  CHECK(text.reveal().contains("# PrivateKey = the one that this device made itself\n"));
  CHECK(text.reveal().contains("DNS = 10.9.0.1, fd09::1\nMTU = 1280\n"));
  CHECK(text.reveal().contains("Endpoint = [2001:db8::1]:51821\n"));
  CHECK_FALSE(text.reveal().contains("PresharedKey"));
  CHECK_FALSE(text.reveal().contains("PersistentKeepalive"));
}
