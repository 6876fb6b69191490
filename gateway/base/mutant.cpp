#include "base/mutant.h"

#ifdef POSTERN_MUTANTS

#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include "base/log.h"

namespace postern {

namespace {

constexpr std::pair<std::string_view, Mutant> kNames[] = {
    {"firewall", Mutant::kFirewall}, {"device-binding", Mutant::kDeviceBinding}, {"source-check", Mutant::kSourceCheck},
    {"pam", Mutant::kPam},           {"login-binding", Mutant::kLoginBinding},   {"sync", Mutant::kSync},
};

std::optional<Mutant> from_environment() {
  const char* wanted = std::getenv("POSTERN_MUTANT");
  if (wanted == nullptr || *wanted == '\0') return std::nullopt;
  for (const auto& [name, which] : kNames) {
    if (name != wanted) continue;
    log::warning("a protection is switched off for a test", {{"mutant", wanted}});
    return which;
  }
  // A test that misspells its mutant would otherwise pass for the wrong reason.
  log::error("POSTERN_MUTANT names no mutant", {{"value", wanted}});
  std::abort();
}

}  // namespace

bool mutant(Mutant which) {
  static const std::optional<Mutant> active = from_environment();
  return active == which;
}

}  // namespace postern

#endif
