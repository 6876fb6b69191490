#include "daemons/vault/admin.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <format>
#include <optional>

#include "base/encoding.h"
#include "base/text.h"
#include "ledger/event.h"
#include "ledger/reader.h"
#include "ledger/verify.h"

namespace postern::vault {

namespace {

namespace json = http::json;
using http::Access;
using http::Method;
using http::Request;
using http::Response;

constexpr std::size_t kMostListed = 1000;
constexpr std::size_t kUsuallyListed = 100;

struct Admin {
  Service& service;
  const HotServer& server;
  std::string ledger_folder;
};

std::string_view to_string(spool::RecipientState state) {
  switch (state) {
    case spool::RecipientState::kPending: return "pending";
    case spool::RecipientState::kDelivered: return "delivered";
    case spool::RecipientState::kFailed: return "failed";
    case spool::RecipientState::kCancelled: return "cancelled";
  }
  return "unknown";
}

std::string_view state_of(const spool::MessageInfo& message) {
  if (message.damaged) return "damaged";
  if (message.held) return "held";
  if (message.claimed) return "delivering";
  return message.attempts == 0 ? "queued" : "deferred";
}

std::string from_now(std::chrono::microseconds offset) { return format_rfc3339(Clock::system().wall() + offset); }

json::object view(const spool::MessageInfo& message) {
  json::array recipients;
  for (const auto& recipient : message.envelope.recipients) recipients.emplace_back(printable(recipient.address));
  return {{"id", base32_id(message.id)},
          {"state", state_of(message)},
          {"size", message.size},
          {"attempts", message.attempts},
          {"accepted", from_now(-message.age)},
          {"next_attempt", message.held ? json::value(nullptr) : json::value(from_now(message.next_attempt))},
          {"person", printable(message.envelope.person)},
          {"sender", printable(message.envelope.reverse_path)},
          {"recipients", std::move(recipients)}};
}

json::object detailed_view(const spool::MessageInfo& message) {
  auto object = view(message);
  json::array recipients;
  for (std::size_t i = 0; i < message.envelope.recipients.size(); ++i) {
    const auto* progress = i < message.recipients.size() ? &message.recipients[i] : nullptr;
    recipients.emplace_back(
        json::object{{"address", printable(message.envelope.recipients[i].address)},
                     {"state", to_string(progress == nullptr ? spool::RecipientState::kPending : progress->state)},
                     {"reply", progress == nullptr ? "" : printable(progress->reply)}});
  }
  object["recipients"] = std::move(recipients);
  object["device"] = printable(message.envelope.device);
  object["client"] = printable(message.envelope.client);
  object["session"] = base32_id(message.envelope.session);
  return object;
}

std::optional<std::uint64_t> number(const Request& request, const std::string& name, std::uint64_t otherwise) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return otherwise;
  return parse_decimal<std::uint64_t>(found->second);
}

Response malformed(std::string_view what) { return http::problem({ErrorCode::kInvalid, std::string(what)}); }

asio::awaitable<Response> get_status(const Admin& admin) {
  const auto status = admin.service.spool.status();
  co_return http::reply(json::object{{"messages", status.counts.messages},
                                     {"bytes", status.counts.bytes},
                                     {"delivering", status.counts.claimed},
                                     {"deferred", status.counts.deferred},
                                     {"held", status.counts.held},
                                     {"damaged", status.counts.damaged},
                                     {"accepting", status.refusing.empty() && !status.broken},
                                     {"refusing", status.refusing},
                                     {"broken", status.broken},
                                     {"transactions", status.log.transactions},
                                     {"flushes", status.log.flushes},
                                     {"log_bytes", status.log.bytes},
                                     {"segments", status.segments},
                                     {"free_bytes", status.free_bytes},
                                     {"ledger_seq", status.ledger_seq},
                                     {"connections", admin.server.connections()}});
}

asio::awaitable<Response> get_queue(const Admin& admin, const Request& request) {
  const auto limit = number(request, "limit", kUsuallyListed);
  const auto found = request.query.find("after");
  const auto after = found == request.query.end() ? std::optional<std::uint64_t>(0) : parse_base32_id(found->second);
  if (!limit || *limit == 0 || *limit > kMostListed) co_return malformed("limit must be a number from 1 to 1000");
  if (!after) co_return malformed("after must be a message's id");
  const auto messages = co_await off_loop(admin.service, [&spool = admin.service.spool, after = *after,
                                                          limit = *limit] { return spool.list(after, limit); });
  json::array list;
  for (const auto& message : messages) list.emplace_back(view(message));
  json::object document{{"messages", std::move(list)}};
  if (messages.size() == *limit) document["next"] = base32_id(messages.back().id);
  co_return http::reply(document);
}

asio::awaitable<Response> get_message(const Admin& admin, const Request& request) {
  const auto id = parse_base32_id(request.params.at("id"));
  if (!id) co_return malformed("that is no message's id");
  const auto message =
      co_await off_loop(admin.service, [&spool = admin.service.spool, id = *id] { return spool.inspect(id); });
  co_return message ? http::reply(detailed_view(*message)) : http::problem(message.error());
}

using Action = Result<void> (spool::Spool::*)(spool::MessageId, const std::vector<std::string>&, spool::Done);

asio::awaitable<Response> act(const Admin& admin, const Request& request, Action action, std::string_view event) {
  const auto id = parse_base32_id(request.params.at("id"));
  if (!id) co_return malformed("that is no message's id");
  const std::vector<std::string> events = {
      ledger::Event(event).id("message", *id).field("by", std::format("uid {}", request.peer.uid)).take()};
  const auto done = co_await durable(admin.service, [&](spool::Done callback) {
    return (admin.service.spool.*action)(*id, events, std::move(callback));
  });
  co_return done ? http::no_content() : http::problem(done.error());
}

asio::awaitable<Response> get_ledger(const Admin& admin, const Request& request) {
  const auto limit = number(request, "limit", kUsuallyListed);
  const auto from = number(request, "from", 1);
  if (!limit || *limit == 0 || *limit > kMostListed) co_return malformed("limit must be a number from 1 to 1000");
  if (!from) co_return malformed("from must be an entry's number");
  const auto entries = co_await off_loop(admin.service, [&folder = admin.ledger_folder, from = *from, limit = *limit] {
    return ledger::read_entries(Disk::system(), folder, from, limit);
  });
  if (!entries) co_return http::problem(entries.error());
  json::array list;
  for (const auto& entry : *entries) {
    // A ledger that somebody changed by hand may hold anything; it is shown as it is.
    boost::system::error_code broken;
    auto parsed = json::parse(entry, broken);
    list.emplace_back(broken ? json::value(printable(entry)) : std::move(parsed));
  }
  co_return http::reply(json::object{{"entries", std::move(list)}});
}

asio::awaitable<Response> post_verify(const Admin& admin) {
  const auto proof = co_await off_loop(admin.service, [&admin] {
    admin.service.spool.flush_ledger();
    const auto until = admin.service.spool.status().ledger_seq;
    return ledger::verify(Disk::system(), admin.ledger_folder, until);
  });
  if (!proof) co_return http::problem(proof.error());
  json::object document{{"intact", !proof->defect},
                        {"entries", proof->entries},
                        {"first", proof->first_seq},
                        {"last", proof->last_seq},
                        {"unproven", json::array(proof->unproven.begin(), proof->unproven.end())}};
  if (proof->defect) {
    document["defect"] = json::object{{"file", proof->defect->file},
                                      {"line", proof->defect->line},
                                      {"seq", proof->defect->seq},
                                      {"what", proof->defect->what}};
  }
  co_return http::reply(document);
}

}  // namespace

