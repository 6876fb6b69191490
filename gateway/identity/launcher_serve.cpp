#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "identity/launcher_wire.h"
#include "identity/pam_conversation.h"

namespace postern::identity::launcher {

namespace {

/// A worker by its process number, which stays its own until it is reaped here.
using Workers = std::map<std::uint64_t, pid_t>;

std::string read_request(int socket) {
  std::string bytes;
  bytes.resize(kMaxPamMessage);
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = ::read(socket, bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

void write_answer(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(socket, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return;  // postern-auth gave up waiting
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// The worker: one conversation, then the end. _exit, so that nothing that a module registered runs.
[[noreturn]] void work(UniqueFd socket, Floor floor) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::string bytes = read_request(socket.get());
  const auto request = decode_request(bytes);
  wipe(bytes);
  if (request) write_answer(socket.get(), encode(run_pam(*request, floor)));
  ::_exit(request ? EXIT_SUCCESS : EXIT_FAILURE);
}

void start(Workers& workers, Received received, int control, int signals, Floor floor) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(control);
    ::close(signals);
    work(std::move(received.fd), floor);
  }
  if (pid < 0) {
    log::error("a PAM worker can't be started", {{"reason", std::strerror(errno)}});
    return;  // its socket closes, which tells the one who waits
  }
  ::setpgid(pid, pid);  // here as well as in the worker: whoever comes first
  workers.emplace(received.packet.id, pid);
}

/// Children that are no workers are what dead workers left behind (modules start programs, pam_exec in sessions of
/// their own): the kernel gave them to this process, the subreaper. When they end, their children come here in turn.
void kill_strays(const Workers& workers) {
  const auto list = read_file("/proc/thread-self/children");
  if (!list) return;  // a kernel without CONFIG_PROC_CHILDREN: the worker's group is dead all the same
  for (const auto text : split(trim(*list), ' ')) {
    const auto pid = parse_decimal<pid_t>(text);
    const auto is_it = [&](const auto& worker) { return worker.second == pid; };
    if (pid && std::ranges::none_of(workers, is_it)) ::kill(*pid, SIGKILL);
  }
}

void reap(Workers& workers) {
  for (;;) {
    siginfo_t ended{};
    if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) break;
    // The group goes before its number is given back.
    ::kill(-ended.si_pid, SIGKILL);
    ::waitpid(ended.si_pid, nullptr, 0);
    std::erase_if(workers, [&](const auto& worker) { return worker.second == ended.si_pid; });
  }
  kill_strays(workers);
}

int open_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  // A terminal's Ctrl-C or a service manager's SIGTERM goes to the whole group: postern-auth decides when to end.
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  ::sigprocmask(SIG_SETMASK, &set, nullptr);
  return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

}  // namespace

void serve(UniqueFd control, Floor floor) {
  const int signals = open_signals();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  Workers workers;
  for (;;) {
    std::array<pollfd, 2> ready{pollfd{control.get(), POLLIN, 0}, pollfd{signals, POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), -1) < 0) continue;
    if (ready[1].revents != 0) {
      std::array<signalfd_siginfo, 16> events;
      while (::read(signals, events.data(), sizeof events) > 0) continue;
      reap(workers);
    }
    if (ready[0].revents == 0) continue;
    auto received = receive(control.get());
    if (!received) break;
    const auto known = workers.find(received->packet.id);
    if (received->packet.order == Order::kKill && known != workers.end()) ::kill(-known->second, SIGKILL);
    if (received->packet.order != Order::kStart || !received->fd || known != workers.end()) continue;
    start(workers, std::move(*received), control.get(), signals, floor);
  }
  for (const auto& [id, pid] : workers) ::kill(-pid, SIGKILL);
  kill_strays({});
  ::_exit(EXIT_SUCCESS);
}

}  // namespace postern::identity::launcher
