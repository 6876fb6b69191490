#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>
#include <variant>

#include "base/confine.h"
#include "base/log.h"
#include "base/profiles.h"
#include "daemons/command_line.h"
#include "delivery/dispatcher.h"
#include "delivery/status.h"
#include "http/server.h"
#include "ipc/listener.h"
#include "ipc/peer.h"
#include "ledger/event.h"

/// postern-deliver: brings mail to the smart host. Holds its secret and the outbound sockets; listens to nobody but the
/// administration, and keeps nothing: what became of a message is the vault's to know.
namespace {

using namespace postern;
namespace asio = boost::asio;

/// The folder is the gate, the peer's credentials the lock.
constexpr mode_t kSocketMode = 0666;

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

Confinement profile(const config::Config& config, const std::string& file) {
  auto made = profiles::deliver({.config = file, .data = config.gateway.data, .run = config.gateway.run});
  const config::SmartHost& host = config.delivery.smart_host;
  // The folders, not the files: a reload must see what replaced them.
  if (!host.ca_file.empty()) made.paths.read.push_back(folder_of(host.ca_file));
  if (!host.secret_file.empty()) made.paths.read.push_back(folder_of(host.secret_file));
  return made;
}

/// A route that can't be made leaves the one before in use, or none: mail waits, and the status says why.
delivery::Plan plan_of(const config::Config& config, delivery::RoutePtr before) {
  auto route = delivery::smart_host_route(config);
  if (route) return {config.delivery, std::move(*route), {}};
  log::error("the smart host can't be used", {{"reason", route.error().context}});
  return {config.delivery, std::move(before), route.error().context};
}

void say(delivery::Dispatcher& dispatcher, std::string_view event, const std::string& problem = {}) {
  dispatcher.event(ledger::Event(event).field("daemon", "deliver").field("reason", problem).take());
}

void reload(delivery::Dispatcher& dispatcher, const std::string& file) {
  const auto config = daemons::load_config(file);
  if (!config) {
    say(dispatcher, "config", "the configuration has mistakes; the one before stays in use");
    return;
  }
  auto plan = plan_of(*config, dispatcher.route());
  say(dispatcher, "config", plan.problem);
  dispatcher.reload(std::move(plan));
  log::info("configuration and secret were read again");
}

asio::awaitable<void> watch_signals(delivery::Dispatcher& dispatcher, std::string file) {
  asio::signal_set signals(co_await asio::this_coro::executor, SIGHUP, SIGINT, SIGTERM);
  for (;;) {
    const auto [error, number] = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error || number != SIGHUP) break;
    reload(dispatcher, file);
  }
  log::info("postern-deliver stops");
  say(dispatcher, "stop");
  co_await dispatcher.stop();
}

int serve(const config::Config& config, const std::string& file) {
  asio::io_context context(1);
  auto admin =
      ipc::listen_unix(context.get_executor(), ipc::socket_path(config.gateway.run, "deliver", "admin"), kSocketMode);
  if (!admin) {
    log::error("the administration socket can't be made", {{"reason", admin.error().context}});
    return EXIT_FAILURE;
  }
  delivery::Dispatcher dispatcher(context.get_executor(), Clock::system(),
                                  ipc::socket_path(config.gateway.run, "vault", "hot"), plan_of(config, nullptr));
  http::Router router;
  delivery::add_routes(router, dispatcher);
  const http::Policy policy = http::root_only;
  say(dispatcher, "start", dispatcher.snapshot().problem);
  asio::co_spawn(context, dispatcher.run(), asio::detached);
  asio::co_spawn(context, http::serve(std::move(*admin), router, policy), asio::detached);
  asio::co_spawn(context, watch_signals(dispatcher, file), [&context](const std::exception_ptr&) { context.stop(); });
  log::info("postern-deliver is ready", {{"smart_host", config.delivery.smart_host.host}});
  context.run();
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  const auto line =
      daemons::parse_command_line("postern-deliver", "brings Postern's mail to the next server", argc, argv);
  if (const int* status = std::get_if<int>(&line)) return *status;
  const auto& file = std::get<daemons::CommandLine>(line).config;
  const auto config = daemons::load_config(file);
  if (!config) return EXIT_FAILURE;
  if (const auto confined = confine(profile(*config, file)); !confined) {
    log::error("can't confine itself", {{"reason", confined.error().context}});
    return EXIT_FAILURE;
  }
  return serve(*config, file);
}
