#pragma once

#include "config/config.h"
#include "config/reader.h"

namespace postern::config {

/// What no single key can get wrong: contradictions between keys. Reports each to `reader`; leaves out those where
/// one of the keys was wrong in itself.
void check_rules(const Config& config, Reader& reader);

}  // namespace postern::config
