#include "system/admin_api.h"

#include <unistd.h>

#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <map>

#include "support.h"
#include "vpn/key.h"

using namespace postern;
using namespace postern::system;
using namespace postern::system::test;
using http::Method;
namespace json = http::json;

namespace {

/// The whole administration over an agent that does not run: nothing reaches the kernel.
struct Scene {
  Scene() {
    for (const char* name : {"people", "vpn", "passwords", "tls"}) std::filesystem::create_directory(folder.file(name));
    config = two_armed();
    config.gateway.data = folder.path();
    config.gateway.run = folder.path();
    config.vpn.link = "postern-test0";
    config.people.file = folder.file("people/people.json");
    config.people.passwords = folder.file("passwords");
    config.submission.tls.certificate = folder.file("tls/certificate.pem");
    config.submission.tls.key = folder.file("tls/key.pem");
    accounts = {::getuid(), ::getgid(), ::getgid(), kAdministrators};
    auto made = Agent::make(context.get_executor(), config, accounts);
    REQUIRE(made);
    agent = std::move(*made);
    REQUIRE(wait_for(context, agent->open()));
    add_routes(router, *agent);
  }

  http::Response ask(Method method, const std::string& path, const std::string& body = {}, uid_t uid = 0,
                     gid_t gid = 0) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.peer = {1, uid, gid};
    return wait_for(context, router.handle(request, admin_policy(kAdministrators)));
  }
  json::object answer(Method method, const std::string& path, const std::string& body = {}) {
    const auto response = ask(method, path, body);
    CAPTURE(response.body);
    CHECK(response.status < 300);
    return response.body.empty() ? json::object{} : json::parse(response.body).as_object();
  }

  static constexpr gid_t kAdministrators = 4'000'000;
  Folder folder;
  asio::io_context context;
  config::Config config;
  Accounts accounts;
  std::unique_ptr<Agent> agent;
  http::Router router;
};

const std::string kAnna = R"({"name":"anna","addresses":["anna@example.org"],"password":"long enough"})";

}  // namespace

TEST_CASE("a person's life by the API") {
  Scene scene;
  auto anna = scene.answer(Method::kPost, "/v1/people", kAnna);
  CHECK(anna["name"] == "anna");
  CHECK_FALSE(anna.contains("password"));
  CHECK(scene.answer(Method::kGet, "/v1/people")["people"].as_array().size() == 1);
  anna = scene.answer(Method::kPatch, "/v1/people/anna",
                      R"({"full_name":"Anna A","state":"suspended","expires":"2030-01-01T00:00:00Z",
                          "limits":{"messages_per_hour":7}})");
  CHECK(anna["full_name"] == "Anna A");
  CHECK(anna["state"] == "suspended");
  CHECK(anna["expires"] == "2030-01-01T00:00:00.000000Z");
  CHECK(anna["limits"].at("messages_per_hour") == 7);
  CHECK(scene.ask(Method::kPost, "/v1/people/anna/password", R"({"password":"another one"})").status == 204);
  CHECK(scene.ask(Method::kDelete, "/v1/people/anna").status == 204);
  CHECK(scene.ask(Method::kGet, "/v1/people/anna").status == 404);
}

TEST_CASE("a device's life by the API") {
  Scene scene;
  scene.answer(Method::kPost, "/v1/people", kAnna);
  auto device = scene.answer(Method::kPost, "/v1/devices", R"({"name":"anna-laptop","person":"anna"})");
  CHECK(device["network"] == "tunnel");
  CHECK(std::string(device["configuration"].as_string()).contains("[Peer]"));
  CHECK(device["addresses"].as_array().size() == 2);
  device = scene.answer(Method::kGet, "/v1/devices/anna-laptop");
  CHECK_FALSE(device.contains("configuration"));
  CHECK(device["live"].is_null());
  CHECK(scene.answer(Method::kPatch, "/v1/devices/anna-laptop", R"({"state":"suspended"})")["state"] == "suspended");
  CHECK(scene.answer(Method::kDelete, "/v1/devices/anna-laptop")["state"] == "revoked");
  CHECK(scene.ask(Method::kPatch, "/v1/devices/anna-laptop", R"({"state":"active"})").status == 403);
  const auto scanner =
      scene.answer(Method::kPost, "/v1/devices",
                   R"({"name":"scanner","person":"anna","network":"lan","addresses":["192.168.7.9"]})");
  CHECK_FALSE(scanner.contains("configuration"));
}

