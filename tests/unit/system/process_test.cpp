#include "system/process.h"

#include <signal.h>
#include <stdlib.h>

#include <catch2/catch_test_macros.hpp>

#include "support.h"

using namespace postern;
using namespace postern::system;
using namespace std::chrono_literals;
using test::wait_for;

namespace {
const std::string kShell = "/bin/sh";  // a tool to run here; the code under test gives it a list of arguments, no line
}

TEST_CASE("a tool gets its input and gives its output, whatever their size") {
  asio::io_context context;
  const std::string input(1 << 20, 'x');
  const auto outcome = wait_for(context, run({"/bin/cat"}, input, 10s));
  REQUIRE(outcome);
  CHECK(outcome->exit_code == 0);
  CHECK(outcome->output == input);
}

TEST_CASE("arguments reach the tool as they are") {
  asio::io_context context;
  const auto output = wait_for(context, run_checked({"/bin/echo", "$(id)", "; false", "a b"}, {}, 10s));
  CHECK(output == "$(id) ; false a b\n");
}

TEST_CASE("input can be opened by name, as wg does") {
  asio::io_context context;
  CHECK(wait_for(context, run_checked({"/bin/cat", "/dev/stdin"}, "secret", 10s)) == "secret");
}

TEST_CASE("a tool that fails is quoted with its first line only") {
  asio::io_context context;
  const auto failed =
      wait_for(context, run_checked({kShell, "-c", "echo bad news >&2; echo more >&2; exit 3"}, {}, 10s));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().context == "/bin/sh ended with 3: bad news");
  const auto killed = wait_for(context, run({kShell, "-c", "kill -9 $$"}, {}, 10s));
  REQUIRE(killed);
  CHECK(killed->exit_code == 128 + 9);
}

TEST_CASE("there is no environment and no descriptor but the three") {
  asio::io_context context;
  ::setenv("POSTERN_TEST_SECRET", "in the environment", 1);
  const auto environment = wait_for(context, run_checked({"/usr/bin/env"}, {}, 10s));
  REQUIRE(environment);
  CHECK_FALSE(environment->contains("POSTERN_TEST_SECRET"));
  const auto open = wait_for(context, run_checked({kShell, "-c", "ls /proc/$$/fd"}, {}, 10s));
  CHECK(open == "0\n1\n2\n");
}

TEST_CASE("a tool that hangs is ended, one that is missing is an error") {
  asio::io_context context;
  const auto before = std::chrono::steady_clock::now();
  const auto hung = wait_for(context, run({"/bin/sleep", "60"}, {}, 100ms));
  REQUIRE_FALSE(hung);
  CHECK(hung.error().code == ErrorCode::kTimeout);
  CHECK(std::chrono::steady_clock::now() - before < 10s);
  const auto missing = wait_for(context, run({"/nonexistent/tool"}, {}, 1s));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::kNotFound);
}

TEST_CASE("a tool that never stops talking is ended before it fills the memory") {
  asio::io_context context;
  const auto flood = wait_for(context, run({"/bin/cat", "/dev/zero"}, {}, 30s));
  REQUIRE(flood);
  CHECK(flood->exit_code != 0);
  CHECK(flood->output.size() == kMaxOutput);
}

TEST_CASE("a child's end is noticed, and it ends with its owner") {
  asio::io_context context;
  auto quick = Child::start(context.get_executor(), {kShell, "-c", "exit 7"});
  REQUIRE(quick);
  CHECK(wait_for(context, quick->wait(10s)) == 7);
  auto asked = Child::start(context.get_executor(), {"/bin/sleep", "60"});
  REQUIRE(asked);
  asked->terminate();
  CHECK(wait_for(context, asked->wait(10s)) == 128 + 15);
  pid_t pid = -1;
  {
    const auto dropped = Child::start(context.get_executor(), {"/bin/sleep", "60"});
    REQUIRE(dropped);
    pid = dropped->pid();
    CHECK(::kill(pid, 0) == 0);
  }
  CHECK(::kill(pid, 0) != 0);
}
