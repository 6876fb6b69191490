#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/text.h"
#include "ipc/channel.h"
#include "ipc/listener.h"
#include "ipc/listener_messages.h"
#include "ipc/peer.h"

/// Plays postern-system for postern-submit, so that it can be tried and measured alone.
///
///   listener_giver RUN LINK ADDRESS SUBMISSIONS_PORT SUBMISSION_PORT NETWORK...
///
/// Listens on ADDRESS at both ports (0: not), bound to LINK, and hands the sockets to whoever connects to
/// RUN/system/listeners.sock. Orders come on standard input, one a line: "end PERSON", "remove KEY", "reload"; its end
/// ends the program.
namespace {

using namespace postern;
namespace asio = boost::asio;

struct Given {
  ipc::ListenerAdd facts;
  UniqueFd socket;
};

struct Giver {
  asio::io_context context{1};
  std::vector<Given> given;
  std::shared_ptr<ipc::Channel> client;
};

constexpr std::chrono::seconds kPatience{5};

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "listener_giver: %s\n", why.c_str());
  std::exit(EXIT_FAILURE);
}

UniqueFd listen_on(const IpEndpoint& local, const std::string& link) {
  UniqueFd fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  const int off = 0;
  ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, link.c_str(), static_cast<socklen_t>(link.size())) != 0) {
    die("can't bind to device " + link);
  }
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(local.port);
  std::copy(local.address.bytes().begin(), local.address.bytes().end(), address.sin6_addr.s6_addr);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    die("can't bind to " + local.to_string());
  }
  if (::listen(fd.get(), SOMAXCONN) != 0) die("can't listen on " + local.to_string());
  return fd;
}

Given give(const std::string& link, const IpAddress& address, std::uint16_t port, ipc::ListenerAdd::Mode mode,
           const std::vector<IpNetwork>& networks) {
  Given made;
  made.facts.local = {address, port};
  made.facts.link = link;
  made.facts.ifindex = ::if_nametoindex(link.c_str());
  made.facts.key = link + " " + made.facts.local.to_string();
  made.facts.network = ipc::NetworkKind::kLan;
  made.facts.mode = mode;
  made.facts.sources = networks;
  made.socket = listen_on(made.facts.local, link);
  return made;
}

asio::awaitable<void> serve(Giver& giver, asio::local::stream_protocol::acceptor acceptor) {
  for (;;) {
    auto socket = co_await ipc::accept_unix(acceptor);
    if (!socket) co_return;
    const auto client = std::make_shared<ipc::Channel>(std::move(*socket));
    giver.client = client;
    for (const Given& given : giver.given) {
      if (!co_await client->send_with_descriptor(given.facts, given.socket.get(), kPatience)) break;
    }
    std::ignore = co_await client->send(ipc::ListenersComplete{}, kPatience);
    std::puts("given");
    std::fflush(stdout);
  }
}

asio::awaitable<void> obey(Giver& giver) {
  asio::posix::stream_descriptor input(giver.context, ::dup(STDIN_FILENO));
  std::string text;
  for (;;) {
    boost::system::error_code error;
    const auto size = co_await asio::async_read_until(input, asio::dynamic_buffer(text), '\n',
                                                      asio::redirect_error(asio::use_awaitable, error));
    if (error) {
      giver.context.stop();
      co_return;
    }
    const std::string line(trim(std::string_view(text).substr(0, size)));
    text.erase(0, size);
    if (!giver.client) continue;
    if (line.starts_with("end ")) giver.client->queue(ipc::EndSessions{line.substr(4), {}, "listener_giver"});
    if (line.starts_with("remove ")) giver.client->queue(ipc::ListenerRemove{line.substr(7)});
    if (line == "reload") giver.client->queue(ipc::ReloadCertificate{});
    std::ignore = co_await giver.client->flush(kPatience);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) die("usage: listener_giver RUN LINK ADDRESS SUBMISSIONS_PORT SUBMISSION_PORT NETWORK...");
  const std::string run = argv[1];
  const std::string link = argv[2];
  const auto address = IpAddress::parse(argv[3]);
  const auto submissions = parse_decimal<std::uint16_t>(argv[4]);
  const auto submission = parse_decimal<std::uint16_t>(argv[5]);
  if (!address || !submissions || !submission) die("a malformed address or port");
  std::vector<IpNetwork> networks;
  for (int i = 6; i < argc; ++i) {
    const auto network = IpNetwork::parse(argv[i]);
    if (!network) die(network.error().context);
    networks.push_back(*network);
  }
  Giver giver;
  using Mode = ipc::ListenerAdd::Mode;
  if (*submissions != 0) giver.given.push_back(give(link, *address, *submissions, Mode::kSubmissions, networks));
  if (*submission != 0) giver.given.push_back(give(link, *address, *submission, Mode::kSubmission, networks));

  const std::string path = ipc::socket_path(run, "system", "listeners");
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  auto acceptor = ipc::listen_unix(giver.context.get_executor(), path, 0666);
  if (!acceptor) die(acceptor.error().context);
  asio::co_spawn(giver.context, serve(giver, std::move(*acceptor)), asio::detached);
  asio::co_spawn(giver.context, obey(giver), asio::detached);
  giver.context.run();
  return EXIT_SUCCESS;
}