void add_routes(http::Router& router, Service& service, const HotServer& server, std::string ledger_folder) {
  const auto admin = std::make_shared<const Admin>(Admin{service, server, std::move(ledger_folder)});
  router.add(Method::kGet, "/v1/status", Access::kRead, [admin](const Request&) { return get_status(*admin); });
  router.add(Method::kGet, "/v1/queue", Access::kRead, [admin](const Request& r) { return get_queue(*admin, r); });
  router.add(Method::kGet, "/v1/queue/{id}", Access::kRead,
             [admin](const Request& r) { return get_message(*admin, r); });
  const auto add_action = [&](std::string_view path, Access access, Action action, std::string_view event) {
    router.add(Method::kPost, path, access,
               [admin, action, event](const Request& r) { return act(*admin, r, action, event); });
  };
  add_action("/v1/queue/{id}/hold", Access::kWrite, &spool::Spool::hold, "hold");
  add_action("/v1/queue/{id}/release", Access::kWrite, &spool::Spool::release, "release");
  add_action("/v1/queue/{id}/retry", Access::kWrite, &spool::Spool::retry, "retry");
  add_action("/v1/queue/{id}/cancel", Access::kDestructive, &spool::Spool::cancel, "cancel");
  router.add(Method::kGet, "/v1/ledger", Access::kRead, [admin](const Request& r) { return get_ledger(*admin, r); });
  router.add(Method::kPost, "/v1/ledger/verify", Access::kRead,
             [admin](const Request&) { return post_verify(*admin); });
}

}  // namespace postern::vault
