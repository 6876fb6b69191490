#include "system/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <format>
#include <utility>

#include "base/text.h"

namespace postern::system {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr int kExecFailed = 127;
constexpr std::size_t kQuotedComplaint = 400;

/// Standard input, output and error of the program to start; -1 leaves what we have ourselves.
struct Streams {
  int in = -1;
  int out = -1;
  int err = -1;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// Runs in the forked child, all signals blocked: async-signal-safe calls only, and never returns.
[[noreturn]] void become(char* const* argv, char* const* environment, const Streams& streams, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the line above: then nobody would ever send the signal.
  if (::getppid() != parent) ::_exit(kExecFailed);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (streams.in >= 0) ::dup2(streams.in, STDIN_FILENO);
  if (streams.out >= 0) {
    ::dup2(streams.out, STDOUT_FILENO);
    const rlimit size{kMaxOutput, kMaxOutput};
    ::setrlimit(RLIMIT_FSIZE, &size);
  }
  if (streams.err >= 0) ::dup2(streams.err, STDERR_FILENO);
  ::syscall(SYS_close_range, 3U, ~0U, 0U);
  ::execve(argv[0], argv, environment);
  ::_exit(kExecFailed);
}

Result<pid_t> spawn(std::vector<std::string> argv, const Streams& streams) {
  if (::access(argv.at(0).c_str(), X_OK) != 0) return fail_errno("run " + argv[0], errno);
  std::vector<std::string> environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "WG_COLOR_MODE=never",
                                          "LOG_LEVEL=error", "WG_PROCESS_FOREGROUND=1"};
  const auto arguments = pointers(argv);
  const auto variables = pointers(environment);
  const pid_t parent = ::getpid();
  // No signal may reach the child while it still has our handlers: they would write into our own event loop.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  const int error = errno;
  if (pid == 0) become(arguments.data(), variables.data(), streams, parent);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return fail_errno("fork", error);
  return pid;
}

/// A file without a name: the tool's whole input or output, with no pipe to feed while it runs.
Result<UniqueFd> memory_file(const char* name, std::string_view content) {
  UniqueFd file(::memfd_create(name, MFD_CLOEXEC));
  if (!file) return fail_errno("memfd_create", errno);
  while (!content.empty()) {
    const ssize_t written = ::write(file.get(), content.data(), content.size());
    if (written < 0) return fail_errno("write to memory", errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return fail_errno("lseek", errno);
  return file;
}

Result<std::string> content_of(int fd) {
  const off_t size = ::lseek(fd, 0, SEEK_END);
  if (size < 0) return fail_errno("lseek", errno);
  std::string content(static_cast<std::size_t>(size), '\0');
  const ssize_t got = ::pread(fd, content.data(), content.size(), 0);
  if (got < 0) return fail_errno("read from memory", errno);
  content.resize(static_cast<std::size_t>(got));
  return content;
}

std::string first_line(std::string_view text) {
  const std::string_view trimmed = trim(text);
  return printable(trimmed.substr(0, trimmed.find('\n')), kQuotedComplaint);
}

}  // namespace

Child::Child(Child&& other) noexcept : exited_(std::move(other.exited_)), pid_(std::exchange(other.pid_, -1)) {}

Child::~Child() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

Result<Child> Child::start(const asio::any_io_executor& executor, const std::vector<std::string>& argv) {
  const auto input = memory_file("input", {});
  if (!input) return fail(input.error());
  const auto pid = spawn(argv, {.in = input->get(), .err = STDERR_FILENO});
  if (!pid) return fail(pid.error());
  return adopt(executor, *pid);
}

Result<Child> Child::adopt(const asio::any_io_executor& executor, pid_t pid) {
  const auto fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U));
  if (fd >= 0) return Child(asio::posix::stream_descriptor(executor, fd), pid);
  const int error = errno;
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  return fail_errno("pidfd_open", error);
}

Result<int> Child::reap() {
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return fail(ErrorCode::kInternal, "waitpid found no ended child");
  pid_ = -1;
  constexpr int kBySignal = 128;
  return WIFSIGNALED(status) ? kBySignal + WTERMSIG(status) : WEXITSTATUS(status);
}

asio::awaitable<Result<int>> Child::wait(std::chrono::steady_clock::duration deadline) {
  const auto [error] =
      co_await exited_.async_wait(asio::posix::stream_descriptor::wait_read, asio::cancel_after(deadline, kAwait));
  if (error) co_return fail(ErrorCode::kTimeout, "the program did not end in time");
  co_return reap();
}

asio::awaitable<Result<int>> Child::wait() {
  const auto [error] = co_await exited_.async_wait(asio::posix::stream_descriptor::wait_read, kAwait);
  if (error) co_return fail(ErrorCode::kClosed, "nobody waits for the program any more");
  co_return reap();
}

void Child::terminate() {
  if (pid_ > 0) ::kill(pid_, SIGTERM);
}

asio::awaitable<Result<Outcome>> run(std::vector<std::string> argv, std::string_view input,
                                     std::chrono::steady_clock::duration deadline) {
  const auto executor = co_await asio::this_coro::executor;
  const auto in = memory_file("input", input);
  const auto out = memory_file("output", {});
  const auto err = memory_file("errors", {});
  for (const auto* file : {&in, &out, &err}) {
    if (!*file) co_return fail(file->error());
  }
  const std::string program = argv.at(0);
  const auto pid = spawn(std::move(argv), {in->get(), out->get(), err->get()});
  if (!pid) co_return fail(pid.error());
  auto child = Child::adopt(executor, *pid);
  if (!child) co_return fail(child.error());
  const auto code = co_await child->wait(deadline);
  if (!code) co_return fail(code.error().within(program));
  auto output = content_of(out->get());
  auto errors = content_of(err->get());
  if (!output) co_return fail(output.error());
  if (!errors) co_return fail(errors.error());
  co_return Outcome{*code, std::move(*output), std::move(*errors)};
}

asio::awaitable<Result<std::string>> run_checked(std::vector<std::string> argv, std::string_view input,
                                                 std::chrono::steady_clock::duration deadline) {
  const std::string program = argv.at(0);
  auto outcome = co_await run(std::move(argv), input, deadline);
  if (!outcome) co_return fail(outcome.error());
  if (outcome->exit_code != 0) {
    co_return fail(ErrorCode::kIo,
                   std::format("{} ended with {}: {}", program, outcome->exit_code, first_line(outcome->errors)));
  }
  co_return std::move(outcome->output);
}

}  // namespace postern::system
