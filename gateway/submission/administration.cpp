#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>

#include "base/encoding.h"
#include "submission/submission.h"

namespace postern::submission {

namespace json = boost::json;

namespace {

json::object to_json(const ipc::ListenerAdd& listener) {
  json::array sources;
  for (const IpNetwork& network : listener.sources) sources.emplace_back(network.to_string());
  json::array refused;
  for (const IpAddress& address : listener.refused) refused.emplace_back(address.to_string());
  const bool implicit = listener.mode == ipc::ListenerAdd::Mode::kSubmissions;
  return {{"key", listener.key},
          {"link", listener.link},
          {"ifindex", listener.ifindex},
          {"network", ipc::to_string(listener.network)},
          {"mode", implicit ? "submissions" : "submission"},
          {"local", listener.local.to_string()},
          {"sources", std::move(sources)},
          {"refused", std::move(refused)}};
}

json::object to_json(const SessionView& view) {
  return {{"session", base32_id(view.id)}, {"client", view.client},     {"link", view.link},
          {"person", view.person},         {"device", view.device},     {"tls", view.tls},
          {"state", view.state},           {"messages", view.messages}, {"seconds", view.age.count()}};
}

json::object to_json(const Counters& counters) {
  return {{"accepted", counters.accepted.load()},       {"refused", counters.refused.load()},
          {"turned_away", counters.turned_away.load()}, {"handshakes", counters.handshakes.load()},
          {"resumed", counters.resumed.load()},         {"tls_failures", counters.tls_failures.load()},
          {"logins", counters.logins.load()},           {"login_failures", counters.login_failures.load()},
          {"messages", counters.messages.load()},       {"message_bytes", counters.message_bytes.load()},
          {"rejected", counters.rejected.load()},       {"aborted", counters.aborted.load()}};
}

}  // namespace

asio::awaitable<http::Response> Submission::show_status() {
  json::array listeners;
  for (const auto& listener : listeners_->list()) listeners.push_back(to_json(listener));
  std::size_t memory = 0;
  bool ledger_full = false;
  for (const auto& worker : workers_) {
    memory += worker->memory();
    ledger_full = ledger_full || worker->ledger_full();
  }
  const EventSink& events = workers_.front()->events();
  co_return http::reply(json::object{{"daemon", "postern-submit"},
                                     {"started", format_rfc3339(started_)},
                                     {"workers", workers_.size()},
                                     {"system_connected", link_->connected()},
                                     {"vault_connected", events.connected()},
                                     {"ledger_full", ledger_full},
                                     {"sessions", listeners_->open()},
                                     {"before_login", listeners_->before_login()},
                                     {"memory", memory},
                                     {"counters", to_json(counters_)},
                                     {"tls",
                                      {{"fingerprint", tls_->fingerprint()},
                                       {"subject", tls_->subject()},
                                       {"not_after", format_rfc3339(tls_->not_after())}}},
                                     {"listeners", std::move(listeners)}});
}

asio::awaitable<http::Response> Submission::show_sessions() {
  json::array sessions;
  for (const SessionView& view : co_await all_sessions()) sessions.push_back(to_json(view));
  co_return http::reply(json::object{{"sessions", std::move(sessions)}});
}

asio::awaitable<http::Response> Submission::end_sessions_now(const http::Request& request) {
  const auto body = request.object();
  if (!body) co_return http::problem(body.error());
  ipc::EndSessions which;
  for (const auto& [key, value] : *body) {
    if (key == "person" && value.is_string()) {
      which.person = value.as_string();
    } else if (key == "reason" && value.is_string()) {
      which.reason = value.as_string();
    } else if (key == "source" && value.is_string()) {
      const auto address = IpAddress::parse(std::string_view(value.as_string()));
      if (!address) co_return http::problem(address.error());
      which.sources.push_back(*address);
    } else {
      co_return http::problem(422, "Unknown field", "allowed are the texts person, source and reason");
    }
  }
  if (which.person.empty() && which.sources.empty()) {
    co_return http::problem(422, "Nobody named", "name a person, a source address, or both");
  }
  if (which.reason.empty()) which.reason = "administrator";
  end_sessions(which);
  co_return http::no_content();
}

asio::awaitable<http::Response> Submission::reload_now() {
  reload_certificate();
  co_return co_await show_status();
}

void Submission::add_routes(http::Router& router) {
  using http::Access;
  using http::Method;
  router.add(Method::kGet, "/v1/status", Access::kRead, [this](const http::Request&) { return show_status(); });
  router.add(Method::kGet, "/v1/sessions", Access::kRead, [this](const http::Request&) { return show_sessions(); });
  router.add(Method::kPost, "/v1/sessions/end", Access::kWrite,
             [this](const http::Request& request) { return end_sessions_now(request); });
  router.add(Method::kPost, "/v1/certificate/reload", Access::kWrite,
             [this](const http::Request&) { return reload_now(); });
}

}  // namespace postern::submission
