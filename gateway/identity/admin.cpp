#include "identity/admin.h"

#include <boost/json.hpp>
#include <utility>

namespace postern::identity {

namespace json = boost::json;

namespace {

/// As many as an administrator can look at.
constexpr std::size_t kMaxListed = 1000;

json::object status_of(const AdminParts& parts) {
  json::object logins;
  for (std::size_t i = 0; i < LoginService::kReasons; ++i) {
    logins[to_string(static_cast<ipc::LoginReply::Reason>(i))] = parts.service.replies()[i];
  }
  auto& people = parts.service.people();
  const auto& document = people.current()->document();
  const auto up = std::chrono::duration_cast<std::chrono::seconds>(parts.clock.mono() - parts.started);
  json::object status{{"daemon", "postern-auth"}, {"uptime", up.count()}, {"logins", std::move(logins)}};
  status["connections"] = parts.server.connections();
  status["pam"] = {{"running", parts.service.slots().busy()},
                   {"waiting", parts.service.slots().waiting()},
                   {"started", parts.pool.started()},
                   {"killed", parts.pool.killed()}};
  status["cache"] = {{"entries", parts.service.cache().size()}, {"hits", parts.service.cache_hits()}};
  status["throttle"] = {{"entries", parts.service.throttle().size()}};
  status["people"] = {{"people", document.people.size()}, {"devices", document.devices.size()}};
  status["people_error"] = people.error() ? json::value(people.error()->context) : json::value(nullptr);
  return status;
}

json::object waiting_of(const Throttle& throttle) {
  json::array list;
  for (const auto& entry : throttle.waiting(kMaxListed)) {
    list.push_back({{"account", entry.account},
                    {"source", entry.source},
                    {"seconds", entry.left.count()},
                    {"refusals", entry.refusals}});
  }
  return {{"waiting", std::move(list)}};
}

/// The text of an optional member; nullopt when it is something else.
std::optional<std::string> text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return std::string{};
  if (!value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

asio::awaitable<http::Response> get_status(AdminParts parts) { co_return http::reply(status_of(parts)); }

asio::awaitable<http::Response> get_throttle(AdminParts parts) {
  co_return http::reply(waiting_of(parts.service.throttle()));
}

asio::awaitable<http::Response> clear_throttle(AdminParts parts, const http::Request& request) {
  const auto body = request.object();
  if (!body) co_return http::problem(body.error());
  const auto account = text_of(*body, "account");
  const auto source = text_of(*body, "source");
  if (!account || !source) co_return http::problem(422, "Invalid request", "account and source are texts");
  parts.service.throttle().clear(*account, *source);
  co_return http::no_content();
}

asio::awaitable<http::Response> clear_cache(AdminParts parts) {
  parts.service.cache().clear();
  co_return http::no_content();
}

}  // namespace

void add_routes(http::Router& router, const AdminParts& parts) {
  using enum http::Method;
  using enum http::Access;
  router.add(kGet, "/v1/status", kRead, [parts](const http::Request&) { return get_status(parts); });
  router.add(kGet, "/v1/throttle", kRead, [parts](const http::Request&) { return get_throttle(parts); });
  router.add(kPost, "/v1/throttle/clear", kWrite,
             [parts](const http::Request& request) { return clear_throttle(parts, request); });
  router.add(kPost, "/v1/cache/clear", kWrite, [parts](const http::Request&) { return clear_cache(parts); });
}

}  // namespace postern::identity
