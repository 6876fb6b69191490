#include "identity/login_service.h"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "identity/edits.h"
#include "identity/store.h"
#include "support.h"

using namespace postern;
using namespace postern::identity;
using namespace std::chrono_literals;
using Reason = ipc::LoginReply::Reason;

namespace {

/// PAM in the test's hands.
class FakePam final : public Verifier {
 public:
  explicit FakePam(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  asio::awaitable<Result<PamAnswer>> verify(const PamRequest& request, std::chrono::steady_clock::duration) override {
    ++(request.user.empty() ? burnt : asked);
    last_service = request.service;
    asio::steady_timer timer(executor_, takes);
    co_await timer.async_wait(asio::use_awaitable);
    if (meanwhile) meanwhile();
    if (broken) co_return fail(ErrorCode::kTimeout, "hangs");
    if (request.user.empty()) co_return PamAnswer{PamOutcome::kUnknown, {}, 10};
    const auto found = passwords.find(request.user);
    if (found == passwords.end()) co_return PamAnswer{PamOutcome::kUnknown, request.user, 10};
    if (found->second != request.password.reveal()) co_return PamAnswer{PamOutcome::kBadPassword, request.user, 7};
    co_return PamAnswer{outcome, canonical.empty() ? request.user : canonical, 0};
  }

  std::map<std::string, std::string> passwords{{"ada", "right"}, {"bob", "bobs"}};
  PamOutcome outcome = PamOutcome::kGranted;
  std::string canonical;
  std::function<void()> meanwhile;
  std::chrono::milliseconds takes{0};
  bool broken = false;
  unsigned asked = 0;
  unsigned burnt = 0;
  std::string last_service;

 private:
  asio::any_io_executor executor_;
};

struct Fixture {
  asio::io_context context;
  TemporaryFolder folder;
  FakePam pam{context.get_executor()};
  config::Login login = fast();
  config::People people{.file = folder.file("people.json"), .passwords = folder.path()};
  std::unique_ptr<LoginService> made;

