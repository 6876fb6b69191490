#include "config/config.h"

namespace postern::config {

std::string InterfaceAddress::to_string() const { return address.to_string() + "/" + std::to_string(prefix); }

}  // namespace postern::config
