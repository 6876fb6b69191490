#pragma once

/// Protections that tests switch off one at a time, to prove that the tests notice. The switch exists only in builds
/// configured with POSTERN_MUTANTS=ON (CMake refuses that together with POSTERN_HARDENING); in every other build
/// mutant() is the constant false and no environment variable is read.
///
///   if (mutant(Mutant::kFirewall)) return {};
///
/// In a test build the environment variable POSTERN_MUTANT names the one that is off: "firewall", "device-binding",
/// "source-check", "pam", "login-binding", "sync".
namespace postern {

enum class Mutant {
  kFirewall,       ///< nftables rules (system/)
  kDeviceBinding,  ///< SO_BINDTODEVICE on listening sockets (system/)
  kSourceCheck,    ///< the daemon's own check of source and arrival link (submission/)
  kPam,            ///< the password check (identity/)
  kLoginBinding,   ///< a device of another person is refused (identity/)
  kSync,           ///< flushes to stable storage (spool/)
};

#ifdef POSTERN_MUTANTS
/// Whether this protection is switched off. Thread-safe; the environment is read once.
bool mutant(Mutant which);
#else
constexpr bool mutant(Mutant) { return false; }
#endif

}  // namespace postern
