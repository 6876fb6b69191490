#include "identity/pam_launcher.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "base/log.h"
#include "identity/launcher_wire.h"
#include "identity/processor_time.h"
#include "identity/yescrypt.h"

namespace postern::identity {

namespace {

[[noreturn]] void run(UniqueFd control, pid_t parent, const std::function<Result<void>()>& confine) {
  ::prctl(PR_SET_NAME, "auth-launcher");
  // What the parent does on a signal is its own business.
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  const auto confined = confine();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // becoming another user would undo it
  if (!confined) log::error("the PAM launcher can't confine itself", {{"reason", confined.error().context}});
  // The parent may have ended before its death could be noticed.
  if (!confined || ::getppid() != parent) ::_exit(EXIT_FAILURE);
  const auto before = processor_time();
  burn_hash();
  // A check that took less than half a hash had none in it.
  const auto floor = (processor_time() - before) / 2;
  const char ready = 1;
  if (::send(control.get(), &ready, 1, MSG_NOSIGNAL) != 1) ::_exit(EXIT_FAILURE);
  launcher::serve(std::move(control), floor);
}

}  // namespace

Result<PamLauncher> PamLauncher::start(const std::function<Result<void>()>& confine) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return fail_errno("socketpair", errno);
  UniqueFd own(pair[0]);
  UniqueFd other(pair[1]);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork", errno);
  if (pid == 0) {
    own.reset();
    run(std::move(other), parent, confine);
  }
  other.reset();
  char ready = 0;
  if (::recv(own.get(), &ready, 1, 0) != 1) {
    ::waitpid(pid, nullptr, 0);
    return fail(ErrorCode::kUnavailable, "the PAM launcher did not start");
  }
  return PamLauncher(std::move(own), pid);
}

Result<void> PamLauncher::start_worker(std::uint64_t id, UniqueFd socket) {
  return launcher::send(control_.get(), {launcher::Order::kStart, id}, socket.get());
}

void PamLauncher::kill_worker(std::uint64_t id) {
  // A failure means that the launcher has ended, and its workers with it.
  static_cast<void>(launcher::send(control_.get(), {launcher::Order::kKill, id}, -1));
}

}  // namespace postern::identity
