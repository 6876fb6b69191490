#include "support.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>

namespace postern::identity {

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "postern-identity-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // a test that fails is more important than what it leaves behind
  std::filesystem::remove_all(path_, ignored);
}

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

Person make_person(std::string_view name, std::vector<std::string> addresses) {
  Person person;
  person.name = name;
  person.addresses = std::move(addresses);
  return person;
}

Device make_device(std::string_view name, std::string_view person, std::string_view key,
                   std::vector<std::string_view> addresses) {
  Device device;
  device.name = name;
  device.person = person;
  device.public_key = key;
  std::ranges::transform(addresses, std::back_inserter(device.addresses), ip);
  return device;
}

Document make_office() {
  return {.people = {make_person("ada", {"ada@example.org", "office@example.org"}),
                     make_person("bob", {"bob@example.org", "office@example.org"})},
          .devices = {make_device("ada-laptop", "ada", kKeyA, {"10.9.0.2", "fd09::2"}),
                      make_device("ada-scanner", "ada", "", {"192.168.7.20"}),
                      make_device("bob-phone", "bob", kKeyB, {"10.9.0.3"})}};
}

}  // namespace postern::identity
