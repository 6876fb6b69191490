#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "certificates.h"
#include "delivery/dispatcher.h"
#include "fake_server.h"
#include "fake_vault.h"

namespace postern::delivery::test {

/// Everything that a delivery test needs: a vault, a certificate authority, and a dispatcher between vault and server.
class Office {
 public:
  /// The name in the server's certificate.
  static constexpr const char* kHost = "smart.example";

  Office();
  ~Office();

  /// Starts the smart host; STARTTLS, the authority's certificate and a script, unless the test says otherwise.
  void serve(FakeServer::Script script = {}, FakeServer::Settings settings = {});
  /// Starts the dispatcher on a route to the server.
  void deliver();

  /// Runs the event loop until the condition holds; false if it doesn't within the time.
  bool until(const std::function<bool()>& condition, std::chrono::milliseconds limit = std::chrono::seconds(10));
  /// Runs the event loop for some time.
  void pass(std::chrono::milliseconds time);
  /// A route to the server; `change` may alter it before it is finished.
  std::shared_ptr<Route> route() const;

  asio::io_context io;
  Certificate authority;
  Certificate certificate;
  TemporaryFile authority_file;
  FakeVault vault;
  std::unique_ptr<FakeServer> server;
  std::unique_ptr<Dispatcher> dispatcher;
  config::Delivery settings;
  bool with_login = true;
};

}  // namespace postern::delivery::test
