#include "office.h"

namespace postern::delivery::test {

using namespace std::chrono_literals;

Office::Office()
    : authority(Certificate::make({.common_name = "Test authority", .subject_alt_name = {}, .authority = true})),
      certificate(Certificate::make({.common_name = "x", .subject_alt_name = std::string("DNS:") + kHost}, &authority)),
      authority_file(authority.pem()),
      vault(io) {
  settings.retry.route_first = 100ms;
  settings.retry.route_maximum = 400ms;
  settings.timeouts.stop = 500ms;
}

Office::~Office() {
  if (!dispatcher) return;
  bool stopped = false;
  asio::co_spawn(io, dispatcher->stop(), [&](const std::exception_ptr&) { stopped = true; });
  until([&] { return stopped; });
  pass(20ms);
}

void Office::serve(FakeServer::Script script, FakeServer::Settings wanted) {
  if (!wanted.tls) wanted.tls = certificate.server_context();
  server = std::make_unique<FakeServer>(std::move(wanted), std::move(script));
}

std::shared_ptr<Route> Office::route() const {
  auto route = std::make_shared<Route>();
  route->name = "smart-host";
  route->host = kHost;
  route->address = IpAddress::parse("127.0.0.1").value();
  route->port = server->port();
  route->hello_name = "gate.example";
  route->verifier =
      std::make_shared<const TlsClient>(TlsClient::create({TlsTrust::kCa, kHost, authority_file.path(), {}}).value());
  if (with_login) route->credentials.emplace("postern", Secret("s3cret"));
  return route;
}

void Office::deliver() {
  dispatcher =
      std::make_unique<Dispatcher>(io.get_executor(), Clock::system(), vault.path(), Plan{settings, route(), {}});
  asio::co_spawn(io, dispatcher->run(), asio::detached);
}

bool Office::until(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    io.restart();
    io.run_one_for(10ms);
  }
  return true;
}

void Office::pass(std::chrono::milliseconds time) {
  io.restart();
  io.run_for(time);
}

}  // namespace postern::delivery::test
