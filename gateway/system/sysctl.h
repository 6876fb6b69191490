#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace postern::system {

/// Kernel settings of the network, as (path below /proc/sys/net, value), in the order in which they are to be written.
/// For every interface: a source must be reachable by the interface it comes in by (rp_filter, RFC 3704), no redirects
/// are believed or sent, no source routes; and the box forwards nothing.
std::vector<std::pair<std::string, std::string>> network_settings(const std::vector<std::string>& links);

/// Writes those that differ. A setting that this kernel does not have (IPv6 switched off) is left out. The first one
/// that can't be written is the error, after all were tried. `root` is "/proc/sys/net", or a test's folder.
Result<void> apply_settings(const std::vector<std::pair<std::string, std::string>>& settings,
                            const std::string& root = "/proc/sys/net");

}  // namespace postern::system
