#include "delivery/route.h"

#include <format>

#include "base/file.h"

namespace postern::delivery {

std::optional<smtp::Credentials> Route::clone_credentials() const {
  if (!credentials) return std::nullopt;
  return smtp::Credentials{credentials->user, credentials->password.clone()};
}

Result<Secret> read_secret(const std::string& path) {
  constexpr std::size_t kLimit = 4096;
  auto content = read_file(path, kLimit);
  if (!content) return fail(content.error().within("smart host's secret"));
  const std::size_t end = std::min(content->find('\n'), content->size());
  std::string_view line = std::string_view(*content).substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  Secret secret(line);
  wipe(*content);
  if (secret.empty())
    return fail(ErrorCode::kInvalid, std::format("smart host's secret: the first line of {} is empty", path));
  if (secret.reveal().contains('\0'))
    return fail(ErrorCode::kInvalid, std::format("smart host's secret: {} holds a NUL", path));
  return secret;
}

Result<RoutePtr> smart_host_route(const config::Config& config) {
  const config::SmartHost& host = config.delivery.smart_host;
  if (host.host.empty()) return RoutePtr{};
  auto route = std::make_shared<Route>();
  route->name = "smart-host";
  route->host = host.host;
  route->address = host.address;
  route->port = host.port;
  route->hello_name = config.gateway.name;
  route->tls = host.tls == config::SmartHostTls::kImplicit ? smtp::TlsUse::kImplicit : smtp::TlsUse::kRequired;
  const TlsTrust trust = host.verify == config::SmartHostVerify::kCa ? TlsTrust::kCa : TlsTrust::kFingerprint;
  auto verifier = TlsClient::create({trust, host.host, host.ca_file, host.fingerprint});
  if (!verifier) return fail(verifier.error().within("smart host's TLS"));
  route->verifier = std::make_shared<const TlsClient>(std::move(*verifier));
  if (!host.user.empty()) {
    auto secret = read_secret(host.secret_file);
    if (!secret) return fail(secret.error());
    route->credentials.emplace(host.user, std::move(*secret));
  }
  return RoutePtr(std::move(route));
}

}  // namespace postern::delivery
