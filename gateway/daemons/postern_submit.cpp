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
#include "config/load.h"
#include "daemons/command_line.h"
#include "http/server.h"
#include "ipc/listener.h"
#include "ipc/peer.h"
#include "submission/submission.h"

/// postern-submit: takes mail from the clients. SIGHUP reads configuration and certificate again, SIGTERM lets open
/// messages finish and stops.
namespace {

using namespace postern;
namespace asio = boost::asio;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
/// The folder is the gate, the peer's credentials the lock.
constexpr mode_t kSocketMode = 0666;

Confinement profile(const config::Config& config, const std::string& file) {
  auto wanted = profiles::submit({.config = file, .data = config.gateway.data, .run = config.gateway.run});
  wanted.paths.sockets = {config.gateway.run + "/submit"};
  // Files are replaced by renaming, so that their folders must be readable.
  for (const std::string& path : {config.submission.tls.certificate, config.submission.tls.key, file}) {
    wanted.paths.read.push_back(path.substr(0, path.rfind('/') + 1));
  }
  return wanted;
}

void reload(submission::Submission& submission, const std::string& file) {
  const auto loaded = config::load_file(file);
  for (const auto& problem : loaded.problems) log::error("configuration", {{"problem", problem.to_string()}});
  if (loaded.config) {
    submission.reload(*loaded.config);
    log::notice("configuration loaded");
  } else {
    log::error("the configuration can't be used; the old one stays");
  }
}

asio::awaitable<void> obey_signals(asio::io_context& context, submission::Submission& submission,
                                   const std::string& file) {
  asio::signal_set signals(context, SIGINT, SIGTERM, SIGHUP);
  for (;;) {
    const auto [error, signal] = co_await signals.async_wait(kAwait);
    if (error) co_return;
    if (signal != SIGHUP) break;
    reload(submission, file);
  }
  log::notice("stopping");
  co_await submission.stop();
  context.stop();
}

int serve(const config::Config& config, const std::string& file) {
  asio::io_context context(1);
  auto submission = submission::Submission::make(context, config, {});
  if (!submission) {
    log::error("can't start", {{"reason", submission.error().context}});
    return EXIT_FAILURE;
  }
  auto admin =
      ipc::listen_unix(context.get_executor(), ipc::socket_path(config.gateway.run, "submit", "admin"), kSocketMode);
  if (!admin) {
    log::error("the administration's socket can't be made", {{"reason", admin.error().context}});
    return EXIT_FAILURE;
  }
  http::Router router;
  const http::Policy policy = http::root_only;
  (*submission)->add_routes(router);
  asio::co_spawn(context, http::serve(std::move(*admin), router, policy), asio::detached);
  asio::co_spawn(context, obey_signals(context, **submission, file), asio::detached);
  (*submission)->start();
  log::info("postern-submit is ready");
  context.run();
  // Sessions that a stop could not end within its bounds are still in the context and hold on to what would be
  // destroyed here before it; there is nothing left that a destructor would have to save.
  std::_Exit(EXIT_SUCCESS);
}

}  // namespace

int main(int argc, char** argv) {
  const auto line = daemons::parse_command_line("postern-submit", "takes mail from the clients", argc, argv);
  if (const int* status = std::get_if<int>(&line)) return *status;
  const auto& file = std::get<daemons::CommandLine>(line).config;
  const auto config = daemons::load_config(file);
  if (!config) return EXIT_FAILURE;
  std::signal(SIGPIPE, SIG_IGN);
  if (const auto confined = confine(profile(*config, file)); !confined) {
    log::error("can't confine itself", {{"reason", confined.error().context}});
    return EXIT_FAILURE;
  }
  return serve(*config, file);
}
