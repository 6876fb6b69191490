#include "identity/login_service.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "identity/names.h"

namespace postern::identity {

namespace {

constexpr std::size_t kMaxLogin = 254;

std::string_view terminal_of(ipc::LoginRequest::Service service) {
  return service == ipc::LoginRequest::Service::kPanel ? "postern-panel" : "postern-submission";
}

ipc::LoginReply::Reason reason_of(PamOutcome outcome) {
  using Reason = ipc::LoginReply::Reason;
  switch (outcome) {
    case PamOutcome::kGranted: return Reason::kOk;
    case PamOutcome::kBadPassword: return Reason::kBadPassword;
    case PamOutcome::kUnknown: return Reason::kUnknownPerson;
    case PamOutcome::kLocked: return Reason::kLocked;
    case PamOutcome::kExpired: return Reason::kExpired;
    case PamOutcome::kUnavailable: return Reason::kUnavailable;
  }
  return Reason::kUnavailable;
}

/// Whether anybody could be meant: a name, or something like a mail address.
bool is_login(std::string_view user) {
  if (user.size() > kMaxLogin) return false;
  return is_person_name(to_lower(user)) || (user.contains('@') && is_utf8(user) && normal_address(user).has_value());
}

}  // namespace

MonoTime answer_time(MonoTime arrived, MonoTime now, config::Duration delay) {
  if (delay <= config::Duration::zero()) return arrived;
  const auto step = std::chrono::duration_cast<MonoTime::duration>(delay);
  const auto passed = std::max(now - arrived, MonoTime::duration(1));
  return arrived + (passed + step - MonoTime::duration(1)) / step * step;
}

LoginService::LoginService(asio::any_io_executor executor, const config::Login& login, const config::People& people,
                           Verifier& verifier, const Clock& clock)
    : executor_(executor),
      login_(login),
      shadow_(people.passwords + "/shadow"),
      verifier_(verifier),
      clock_(clock),
      people_(people.file),
      throttle_(login.throttle, clock),
      cache_(login.cache, clock),
      slots_(executor, login.pool, login.waiting),
      passwords_(FileIdentity::of(shadow_)) {}

std::string LoginService::service_of(ipc::LoginRequest::Service service) const {
  return service == ipc::LoginRequest::Service::kPanel ? login_.pam_service + "-panel" : login_.pam_service;
}

void LoginService::notice_changes() {
  people_.current();
  const auto passwords = FileIdentity::of(shadow_);
  if (passwords == passwords_ && people_.generation() == people_generation_) return;
  passwords_ = passwords;
  people_generation_ = people_.generation();
  ++changes_;
  cache_.clear();
}

LoginService::Candidate LoginService::examine(const ipc::LoginRequest& request, std::string_view user) {
  Candidate candidate;
  candidate.directory = people_.current();
  const bool possible = is_login(user);
  candidate.person = possible ? candidate.directory->resolve(user) : nullptr;
  const auto binding =
      check_binding(*candidate.directory, candidate.person, request.client, request.network, login_, clock_.wall());
  candidate.device = binding.device;
  candidate.verdict = possible ? judge(candidate, binding.verdict) : Reason::kMalformed;
  if (candidate.person != nullptr) {
    candidate.attempt.account = candidate.person->name;
  } else if (possible) {
    candidate.attempt.account = to_lower(user);
  }
  candidate.attempt.source = source_of(binding.device == nullptr ? "" : binding.device->name, request.client);
  candidate.attempt.own_device = binding.verdict == BindingVerdict::kAllowed && binding.device != nullptr &&
                                 candidate.person != nullptr && binding.device->person == candidate.person->name;
  candidate.attempt.could_succeed = candidate.verdict == Reason::kOk;
  return candidate;
}

ipc::LoginReply::Reason LoginService::judge(const Candidate& candidate, BindingVerdict binding) const {
  if (candidate.person == nullptr) return Reason::kUnknownPerson;
  if (binding == BindingVerdict::kWrongDevice) return Reason::kWrongDevice;
  if (binding == BindingVerdict::kDeviceInactive) return Reason::kDeviceInactive;
  if (candidate.person->state != PersonState::kActive) return Reason::kLocked;
  if (candidate.person->expired(clock_.wall())) return Reason::kExpired;
  return Reason::kOk;
}

ipc::LoginReply LoginService::reply(const Candidate& candidate, Reason reason) const {
  ipc::LoginReply reply;
  reply.granted = reason == Reason::kOk;
  reply.reason = reason;
  if (candidate.person != nullptr) reply.person = candidate.person->name;
  if (candidate.device != nullptr) reply.device = candidate.device->name;
  if (reply.granted) reply.addresses = candidate.person->addresses;
  return reply;
}

std::optional<ipc::LoginReply> LoginService::quick(const ipc::LoginRequest& request, const Candidate& candidate) {
  if (const auto seconds = throttle_.wait(candidate.attempt)) {
    auto refusal = reply(candidate, Reason::kThrottled);
    refusal.retry_after = static_cast<std::uint32_t>(seconds->count());
    return refusal;
  }
  if (candidate.verdict != Reason::kOk || !cache_.matches(candidate.person->name, request.password))
    return std::nullopt;
  ++cache_hits_;
  throttle_.succeeded(candidate.attempt);
  return reply(candidate, Reason::kOk);
}

asio::awaitable<ipc::LoginReply> LoginService::decide(const ipc::LoginRequest& request) {
  const MonoTime deadline = clock_.mono() + login_.timeout;
  notice_changes();
  const auto first = examine(request, request.user);
  if (auto known = quick(request, first)) co_return std::move(*known);
  const auto place = co_await slots_.enter(deadline - clock_.mono());
  if (!place) co_return reply(first, Reason::kUnavailable);
  // Others from there may have failed or succeeded while this one waited: a flood of parallel guesses gets no further
  // than the throttle's limit, and a burst of right logins costs one hash.
  notice_changes();
  auto candidate = examine(request, request.user);
  if (auto known = quick(request, candidate)) co_return std::move(*known);
  co_return co_await ask(request, std::move(candidate), deadline - clock_.mono());
}

asio::awaitable<ipc::LoginReply> LoginService::ask(const ipc::LoginRequest& request, Candidate candidate,
                                                   std::chrono::steady_clock::duration deadline) {
  PamRequest question;
  question.service = service_of(request.service);
  question.host = request.client.to_string();
  question.terminal = terminal_of(request.service);
  // Whoever is refused anyway costs a hash all the same, in the same queue, and nothing is learnt about the password.
  if (candidate.verdict == Reason::kOk && is_password(request.password.reveal())) {
    question.user = candidate.person->name;
    question.password = request.password.clone();
  }
  const std::uint64_t changes = changes_;
  const auto answer = co_await verifier_.verify(question, deadline);
  if (!answer) {
    log::warning("a login could not be checked", {{"reason", answer.error().context}});
    co_return reply(candidate, Reason::kUnavailable);
  }
  notice_changes();
  if (question.user.empty() && candidate.verdict == Reason::kOk) candidate.verdict = Reason::kBadPassword;
  auto decided = conclude(request, std::move(candidate), *answer);
  // What was checked against files that have changed meanwhile is not worth remembering.
  if (decided.granted && changes == changes_) cache_.remember(decided.person, request.password);
  co_return decided;
}

ipc::LoginReply LoginService::conclude(const ipc::LoginRequest& request, Candidate candidate, const PamAnswer& answer) {
  Reason reason = candidate.verdict;
  if (reason == Reason::kOk) reason = reason_of(answer.outcome);
  if (reason == Reason::kOk) {
    // PAM says who it really is, and meanwhile an administrator may have said no.
    candidate = examine(request, answer.user);
    reason = candidate.verdict;
  }
  if (reason == Reason::kUnavailable) {
    log::error("PAM can't check passwords",
               {{"code", std::to_string(answer.code)}, {"service", service_of(request.service)}});
  } else if (reason == Reason::kOk) {
    throttle_.succeeded(candidate.attempt);
  } else {
    throttle_.failed(candidate.attempt);
  }
  return reply(candidate, reason);
}

asio::awaitable<void> LoginService::delay(MonoTime arrived) {
  const MonoTime now = clock_.mono();
  const MonoTime until = answer_time(arrived, now, login_.failure_delay);
  if (until <= now) co_return;
  asio::steady_timer timer(executor_, until - now);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

void LoginService::reload(const config::Login& login) {
  login_ = login;
  throttle_.configure(login.throttle);
  cache_.configure(login.cache);
  slots_.resize(login.pool, login.waiting);
}

asio::awaitable<ipc::LoginReply> LoginService::answer(ipc::LoginRequest request) {
  const MonoTime arrived = clock_.mono();
  auto decided = co_await decide(request);
  request.password.wipe();
  ++replies_[static_cast<std::size_t>(decided.reason)];
  if (!decided.granted && decided.reason != Reason::kUnavailable) co_await delay(arrived);
  co_return decided;
}

}  // namespace postern::identity
