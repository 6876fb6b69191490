#include "vpn/key.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "base/encoding.h"
#include "base/file.h"
#include "vpn/key_files.h"

using namespace postern;

namespace {

/// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string name = "/tmp/postern-vpn-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

mode_t mode_of(const std::string& path) {
  struct stat info{};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

}  // namespace

TEST_CASE("the public key is the one of RFC 7748") {
  // Section 6.1, Alice's pair.
  const auto secret = hex_decode("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  const auto expected = hex_decode("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  REQUIRE(secret);
  REQUIRE(expected);
  CHECK(vpn::public_key_of(Secret(base64_encode(*secret))) == base64_encode(*expected));
}

TEST_CASE("keys are fresh, clamped and belong together") {
  const auto first = vpn::generate_key_pair();
  const auto second = vpn::generate_key_pair();
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->public_key != second->public_key);
  CHECK(vpn::is_key(first->private_key.reveal()));
  CHECK(vpn::public_key_of(first->private_key) == first->public_key);
  const auto bytes = base64_decode(first->private_key.reveal()).value();
  CHECK((static_cast<unsigned char>(bytes.front()) & 0x07U) == 0);
  CHECK((static_cast<unsigned char>(bytes.back()) & 0xC0U) == 0x40U);
  CHECK(vpn::is_key(vpn::generate_preshared_key().reveal()));
}

TEST_CASE("what is no key is refused") {
  for (const char* bad :
       {"", "abc", "AAAA", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "not base64 at all, really!"}) {
    CAPTURE(bad);
    CHECK_FALSE(vpn::public_key_of(Secret(bad)));
    CHECK_FALSE(vpn::is_key(bad));
  }
}

TEST_CASE("the box's key is made once and kept") {
  const Folder folder;
  const auto made = vpn::load_or_create_key(folder.file("private.key"));
  REQUIRE(made);
  CHECK(mode_of(folder.file("private.key")) == 0600);
  const auto loaded = vpn::load_or_create_key(folder.file("private.key"));
  REQUIRE(loaded);
  CHECK(loaded->public_key == made->public_key);
}

TEST_CASE("a damaged key is never replaced in silence") {
  const Folder folder;
  REQUIRE(replace_file(folder.file("private.key"), "garbage\n", 0600));
  CHECK_FALSE(vpn::load_or_create_key(folder.file("private.key")));
  CHECK(read_file(folder.file("private.key")) == "garbage\n");
}

TEST_CASE("preshared keys survive, can be replaced and forgotten") {
  const Folder folder;
  const std::string path = folder.file("preshared.keys");
  const auto device = vpn::generate_key_pair()->public_key;
  const auto other = vpn::generate_key_pair()->public_key;
  auto keys = vpn::PresharedKeys::load(path);
  REQUIRE(keys);
  keys->put(device, vpn::generate_preshared_key());
  keys->put(other, vpn::generate_preshared_key());
  keys->put(device, vpn::generate_preshared_key());
  REQUIRE(vpn::PresharedKeys::store(path, keys->text()));
  CHECK(mode_of(path) == 0600);
  auto loaded = vpn::PresharedKeys::load(path);
  REQUIRE(loaded);
  CHECK(loaded->size() == 2);
  REQUIRE(loaded->find(device) != nullptr);
  CHECK(loaded->find(device)->reveal() == keys->find(device)->reveal());
  loaded->forget(device);
  REQUIRE(vpn::PresharedKeys::store(path, loaded->text()));
  CHECK(vpn::PresharedKeys::load(path)->find(device) == nullptr);
  CHECK(vpn::PresharedKeys::load(path)->find(other) != nullptr);
}

TEST_CASE("a damaged file of preshared keys names its line and shows no key") {
  const Folder folder;
  const auto key = vpn::generate_key_pair();
  const std::string path = folder.file("preshared.keys");
  REQUIRE(
      replace_file(path, key->public_key + " " + std::string(key->private_key.reveal()) + "\nrubbish secret\n", 0600));
  const auto keys = vpn::PresharedKeys::load(path);
  REQUIRE_FALSE(keys);
  CHECK(keys.error().context == path + ":2: expected two keys");
}