TEST_CASE("requests that are wrong say what is, and change nothing") {
  Scene scene;
  scene.answer(Method::kPost, "/v1/people", kAnna);
  struct Case {
    Method method;
    const char* path;
    std::string body;
    unsigned status;
    const char* says;
  };
  const std::vector<Case> cases = {
      {Method::kPost, "/v1/people", kAnna, 409, "anna"},
      {Method::kPost, "/v1/people", "{", 422, ""},
      {Method::kPost, "/v1/people", "[]", 422, ""},
      {Method::kPost, "/v1/people", R"({"nmae":"x"})", 422, "'name' must be given; 'nmae' is not known here"},
      {Method::kPost, "/v1/people", R"({"name":"-rf"})", 422, "-rf"},
      {Method::kPost, "/v1/people", R"({"name":"root"})", 409, "root"},
      {Method::kPatch, "/v1/people/anna", R"({"name":"ben"})", 422, "'name' is not known here"},
      {Method::kPatch, "/v1/people/anna", R"({"state":"gone"})", 422, "\"active\" or \"suspended\""},
      {Method::kPatch, "/v1/people/nobody", R"({"state":"active"})", 404, "nobody"},
      {Method::kPost, "/v1/people/nobody/password", R"({"password":"long enough"})", 404, "nobody"},
      {Method::kPost, "/v1/people/anna/password", R"({"password":""})", 422, ""},
      {Method::kPost, "/v1/people/anna/password", R"({})", 422, "'password' must be given"},
      {Method::kPost, "/v1/devices", R"({"name":"x","person":"nobody"})", 404, "nobody"},
      {Method::kPost, "/v1/devices", R"({"name":"x","person":"anna","public_key":"short"})", 422, ""},
      {Method::kPost, "/v1/devices", R"({"name":"x","person":"anna","addresses":["10.9.0.9"]})", 422, "'addresses'"},
      {Method::kPost, "/v1/devices", R"({"name":"x","person":"anna","network":"lan"})", 422, "address"},
      {Method::kPost, "/v1/devices", R"({"name":"x","person":"anna","network":"lan","addresses":["10.9.0.9"]})", 422,
       "tunnel"},
      {Method::kPatch, "/v1/devices/none", R"({"state":"active"})", 404, "none"},
      {Method::kPatch, "/v1/devices/none", R"({})", 422, "'state' must be given"},
      {Method::kDelete, "/v1/devices/none", "", 404, "none"},
      {Method::kGet, "/v1/nothing", "", 404, ""},
      {Method::kPut, "/v1/people", "", 405, ""},
  };
  const auto before = scene.agent->registry().document();
  for (const auto& [method, path, body, status, says] : cases) {
    CAPTURE(http::to_string(method), path, body);
    const auto response = scene.ask(method, path, body);
    CAPTURE(response.body);
    CHECK(response.status == status);
    CHECK(response.content_type == "application/problem+json");
    CHECK(std::string(json::parse(response.body).as_object()["detail"].as_string()).contains(says));
  }
  CHECK(scene.agent->registry().document() == before);
}

TEST_CASE("only root and administrators may do anything, and only root what can't be undone") {
  Scene scene;
  constexpr uid_t kSomebody = 4'000'001;
  for (const auto& [method, path, access] : scene.router.routes()) {
    CAPTURE(path);
    CHECK(scene.ask(method, path, {}, kSomebody, kSomebody).status == 403);
    const auto status = scene.ask(method, path, {}, kSomebody, Scene::kAdministrators).status;
    CHECK((status == 403) == (access == http::Access::kDestructive));
  }
  CHECK_FALSE(admin_policy(0)({1, kSomebody, 0}, http::Access::kRead));
}

TEST_CASE("status and certificate can be asked for at any time") {
  Scene scene;
  const auto status = scene.answer(Method::kGet, "/v1/status");
  CHECK(status.at("daemon") == "postern-system");
  CHECK(status.at("ready") == false);
  CHECK(scene.ask(Method::kGet, "/v1/vpn").status == 503);
  CHECK(scene.ask(Method::kGet, "/v1/certificate").status == 404);
  REQUIRE(scene.agent->certificate().keep({{"mail.example.org"}, {}}, Clock::system().wall()));
  const auto certificate = scene.answer(Method::kGet, "/v1/certificate");
  CHECK(certificate.at("dns").as_array().size() == 1);
  CHECK(certificate.at("authority").as_string().starts_with("-----BEGIN CERTIFICATE-----"));
}
