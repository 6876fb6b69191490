#include "system/certificate.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "base/file.h"
#include "support.h"
#include "system/certificate_files.h"
#include "system/process.h"

using namespace postern;
using namespace postern::system;
using namespace postern::system::test;
using Kept = CertificateKeeper::Kept;

namespace {

const WallTime kNow = Clock::system().wall();
const ServerNames kNames{{"mail.example.org"}, {ip("10.9.0.1"), ip("fd09::1"), ip("192.168.7.1")}};

CertificateKeeper keeper_in(const Folder& folder) {
  return {folder.file("certificate.pem"), folder.file("key.pem"), folder.file("ca.pem"), folder.file("ca-key.pem"),
          ::getgid()};
}

mode_t mode_of(const std::string& path) {
  struct stat info{};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

}  // namespace

TEST_CASE("a server certificate is one that OpenSSL's own verification accepts for each of its names") {
  const Folder folder;
  REQUIRE(keeper_in(folder).keep(kNames, kNow) == Kept::kRenewed);
  asio::io_context context;
  const std::string ca = folder.file("ca.pem");
  const std::string certificate = folder.file("certificate.pem");
  const auto accepted = [&](std::vector<std::string> check) {
    std::vector<std::string> command = {"/usr/bin/openssl", "verify", "-x509_strict", "-purpose", "sslserver",
                                        "-CAfile",          ca};
    command.insert(command.end(), check.begin(), check.end());
    command.push_back(certificate);
    return wait_for(context, run(command, {}, std::chrono::seconds(20)))->exit_code == 0;
  };
  CHECK(accepted({"-verify_hostname", "mail.example.org"}));
  CHECK(accepted({"-verify_ip", "10.9.0.1"}));
  CHECK(accepted({"-verify_ip", "fd09::1"}));
  CHECK_FALSE(accepted({"-verify_hostname", "other.example.org"}));
  CHECK_FALSE(accepted({"-verify_ip", "10.9.0.2"}));
}

TEST_CASE("a certificate tells what it was made for") {
  const auto key = make_key().value();
  const auto authority_key = make_key().value();
  const auto authority = make_authority(authority_key, "mail.example.org", kNow).value();
  const auto made = make_server_certificate(key, kNames, authority, authority_key, kNow);
  REQUIRE(made);
  const auto facts = facts_of(*made);
  REQUIRE(facts);
  CHECK(facts->subject == "CN=mail.example.org");
  CHECK(facts->issuer == "CN=Postern CA of mail.example.org");
  CHECK(facts->covers(kNames));
  CHECK_FALSE(facts->covers({{"other.example.org"}, {}}));
  CHECK(facts->not_before < kNow);
  CHECK(facts->not_after - facts->not_before <= std::chrono::days(825));
  CHECK(facts->fingerprint.size() == 64);
  CHECK(is_signed_by(*made, authority));
  CHECK(is_signed_by(authority, authority));
  CHECK_FALSE(is_signed_by(*made, make_authority(make_key().value(), "mail.example.org", kNow).value()));
  CHECK(belongs_to(key, *made));
  CHECK_FALSE(belongs_to(authority_key, *made));
  CHECK_FALSE(facts_of("no certificate"));
  CHECK_FALSE(make_server_certificate(Secret("rubbish"), kNames, authority, authority_key, kNow));
}

TEST_CASE("files are made once, with their modes, and then left alone") {
  const Folder folder;
  const auto keeper = keeper_in(folder);
  CHECK(keeper.keep(kNames, kNow) == Kept::kRenewed);
  CHECK(mode_of(keeper.key) == 0440);
  CHECK(mode_of(keeper.authority_key) == 0440);
  CHECK(mode_of(keeper.certificate) == 0444);
  const auto before = read_file(keeper.certificate);
  CHECK(keeper.keep(kNames, kNow) == Kept::kUnchanged);
  CHECK(read_file(keeper.certificate).value() == before.value());
}

TEST_CASE("a new name and an old age renew the certificate under the same keys") {
  const Folder folder;
  const auto keeper = keeper_in(folder);
  REQUIRE(keeper.keep(kNames, kNow) == Kept::kRenewed);
  const auto key = read_file(keeper.key);
  const auto authority = read_file(keeper.authority);
  ServerNames more = kNames;
  SECTION("one name more") {
    more.addresses.push_back(ip("192.168.7.2"));
    CHECK(keeper.keep(more, kNow) == Kept::kRenewed);
    CHECK(keeper.keep(more, kNow) == Kept::kUnchanged);
    // An address that went away is no reason for another certificate.
    CHECK(keeper.keep(kNames, kNow) == Kept::kUnchanged);
  }
  SECTION("two thirds of its life are over") {
    CHECK(keeper.keep(kNames, kNow + kServerLifetime / 2) == Kept::kUnchanged);
    CHECK(keeper.keep(kNames, kNow + kServerLifetime * 3 / 4) == Kept::kRenewed);
  }
  CHECK(read_file(keeper.key).value() == key.value());
  CHECK(read_file(keeper.authority).value() == authority.value());
}

TEST_CASE("a run that was cut short anywhere is completed by the next") {
  for (const char* missing : {"certificate.pem", "ca.pem", "key.pem", "ca-key.pem"}) {
    CAPTURE(missing);
    const Folder folder;
    const auto keeper = keeper_in(folder);
    REQUIRE(keeper.keep(kNames, kNow) == Kept::kRenewed);
    std::filesystem::remove(folder.file("certificate.pem"));
    std::filesystem::remove(folder.file(missing));
    CHECK(keeper.keep(kNames, kNow) == Kept::kRenewed);
    CHECK(belongs_to(Secret(*read_file(keeper.key)), *read_file(keeper.certificate)));
    CHECK(is_signed_by(*read_file(keeper.certificate), *read_file(keeper.authority)));
  }
}

TEST_CASE("an uploaded certificate is never touched") {
  const Folder folder;
  const auto keeper = keeper_in(folder);
  const auto key = make_key().value();
  const auto foreign = make_authority(key, "somebody else", kNow).value();
  SECTION("before we ever made one") {}
  SECTION("in place of ours") { REQUIRE(keeper.keep(kNames, kNow) == Kept::kRenewed); }
  REQUIRE(replace_file(keeper.certificate, foreign, 0444));
  CHECK(keeper.keep(kNames, kNow) == Kept::kForeign);
  CHECK(read_file(keeper.certificate) == foreign);
}
