#include "system/sysctl.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"

namespace postern::system {

std::vector<std::pair<std::string, std::string>> network_settings(const std::vector<std::string>& links) {
  // Forwarding first: switching it resets others.
  std::vector<std::pair<std::string, std::string>> settings = {
      {"ipv4/ip_forward", "0"}, {"ipv6/conf/all/forwarding", "0"}, {"ipv4/tcp_syncookies", "1"}};
  std::vector<std::string> names = {"all", "default"};
  names.insert(names.end(), links.begin(), links.end());
  for (const auto& name : names) {
    const std::string v4 = "ipv4/conf/" + name + "/";
    const std::string v6 = "ipv6/conf/" + name + "/";
    settings.insert(settings.end(), {{v4 + "rp_filter", "1"},
                                     {v4 + "accept_redirects", "0"},
                                     {v4 + "secure_redirects", "0"},
                                     {v4 + "send_redirects", "0"},
                                     {v4 + "accept_source_route", "0"},
                                     {v4 + "route_localnet", "0"},
                                     {v6 + "accept_redirects", "0"},
                                     {v6 + "accept_source_route", "0"}});
  }
  return settings;
}

Result<void> apply_settings(const std::vector<std::pair<std::string, std::string>>& settings, const std::string& root) {
  Result<void> result;
  for (const auto& [name, value] : settings) {
    const std::string path = root + "/" + name;
    const auto current = read_file(path);
    if (current && trim(*current) == value) continue;
    if (!current && current.error().code == ErrorCode::kNotFound) continue;
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    const bool written = file && ::write(file.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
    if (!written && result) result = fail_errno("write " + path, errno);
  }
  return result;
}

}  // namespace postern::system
