#pragma once

#include <cstdint>

/// The section "panel" of postern.yaml: the administration in the browser; see config.h.
namespace postern::config {

/// TCP ports, open on LAN and tunnel only; 0 switches a port off.
struct PanelPorts {
  /// The panel.
  std::uint16_t https = 443;
  /// Sends browsers to the panel, and serves nothing.
  std::uint16_t http = 80;
  bool operator==(const PanelPorts&) const = default;
};

struct Panel {
  PanelPorts ports;
  bool operator==(const Panel&) const = default;
};

}  // namespace postern::config
