#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>

#include "base/error.h"
#include "base/fd.h"

namespace postern::identity {

/// The process that starts PAM workers: one fresh process for each conversation, so that a module that hangs can be
/// killed with all that it started, one that crashes takes nobody along, and no password outlives its check. It is
/// forked from postern-auth before that confines itself, because workers run programs (pam_unix starts unix_chkpwd) and
/// postern-auth must not. It ends with postern-auth: the socket between them closes.
///
/// One thread.
class PamLauncher {
 public:
  /// Forks the launcher. Call it before the first thread is started. `confine` runs in it before the first request;
  /// when that fails, so does this.
  static Result<PamLauncher> start(const std::function<Result<void>()>& confine);

  /// Starts a worker that serves `socket`, the other end of which the caller keeps: it reads one PamRequest up to the
  /// end of the stream, writes one PamAnswer and ends. `id` is the caller's, for kill(). kUnavailable when the launcher
  /// has ended.
  Result<void> start_worker(std::uint64_t id, UniqueFd socket);
  /// Kills a worker and all that it started. Nothing happens if it has ended by itself.
  void kill_worker(std::uint64_t id);

  /// Becomes readable when the launcher ends: then postern-auth must end as well.
  int control() const { return control_.get(); }
  pid_t pid() const { return pid_; }

 private:
  PamLauncher(UniqueFd control, pid_t pid) : control_(std::move(control)), pid_(pid) {}

  UniqueFd control_;
  pid_t pid_;
};

}  // namespace postern::identity
