#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/confine.h"
#include "base/log.h"
#include "base/profiles.h"
#include "daemons/command_line.h"
#include "http/server.h"
#include "identity/admin.h"
#include "identity/login_server.h"
#include "identity/login_service.h"
#include "identity/pam_launcher.h"
#include "identity/pam_pool.h"
#include "ipc/listener.h"
#include "ipc/peer.h"

/// postern-auth: decides logins. Two processes: the launcher, which may run PAM's modules and helpers, and the daemon
/// proper, which may run nothing. SIGHUP reads the section login of the configuration again; the paths of another one
/// need a restart, since both processes have shut themselves off from them.
namespace {

using namespace postern;
namespace asio = boost::asio;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
/// The folder is the gate, the peer's credentials the lock.
constexpr mode_t kSocketMode = 0666;

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

/// What the launcher keeps: the daemon's profile, whose calls and paths are PAM's.
Confinement launcher_profile(const config::Config& config, const std::string& file) {
  auto profile = profiles::auth({.config = file, .data = config.gateway.data, .run = config.gateway.run});
  profile.paths.read.push_back(config.people.passwords);
  profile.paths.sockets.clear();
  return profile;
}

/// The daemon proper reads people, looks at the password store from outside, and serves its two sockets.
Confinement daemon_profile(const config::Config& config, const std::string& file) {
  auto profile = launcher_profile(config, file);
  profile.calls = Calls::kReadFiles | Calls::kUnix;
  profile.filter = Filter::kKill;
  profile.paths.run.clear();
  profile.paths.read.push_back(parent_of(config.people.file));
  profile.paths.sockets = {config.gateway.run + "/auth"};
  return profile;
}

std::optional<uid_t> uid_if_there(const std::string& user) {
  const auto uid = ipc::uid_of(user);
  return uid ? std::optional(*uid) : std::nullopt;
}

/// Ends the daemon when its launcher ends: without it no password can be checked, and systemd starts both anew.
asio::awaitable<void> watch_launcher(asio::io_context& context, int control, int& status) {
  asio::posix::stream_descriptor descriptor(context, ::dup(control));
  co_await descriptor.async_wait(asio::posix::stream_descriptor::wait_read, kAwait);
  log::error("the PAM launcher has ended");
  status = EXIT_FAILURE;
  context.stop();
}

asio::awaitable<void> obey_signals(asio::io_context& context, identity::LoginService& service,
                                   const std::string& file) {
  asio::signal_set signals(context, SIGINT, SIGTERM, SIGHUP);
  for (;;) {
    const auto [error, signal] = co_await signals.async_wait(kAwait);
    if (error || signal != SIGHUP) break;
    if (const auto config = daemons::load_config(file)) {
      service.reload(config->login);
      log::notice("configuration loaded");
    } else {
      log::error("the configuration can't be used; the old one stays");
    }
  }
  context.stop();
}

int serve(const config::Config& config, identity::PamLauncher& launcher, const identity::Callers& callers,
          const std::string& file) {
  asio::io_context context(1);
  const auto hot_path = ipc::socket_path(config.gateway.run, "auth", "hot");
  const auto admin_path = ipc::socket_path(config.gateway.run, "auth", "admin");
  auto hot = ipc::listen_unix(context.get_executor(), hot_path, kSocketMode);
  auto admin = ipc::listen_unix(context.get_executor(), admin_path, kSocketMode);
  if (!hot || !admin) {
    log::error("a socket can't be made", {{"reason", hot ? admin.error().context : hot.error().context}});
    return EXIT_FAILURE;
  }
  identity::PamPool pool(context.get_executor(), launcher);
  identity::LoginService service(context.get_executor(), config.login, config.people, pool);
  identity::LoginServer server(service, callers);
  http::Router router;
  identity::add_routes(router, {service, server, pool, Clock::system().mono(), Clock::system()});
  const http::Policy policy = http::root_only;

  int status = EXIT_SUCCESS;
  asio::co_spawn(context, obey_signals(context, service, file), asio::detached);
  asio::co_spawn(context, watch_launcher(context, launcher.control(), status), asio::detached);
  asio::co_spawn(context, server.serve(*hot), asio::detached);
  asio::co_spawn(context, http::serve(std::move(*admin), router, policy), asio::detached);
  log::info("postern-auth is ready",
            {{"people", std::to_string(service.people().current()->document().people.size())}});
  context.run();
  // Logins under way are still in the context and hold on to what would be destroyed here before it; there is nothing
  // that a destructor would have to save.
  std::_Exit(status);
}

int run(const config::Config& config, const std::string& file) {
  auto launcher = identity::PamLauncher::start([&] { return confine(launcher_profile(config, file)); });
  if (!launcher) {
    log::error("can't start", {{"reason", launcher.error().context}});
    return EXIT_FAILURE;
  }
  const identity::Callers callers{uid_if_there("postern-submit"), uid_if_there("postern-panel")};
  if (const auto confined = confine(daemon_profile(config, file)); !confined) {
    log::error("can't confine itself", {{"reason", confined.error().context}});
    return EXIT_FAILURE;
  }
  return serve(config, *launcher, callers, file);
}

}  // namespace

int main(int argc, char** argv) {
  const auto line = daemons::parse_command_line("postern-auth", "decides Postern's logins", argc, argv);
  if (const int* status = std::get_if<int>(&line)) return *status;
  const auto& file = std::get<daemons::CommandLine>(line).config;
  const auto config = daemons::load_config(file);
  return config ? run(*config, file) : EXIT_FAILURE;
}
