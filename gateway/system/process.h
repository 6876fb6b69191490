#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

/// Starting the few tools that postern-system needs: by path and argument list, never through a shell, with a small
/// fixed environment and no descriptors but the standard three.
namespace postern::system {

namespace asio = boost::asio;

/// A program and its arguments. (An initializer list of them inside a co_await expression crashes GCC 14.)
template <class... Words>
std::vector<std::string> command(const Words&... words) {
  std::vector<std::string> argv;
  argv.reserve(sizeof...(words));
  (argv.emplace_back(words), ...);
  return argv;
}

/// What a tool said and how it ended.
struct Outcome {
  int exit_code = 0;   ///< 128 + signal when a signal ended it
  std::string output;  ///< standard output, at most kMaxOutput bytes; may hold secrets
  std::string errors;  ///< standard error
};
inline constexpr std::size_t kMaxOutput = 16 << 20;

/// Runs a tool to its end with `input` on its standard input (from memory, no pipe that could fill up). argv[0] is an
/// absolute path. kTimeout kills it after `deadline`; kNotFound when there is no such program. Output over kMaxOutput
/// ends the tool (SIGXFSZ).
asio::awaitable<Result<Outcome>> run(std::vector<std::string> argv, std::string_view input,
                                     std::chrono::steady_clock::duration deadline);

/// The same, and anything but exit code 0 is an error that quotes the first line of what the tool complained about.
asio::awaitable<Result<std::string>> run_checked(std::vector<std::string> argv, std::string_view input,
                                                 std::chrono::steady_clock::duration deadline);

/// A program that keeps running: it writes to our standard error, and the kernel ends it when this process ends in
/// whatever way, so that no orphan holds on to an interface. Destroying the object kills it. One executor.
class Child {
 public:
  static Result<Child> start(const asio::any_io_executor& executor, const std::vector<std::string>& argv);
  /// Takes over a child that this process has forked; on an error it is killed.
  static Result<Child> adopt(const asio::any_io_executor& executor, pid_t pid);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  /// Waits for its end and returns its exit code (see Outcome). kTimeout if it still runs after `deadline`.
  asio::awaitable<Result<int>> wait(std::chrono::steady_clock::duration deadline);
  /// The same without a deadline; kClosed when the wait was cancelled.
  asio::awaitable<Result<int>> wait();
  /// Asks it to end (SIGTERM).
  void terminate();
  pid_t pid() const { return pid_; }

 private:
  Child(asio::posix::stream_descriptor exited, pid_t pid) : exited_(std::move(exited)), pid_(pid) {}
  Result<int> reap();

  asio::posix::stream_descriptor exited_;  ///< a pidfd: readable when the process has ended
  pid_t pid_ = -1;                         ///< -1: reaped
};

}  // namespace postern::system
