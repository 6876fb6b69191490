#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/confine.h"
#include "base/log.h"
#include "base/profiles.h"
#include "config/load.h"
#include "daemons/command_line.h"
#include "http/server.h"
#include "ipc/listener.h"
#include "ipc/peer.h"
#include "system/admin_api.h"
#include "system/agent.h"
#include "system/folders.h"

/// postern-system: the privileged agent. Root, bounded; takes no network input.
namespace {

using namespace postern;
namespace asio = boost::asio;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr auto kFlush = std::chrono::milliseconds(500);
constexpr mode_t kGroupSocket = 0660;

/// A socket that only root and the members of one group can reach.
Result<asio::local::stream_protocol::acceptor> listen(const asio::any_io_executor& executor, const std::string& path,
                                                      gid_t group) {
  auto acceptor = ipc::listen_unix(executor, path, kGroupSocket);
  if (acceptor && ::chown(path.c_str(), 0, group) != 0) return fail_errno("chown " + path, errno);
  return acceptor;
}

/// SIGHUP reads the configuration again. One that is wrong changes nothing; sections that other daemons read are
/// theirs to reload.
asio::awaitable<void> watch_reload(const std::string& file, config::Config& config, system::Agent& agent) {
  asio::signal_set signals(co_await asio::this_coro::executor, SIGHUP);
  for (;;) {
    const auto [error, number] = co_await signals.async_wait(kAwait);
    if (error) co_return;
    auto loaded = config::load_file(file);
    for (const auto& problem : loaded.problems) log::error("configuration", {{"problem", problem.to_string()}});
    if (!loaded.config) {
      log::error("the new configuration is not used", {{"file", file}});
      continue;
    }
    config = std::move(*loaded.config);
    log::notice("the configuration was read again", {{"file", file}});
    agent.configuration_changed();
  }
}

asio::awaitable<void> watch_end(asio::io_context& context, system::Agent& agent) {
  asio::signal_set signals(context, SIGINT, SIGTERM);
  co_await signals.async_wait(kAwait);
  agent.stop();
  // A moment for the last words to reach the ledger.
  asio::steady_timer timer(context, kFlush);
  co_await timer.async_wait(kAwait);
  context.stop();
}

asio::awaitable<void> start(system::Agent& agent, asio::io_context& context, int& status) {
  const auto opened = co_await agent.open();
  if (!opened) {
    log::error("people and devices can't be read", {{"reason", opened.error().context}});
    status = EXIT_FAILURE;
    context.stop();
    co_return;
  }
  agent.run();
  co_await agent.settled();
  log::info("postern-system is ready", {{"problems", std::to_string(agent.problems().size())}});
}

int serve(config::Config& config, const std::string& file, const system::Accounts& accounts) {
  asio::io_context context(1);
  const auto executor = context.get_executor();
  const auto made = system::Agent::make(executor, config, accounts);
  if (!made) {
    log::error("can't start", {{"reason", made.error().context}});
    return EXIT_FAILURE;
  }
  system::Agent& agent = **made;
  auto admin = listen(executor, ipc::socket_path(config.gateway.run, "system", "admin"), accounts.administrators);
  auto listeners = listen(executor, ipc::socket_path(config.gateway.run, "system", "listeners"), accounts.postern);
  if (!admin || !listeners) {
    log::error("a socket can't be made", {{"reason", (admin ? listeners : admin).error().context}});
    return EXIT_FAILURE;
  }
  http::Router router;
  system::add_routes(router, agent);
  const http::Policy policy = system::admin_policy(accounts.administrators);
  int status = EXIT_SUCCESS;
  asio::co_spawn(context, watch_end(context, agent), asio::detached);
  asio::co_spawn(context, watch_reload(file, config, agent), asio::detached);
  asio::co_spawn(context, start(agent, context, status), asio::detached);
  asio::co_spawn(context, agent.hand_over().serve(std::move(*listeners), accounts.submit), asio::detached);
  asio::co_spawn(context, http::serve(std::move(*admin), router, policy), asio::detached);
  context.run();
  return status;
}

/// The other daemons' sockets lie in folders that only they and the group postern may enter, and root without the
/// capability to is bound by modes like everybody. Under systemd the unit has given the group already.
Result<void> join(gid_t group) {
  constexpr int kMostGroups = 1024;
  std::vector<gid_t> groups(kMostGroups);
  const int count = ::getgroups(kMostGroups, groups.data());
  if (count < 0) return fail_errno("getgroups", errno);
  groups.resize(static_cast<std::size_t>(count));
  if (std::ranges::contains(groups, group)) return {};
  if (::setgroups(1, &group) != 0) return fail_errno("join the group of the daemons", errno);
  return {};
}

int run(config::Config config, const std::string& file) {
  const auto accounts = system::Accounts::find();
  if (!accounts) {
    log::error("an account is missing", {{"reason", accounts.error().context}});
    return EXIT_FAILURE;
  }
  if (const auto folders = system::prepare_folders(config, *accounts); !folders) {
    log::error("folders can't be made", {{"reason", folders.error().context}});
    return EXIT_FAILURE;
  }
  if (const auto joined = join(accounts->postern); !joined) {
    log::error("the other daemons can't be reached", {{"reason", joined.error().context}});
    return EXIT_FAILURE;
  }
  const auto profile = profiles::system({.config = file, .data = config.gateway.data, .run = config.gateway.run});
  if (const auto confined = confine(profile); !confined) {
    log::error("can't confine itself", {{"reason", confined.error().context}});
    return EXIT_FAILURE;
  }
  return serve(config, file, *accounts);
}

}  // namespace

int main(int argc, char** argv) {
  const auto line = daemons::parse_command_line(
      "postern-system", "keeps Postern's tunnel, firewall, listening sockets, people and devices", argc, argv);
  if (const int* status = std::get_if<int>(&line)) return *status;
  const auto& file = std::get<daemons::CommandLine>(line).config;
  auto config = daemons::load_config(file);
  return config ? run(std::move(*config), file) : EXIT_FAILURE;
}
