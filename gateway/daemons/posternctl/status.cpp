#include <cstdio>
#include <format>

#include "daemons/posternctl/command.h"

namespace postern::control {

namespace {

constexpr std::string_view kDaemons[] = {"system", "auth", "vault", "submit", "deliver"};

Exit status(const Context& context, const Arguments&) {
  Exit worst = Exit::kOk;
  json::object all;
  for (const auto daemon : kDaemons) {
    const auto answer = ask(context, daemon, http::Method::kGet, "/v1/status");
    if (!answer) worst = Exit::kUnavailable;
    all[daemon] = answer ? *answer : json::value(json::object{{"error", answer.error().context}});
  }
  if (context.json) return print_json(all), worst;
  for (const auto& [daemon, document] : all) {
    std::puts(std::format("postern-{}", std::string_view(daemon)).c_str());
    for (const auto& member : document.as_object()) {
      std::puts(std::format("  {:<24} {}", std::string_view(member.key()), cell(document, member.key())).c_str());
    }
  }
  return worst;
}

const Command kCommands[] = {
    {"status", "", "how each daemon stands", "Exits with status 3 when one of them doesn't answer.", {}, status},
};

}  // namespace

std::span<const Command> status_commands() { return kCommands; }

}  // namespace postern::control
