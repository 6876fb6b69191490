#include <array>
#include <utility>

#include "smtp/client.h"
#include "smtp/server.h"

namespace postern::smtp {

namespace {

/// In the order of Fault.
constexpr std::array<std::string_view, kFaults> kFaultNames{
    "none",
    "unknown-command",
    "not-implemented",
    "sequence",
    "syntax",
    "parameter",
    "address",
    "non-ascii-address",
    "no-tls",
    "auth-without-tls",
    "no-auth",
    "auth-syntax",
    "auth-cancelled",
    "auth-mechanism",
    "auth-identity",
    "auth-user",
    "recipient-limit",
    "size-limit",
    "text-line-limit",
    "command-line-limit",
    "bare-line-end",
    "nul",
    "pipelining",
    "starttls-injection",
    "chunk-size",
    "error-limit",
    "auth-limit",
    "refused-recipient-limit",
    "idle-limit",
    "message-limit",
    "reset",
    "end-of-stream",
    "quit",
    "driver",
};

constexpr std::array<std::string_view, 12> kStageNames{"greeting", "hello",   "starttls", "auth",  "mail", "rcpt",
                                                       "data",     "content", "final",    "reset", "quit", "ready"};
constexpr std::array<std::string_view, 4> kOutcomeNames{"accepted", "deferred", "failed", "uncertain"};

}  // namespace

std::string_view to_string(Fault fault) { return kFaultNames[std::to_underlying(fault)]; }
std::string_view to_string(Mechanism mechanism) { return mechanism == Mechanism::kPlain ? "PLAIN" : "LOGIN"; }
std::string_view to_string(Stage stage) { return kStageNames[std::to_underlying(stage)]; }
std::string_view to_string(Outcome outcome) { return kOutcomeNames[std::to_underlying(outcome)]; }

}  // namespace postern::smtp
