#pragma once

#include "http/message.h"
#include "identity/people.h"
#include "system/agent.h"
#include "vpn/status.h"

/// What the administration's answers look like.
namespace postern::system {

http::json::object person_view(const identity::Document& document, const identity::Person& person);
/// `live` is what the tunnel reports of the device, or nullptr.
http::json::object device_view(const identity::Device& device, const vpn::PeerStatus* live, WallTime now);
/// Of the tunnel as a whole; devices by name, peers that belong to none are listed by key.
http::json::object tunnel_view(const Agent& agent, const vpn::TunnelStatus& status, WallTime now);
http::json::object status_view(const Agent& agent, bool submit_told);

}  // namespace postern::system