  static config::Login fast() {
    config::Login login;
    login.failure_delay = 0us;
    return login;
  }
  Fixture() { save(make_office()); }
  void save(const Document& document) { REQUIRE(save_document(people.file, document, ::getegid())); }
  void change_passwords() { std::ofstream(folder.file("shadow"), std::ios::app) << "x\n"; }
  LoginService& service() {
    if (!made) made = std::make_unique<LoginService>(context.get_executor(), login, people, pam);
    return *made;
  }
  static ipc::LoginRequest request(std::string_view user, std::string_view password,
                                   std::string_view client = "10.9.0.2") {
    ipc::LoginRequest made;
    made.user = user;
    made.password = Secret(password);
    made.client = ip(client);
    made.network = client.starts_with("192.") ? ipc::NetworkKind::kLan : ipc::NetworkKind::kTunnel;
    return made;
  }
  ipc::LoginReply ask(std::string_view user, std::string_view password, std::string_view client = "10.9.0.2") {
    return run(context, service().answer(request(user, password, client)));
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a right password from the own device is granted, with what the person may use") {
  const auto reply = ask("ada", "right");
  CHECK(reply.granted);
  CHECK(reply.reason == Reason::kOk);
  CHECK(reply.person == "ada");
  CHECK(reply.device == "ada-laptop");
  CHECK(reply.addresses == std::vector<std::string>{"ada@example.org", "office@example.org"});
  CHECK(pam.last_service == "postern");
}

TEST_CASE_METHOD(Fixture, "the person's name is found in other spellings") {
  CHECK(ask("ADA", "right").granted);
  CHECK(ask("Ada@Example.org", "right").person == "ada");
  CHECK(ask("office@example.org", "right").reason == Reason::kUnknownPerson);
}

TEST_CASE_METHOD(Fixture, "every refusal costs one hash and tells the ledger why") {
  Document office = make_office();
  office.people.push_back(make_person("carla"));
  office.people.push_back(make_person("dora"));
  office.people[2].state = PersonState::kSuspended;
  office.people[3].expires = WallTime(1s);
  save(office);
  struct Case {
    const char* user;
    const char* password;
    const char* client;
    Reason reason;
    bool asks;
  };
  const Case cases[] = {
      {"ada", "wrong", "10.9.0.2", Reason::kBadPassword, true},
      {"ada", "", "10.9.0.2", Reason::kBadPassword, false},
      {"eve", "right", "192.168.7.9", Reason::kUnknownPerson, false},
      {"ada", "right", "10.9.0.3", Reason::kWrongDevice, false},
      {"ada", "wrong", "10.9.0.99", Reason::kWrongDevice, false},
      {"carla", "right", "192.168.7.10", Reason::kLocked, false},
      {"dora", "right", "192.168.7.11", Reason::kExpired, false},
      {"Robert'); DROP--", "x", "192.168.7.12", Reason::kMalformed, false},
      {"", "x", "192.168.7.13", Reason::kMalformed, false},
      {"-schallenge", "x", "192.168.7.14", Reason::kMalformed, false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.user, c.client);
    const unsigned hashes = pam.asked + pam.burnt;
    const unsigned asked = pam.asked;
    const auto reply = ask(c.user, c.password, c.client);
    CHECK_FALSE(reply.granted);
    CHECK(reply.reason == c.reason);
    CHECK(reply.addresses.empty());
    CHECK(pam.asked + pam.burnt == hashes + 1);
    CHECK((pam.asked == asked + 1) == c.asks);
  }
}

TEST_CASE_METHOD(Fixture, "hostile names do no harm") {
  for (const std::string& user :
       {std::string(1'000'000, 'a'), std::string("ada\0", 4), std::string("ada\n"), std::string("\xff\xfe"),
        std::string("ada@\0example.org", 16), std::string("../ada")}) {
    CHECK(ask(user, "right").reason == Reason::kMalformed);
    service().throttle().clear("", "");
  }
  CHECK(ask("ada", std::string(1'000'000, 'x')).reason == Reason::kBadPassword);
  CHECK(ask("ada", std::string_view("right\0", 6)).reason == Reason::kBadPassword);
  CHECK(pam.asked == 0);
}

TEST_CASE_METHOD(Fixture, "PAM's account phase and its failures are told apart") {
  pam.outcome = PamOutcome::kExpired;
  CHECK(ask("ada", "right").reason == Reason::kExpired);
  pam.outcome = PamOutcome::kLocked;
  CHECK(ask("ada", "right").reason == Reason::kLocked);
  pam.outcome = PamOutcome::kUnavailable;
  for (int i = 0; i < 100; ++i) CHECK(ask("ada", "right").reason == Reason::kUnavailable);
  pam.broken = true;
  CHECK(ask("ada", "right").reason == Reason::kUnavailable);
  pam.broken = false;
  pam.outcome = PamOutcome::kGranted;
  CHECK(ask("ada", "right").granted);
}

TEST_CASE_METHOD(Fixture, "who PAM says it was is who it is") {
  pam.canonical = "bob";
  CHECK(ask("ada", "right").reason == Reason::kWrongDevice);
  pam.canonical = "nobody-here";
  CHECK(ask("ada", "right").reason == Reason::kUnknownPerson);
  pam.canonical = "bob";
  CHECK(ask("ada", "right", "192.168.7.9").person == "bob");
}

TEST_CASE_METHOD(Fixture, "a burst of right logins costs one hash") {
  pam.takes = 10ms;
  login.pool = 1;
  std::vector<ipc::LoginReply> replies;
  for (int i = 0; i < 50; ++i) {
    asio::co_spawn(context, service().answer(request("ada", "right")),
                   [&](const std::exception_ptr&, ipc::LoginReply reply) { replies.push_back(std::move(reply)); });
  }
  context.run();
  REQUIRE(replies.size() == 50);
  for (const auto& reply : replies) CHECK(reply.granted);
  CHECK(pam.asked == 1);
  CHECK(service().cache_hits() == 49);
}

TEST_CASE_METHOD(Fixture, "a flood of guesses costs few hashes, and the owner's device is not locked out") {
  pam.takes = 1ms;
  std::map<Reason, int> reasons;
  for (int i = 0; i < 1000; ++i) {
    if (i % 250 == 0) {
      context.restart();
      context.run();
    }
    asio::co_spawn(context, service().answer(request("ada", "guess" + std::to_string(i), "192.168.7.66")),
                   [&](const std::exception_ptr&, const ipc::LoginReply& reply) { ++reasons[reply.reason]; });
  }
  context.restart();
  context.run();
  CHECK(reasons[Reason::kBadPassword] + reasons[Reason::kThrottled] == 1000);
  // At most what the other places of the pool had begun when the last allowed guess failed.
  CHECK(pam.asked < login.throttle.per_account + login.pool);
  const auto reply = ask("ada", "right", "192.168.7.66");
  CHECK(reply.reason == Reason::kThrottled);
  CHECK(reply.retry_after > 0);
  CHECK(ask("ada", "right", "10.9.0.2").granted);
  CHECK(ask("ada", "right", "192.168.7.5").granted);
}

TEST_CASE_METHOD(Fixture, "the throttle stands before the cache: remembered passwords can't be guessed quickly") {
  CHECK(ask("ada", "right", "192.168.7.5").granted);
  for (int i = 0; i < 5; ++i) CHECK(ask("ada", "guess", "192.168.7.66").reason == Reason::kBadPassword);
  CHECK(ask("ada", "right", "192.168.7.66").reason == Reason::kThrottled);
}

TEST_CASE_METHOD(Fixture, "what is remembered never outlives the account") {
  REQUIRE(ask("ada", "right").granted);
  REQUIRE(ask("ada", "right").granted);
  REQUIRE(pam.asked == 1);

  SECTION("suspended") {
    save(set_person_state(make_office(), "ada", PersonState::kSuspended).value());
    CHECK(ask("ada", "right").reason == Reason::kLocked);
  }
  SECTION("expired by the passing of time alone") {
    Document office = make_office();
    office.people[0].expires = Clock::system().wall() + 30ms;
    save(office);
    REQUIRE(ask("ada", "right").granted);
    const auto until = Clock::system().wall() + 40ms;
    while (Clock::system().wall() < until) ::usleep(1000);
    CHECK(ask("ada", "right").reason == Reason::kExpired);
  }
  SECTION("removed") {
    save(remove_person(make_office(), "ada").value());
    CHECK(ask("ada", "right").reason == Reason::kUnknownPerson);
  }
  SECTION("device revoked") {
    save(revoke_device(make_office(), "ada-laptop").value());
    CHECK(ask("ada", "right").reason == Reason::kDeviceInactive);
  }
  SECTION("password changed") {
    pam.passwords["ada"] = "new";
    change_passwords();
    CHECK(ask("ada", "right").reason == Reason::kBadPassword);
    CHECK(ask("ada", "new").granted);
  }
  SECTION("another device") { CHECK(ask("ada", "right", "10.9.0.3").reason == Reason::kWrongDevice); }
}

TEST_CASE_METHOD(Fixture, "what changes during a conversation counts") {
  SECTION("a password that changed meanwhile is not remembered") {
    pam.meanwhile = [this] { change_passwords(); };
    CHECK(ask("ada", "right").granted);
    CHECK(service().cache().size() == 0);
  }
  SECTION("a person who was suspended meanwhile is out") {
    pam.meanwhile = [this] { save(set_person_state(make_office(), "ada", PersonState::kSuspended).value()); };
    CHECK(ask("ada", "right").reason == Reason::kLocked);
  }
}

TEST_CASE_METHOD(Fixture, "more logins than may wait are told to come again") {
  pam.takes = 20ms;
  login.pool = 1;
  login.waiting = 2;
  std::map<Reason, int> reasons;
  for (int i = 0; i < 10; ++i) {
    asio::co_spawn(context, service().answer(request("ada", "right")),
                   [&](const std::exception_ptr&, const ipc::LoginReply& reply) { ++reasons[reply.reason]; });
  }
  context.run();
  CHECK(reasons[Reason::kOk] == 3);
  CHECK(reasons[Reason::kUnavailable] == 7);
}

TEST_CASE_METHOD(Fixture, "waiting for a place counts towards the time that a login may take") {
  pam.takes = 100ms;
  login.pool = 1;
  login.timeout = 50ms;
  std::vector<Reason> reasons;
  for (const char* user : {"ada", "bob"}) {
    asio::co_spawn(context, service().answer(request(user, "x", "192.168.7.9")),
                   [&](const std::exception_ptr&, const ipc::LoginReply& reply) { reasons.push_back(reply.reason); });
  }
  context.run();
  CHECK(reasons == std::vector{Reason::kUnavailable, Reason::kBadPassword});
}

TEST_CASE_METHOD(Fixture, "another configuration counts for the next login, and nothing stays remembered") {
  REQUIRE(ask("ada", "right").granted);
  login.binding = config::Binding::kOff;
  login.throttle.per_account = 1;
  login.cache.lifetime = 0us;
  service().reload(login);
  CHECK(ask("ada", "right", "10.9.0.3").granted);
  CHECK(ask("ada", "right").granted);
  CHECK(pam.asked == 3);
  CHECK(ask("ada", "wrong").reason == Reason::kBadPassword);
  CHECK(ask("ada", "right").reason == Reason::kThrottled);
}

TEST_CASE_METHOD(Fixture, "the panel asks a service of its own") {
  auto asked = request("ada", "right");
  asked.service = ipc::LoginRequest::Service::kPanel;
  CHECK(run(context, service().answer(std::move(asked))).granted);
  CHECK(pam.last_service == "postern-panel");
}

TEST_CASE_METHOD(Fixture, "all refusals are answered at one time, whatever they took") {
  login.failure_delay = 100ms;
  const auto time_of = [this](std::string_view user, std::string_view client, std::chrono::milliseconds takes) {
    pam.takes = takes;
    const auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(ask(user, "wrong", client).granted);
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  };
  for (const auto& [user, client, takes] : {std::tuple{"ada", "10.9.0.2", 60ms},
                                            {"ada", "10.9.0.3", 1ms},
                                            {"eve", "192.168.7.9", 30ms},
                                            {"[]", "192.168.7.8", 0ms}}) {
    CAPTURE(user, client);
    const auto took = time_of(user, client, takes);
    CHECK(took >= 99ms);
  }
  const auto slow = time_of("bob", "192.168.7.9", 120ms);
  CHECK(slow >= 199ms);
}

TEST_CASE("the time of an answer is a multiple of the delay") {
  const MonoTime arrived{5s};
  CHECK(answer_time(arrived, arrived, 2s) == arrived + 2s);
  CHECK(answer_time(arrived, arrived + 1ns, 2s) == arrived + 2s);
  CHECK(answer_time(arrived, arrived + 2s, 2s) == arrived + 2s);
  CHECK(answer_time(arrived, arrived + 2s + 1ns, 2s) == arrived + 4s);
  CHECK(answer_time(arrived, arrived + 7s, 0s) == arrived);
}
