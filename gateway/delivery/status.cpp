#include "delivery/status.h"

namespace postern::delivery {

namespace {

namespace asio = boost::asio;
namespace json = http::json;

json::value route_document(const Snapshot& shot) {
  if (!shot.route) return nullptr;
  return json::object{{"name", shot.route->name},
                      {"host", shot.route->host},
                      {"port", shot.route->port},
                      {"tls", shot.route->tls == smtp::TlsUse::kImplicit ? "implicit" : "starttls"},
                      {"login", shot.route->credentials.has_value()},
                      {"state", to_string(shot.state)},
                      {"failures", shot.failures},
                      {"reason", shot.reason},
                      {"wakes_in_ms", shot.wakes_in.count()},
                      {"window", shot.window}};
}

json::object counters_document(const Counters& counters) {
  return {{"messages", counters.messages},
          {"recipients_delivered", counters.delivered},
          {"recipients_deferred", counters.deferred},
          {"recipients_failed", counters.failed},
          {"replies_lost", counters.uncertain},
          {"bytes", counters.bytes},
          {"sessions", counters.sessions},
          {"sessions_failed", counters.sessions_failed},
          {"sessions_reused", counters.reused}};
}

asio::awaitable<http::Response> status(const Dispatcher& dispatcher) {
  co_return http::reply(status_document(dispatcher.snapshot()));
}

asio::awaitable<http::Response> retry(Dispatcher& dispatcher) {
  co_return http::reply(json::object{{"woken", dispatcher.retry_now()}});
}

}  // namespace

json::object status_document(const Snapshot& shot) {
  return {{"route", route_document(shot)},
          {"problem", shot.problem},
          {"sessions", json::object{{"open", shot.sessions}, {"idle", shot.idle}, {"opening", shot.opening}}},
          {"messages", json::object{{"parked", shot.parked}, {"in_flight", shot.in_flight}}},
          {"vault", json::object{{"connected", shot.vault_connected}, {"unsettled", shot.unsettled}}},
          {"counters", counters_document(shot.counters)}};
}

void add_routes(http::Router& router, Dispatcher& dispatcher) {
  router.add(http::Method::kGet, "/v1/status", http::Access::kRead,
             [&dispatcher](const http::Request&) { return status(dispatcher); });
  router.add(http::Method::kPost, "/v1/retry", http::Access::kWrite,
             [&dispatcher](const http::Request&) { return retry(dispatcher); });
}

}  // namespace postern::delivery
