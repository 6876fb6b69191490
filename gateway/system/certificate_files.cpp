#include "system/certificate_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"

namespace postern::system {

namespace {

constexpr std::size_t kMaxPem = 1 << 20;

/// The key in the file, or a new one, stored there for root and one group to read. It stays root's: this process has no
/// capability to read what is another account's alone.
Result<Secret> load_or_make_key(const std::string& path, gid_t reader) {
  auto text = read_file(path, kMaxPem);
  Result<Secret> key = Secret();
  if (text) {
    key = Secret::take(*text);
  } else {
    if (text.error().code != ErrorCode::kNotFound) return fail(text.error());
    key = make_key();
    if (!key) return key;
    if (auto written = replace_file(path, key->reveal(), 0440); !written) return fail(written.error());
  }
  // Each time: the file may have been made by a run that was cut short between writing and this.
  if (::chown(path.c_str(), 0, reader) != 0) return fail_errno("chown " + path, errno);
  return key;
}

Result<std::string> load_or_make_authority(const std::string& path, const Secret& key, const std::string& name,
                                           WallTime now) {
  const auto stands = read_file(path, kMaxPem);
  if (stands) {
    const auto facts = facts_of(*stands);
    if (facts && facts->not_after > now + kServerLifetime && belongs_to(key, *stands)) return *stands;
  } else if (stands.error().code != ErrorCode::kNotFound) {
    return fail(stands.error());
  }
  auto made = make_authority(key, name, now);
  if (!made) return made;
  if (auto written = replace_file(path, *made, 0444); !written) return fail(written.error());
  return made;
}

bool is_good(const CertificateFacts& facts, const ServerNames& names, WallTime now) {
  const auto lifetime = facts.not_after - facts.not_before;
  return facts.covers(names) && facts.not_before <= now && facts.not_after - now > lifetime / 3;
}

}  // namespace

ServerNames server_names(const config::Config& config, const Links& links) {
  ServerNames names{{config.gateway.name}, {}};
  const auto add = [&](const IpAddress& address) {
    if (address.is_link_local() || std::ranges::contains(names.addresses, address)) return;
    names.addresses.push_back(address);
  };
  for (const auto& address : config.vpn.addresses) add(address.address);
  for (const auto& lan : config.network.lan) {
    const Link* link = find_link(links, lan.link);
    if (link == nullptr) continue;
    for (const auto& address : link->addresses) add(address.address);
  }
  return names;
}

CertificateKeeper CertificateKeeper::of(const config::Config& config, gid_t reader) {
  const std::string folder = config.gateway.data + "/tls/";
  return {config.submission.tls.certificate, config.submission.tls.key, folder + "ca.pem", folder + "ca-key.pem",
          reader};
}

Result<CertificateKeeper::Kept> CertificateKeeper::keep(const ServerNames& names, WallTime now) const {
  const auto current = read_file(certificate, kMaxPem);
  if (!current && current.error().code != ErrorCode::kNotFound) return fail(current.error());
  if (current) {
    const auto old_authority = read_file(authority, kMaxPem);
    if (!old_authority || !is_signed_by(*current, *old_authority)) return Kept::kForeign;
  }
  const auto signer = load_or_make_key(authority_key, 0);
  if (!signer) return fail(signer.error());
  const auto issuer = load_or_make_authority(authority, *signer, names.dns.front(), now);
  if (!issuer) return fail(issuer.error());
  const auto own = load_or_make_key(key, reader);
  if (!own) return fail(own.error());
  if (current) {
    const auto facts = facts_of(*current);
    if (facts && is_good(*facts, names, now) && is_signed_by(*current, *issuer) && belongs_to(*own, *current)) {
      return Kept::kUnchanged;
    }
  }
  auto made = make_server_certificate(*own, names, *issuer, *signer, now);
  if (!made) return fail(made.error());
  if (auto written = replace_file(certificate, *made, 0444); !written) return fail(written.error());
  return Kept::kRenewed;
}

}  // namespace postern::system
