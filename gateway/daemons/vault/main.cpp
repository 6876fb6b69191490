#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <variant>

#include "base/confine.h"
#include "base/disk.h"
#include "base/log.h"
#include "base/profiles.h"
#include "daemons/command_line.h"
#include "daemons/vault/admin.h"
#include "daemons/vault/hot_server.h"
#include "http/server.h"
#include "ipc/listener.h"
#include "ledger/event.h"

/// postern-vault: the only writer of spool and ledger. No network.
namespace {

using namespace postern;
namespace asio = boost::asio;

/// The folder is the gate, the peer's credentials the lock.
constexpr mode_t kSocketMode = 0666;
constexpr unsigned kBlockingThreads = 4;
/// submission.limits.message_size bounds what the client sends; the completed header comes on top.
constexpr std::uint64_t kHeaderRoom = 1 << 20;

std::optional<uid_t> uid_if_there(const std::string& user) {
  const auto uid = ipc::uid_of(user);
  return uid ? std::optional(*uid) : std::nullopt;
}

spool::Options options_of(const config::Config& config) {
  return {.folder = config.spool.folder,
          .ledger_folder = config.ledger.folder,
          .segment_size = config.spool.segment_size,
          .inline_limit = config.spool.inline_limit,
          .checkpoint_every = config.spool.checkpoint_every,
          .ledger_file_size = config.ledger.file_size,
          .reserve_free = config.spool.reserve_free,
          .max_messages = config.spool.max_messages,
          .max_bytes = config.spool.max_size,
          .max_message_size = config.submission.limits.message_size + kHeaderRoom,
          .flush_window = config.spool.flush_window};
}

void note(spool::Spool& spool, std::string_view event) {
  if (const auto noted = spool.record({ledger::Event(event).field("daemon", "vault").take()}); !noted) {
    log::error("an event was not recorded", {{"reason", noted.error().context}});
  }
}

/// Serves until SIGTERM. The store goes after every connection, the event loop after the store.
int serve(const config::Config& config, const vault::Callers& callers) {
  asio::io_context context(1);
  asio::thread_pool blocking(kBlockingThreads);
  vault::HotServer* waked = nullptr;
  const spool::Hooks hooks{
      .post = [&context](std::move_only_function<void()> work) { asio::post(context, std::move(work)); },
      .alarm = [](const std::string& text) { log::error("ALARM", {{"what", text}}); },
      .due =
          [&context, &waked] {
            asio::post(context, [&waked] {
              if (waked != nullptr) waked->wake();
            });
          }};
  auto spool = spool::Spool::open(Disk::system(), Clock::system(), options_of(config), hooks);
  if (!spool) {
    log::error("the store can't be opened", {{"reason", spool.error().context}});
    return EXIT_FAILURE;
  }
  auto hot =
      ipc::listen_unix(context.get_executor(), ipc::socket_path(config.gateway.run, "vault", "hot"), kSocketMode);
  auto admin =
      ipc::listen_unix(context.get_executor(), ipc::socket_path(config.gateway.run, "vault", "admin"), kSocketMode);
  if (!hot || !admin) {
    log::error("a socket can't be made", {{"reason", hot ? admin.error().context : hot.error().context}});
    return EXIT_FAILURE;
  }
  vault::Service service{context, **spool, blocking};
  vault::HotServer server(service, callers);
  waked = &server;
  http::Router router;
  vault::add_routes(router, service, server, config.ledger.folder);
  const http::Policy policy = http::root_only;

  asio::steady_timer patience(context);
  asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) {
    hot->close();
    server.stop();
    // Administration's connections may idle; they must not hold the store open.
    patience.expires_after(server.connections() == 0 ? std::chrono::seconds(0) : std::chrono::seconds(1));
    patience.async_wait([&context](const boost::system::error_code&) { context.stop(); });
  });
  asio::co_spawn(context, server.serve(*hot), asio::detached);
  asio::co_spawn(context, http::serve(std::move(*admin), router, policy), asio::detached);
  note(**spool, "start");
  log::info("postern-vault is ready", {{"messages", std::to_string((*spool)->status().counts.messages)}});
  context.run();
  blocking.join();
  note(**spool, "stop");
  waked = nullptr;
  spool->reset();
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  const auto line = daemons::parse_command_line("postern-vault", "keeps Postern's spool and ledger", argc, argv);
  if (const int* status = std::get_if<int>(&line)) return *status;
  const auto& file = std::get<daemons::CommandLine>(line).config;
  const auto config = daemons::load_config(file);
  if (!config) return EXIT_FAILURE;
  const vault::Callers callers{uid_if_there("postern-submit"), uid_if_there("postern-deliver"),
                               uid_if_there("postern-auth")};
  auto profile = profiles::vault({.config = file, .data = config->gateway.data, .run = config->gateway.run});
  profile.paths.write = {config->spool.folder, config->ledger.folder};
  if (const auto confined = confine(profile); !confined) {
    log::error("can't confine itself", {{"reason", confined.error().context}});
    return EXIT_FAILURE;
  }
  return serve(*config, callers);
}
