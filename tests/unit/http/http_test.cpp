#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <stdexcept>
#include <thread>

#include "http/client.h"
#include "http/server.h"
#include "ipc/listener.h"

using namespace postern;
using namespace postern::http;
using namespace std::chrono_literals;

namespace {

asio::awaitable<Response> greet(const Request& request) {
  co_return reply(json::object{{"hello", request.params.at("name")}, {"uid", request.peer.uid}});
}

asio::awaitable<Response> echo(const Request& request) {
  auto object = request.object();
  if (!object) co_return problem(object.error());
  co_return reply(std::move(*object), 201);
}

asio::awaitable<Response> explode(const Request&) { throw std::runtime_error("boom"); }

/// A server in a thread of its own, as a daemon is to its clients.
class Server {
 public:
  explicit Server(Policy policy = root_only, ServerLimits limits = {}) : policy_(std::move(policy)) {
    router_.add(Method::kGet, "/v1/greet/{name}", Access::kRead, greet);
    router_.add(Method::kPost, "/v1/echo", Access::kWrite, echo);
    router_.add(Method::kPost, "/v1/explode", Access::kDestructive, explode);
    auto acceptor = ipc::listen_unix(io_.get_executor(), path, 0600);
    REQUIRE(acceptor);
    asio::co_spawn(io_, serve(std::move(*acceptor), router_, policy_, limits), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Server() {
    io_.stop();
    thread_.join();
  }
  const std::string path = "/tmp/http-test.sock";

  Result<Response> ask(Method method, const std::string& target, const json::value& body = nullptr) {
    return fetch_now(path, method, target, body, 5s);
  }
  /// Sends bytes as they are and returns all that comes back.
  std::string raw(const std::string& bytes) {
    asio::io_context io;
    asio::local::stream_protocol::socket socket(io);
    socket.connect({path});
    asio::write(socket, asio::buffer(bytes));
    std::string answer;
    boost::system::error_code error;
    asio::read(socket, asio::dynamic_buffer(answer), error);
    return answer;
  }

 private:
  asio::io_context io_{1};
  Router router_;
  Policy policy_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("a route answers with its parameters and the caller's identity") {
  Server server;
  const auto response = server.ask(Method::kGet, "/v1/greet/" + encode("Gr\xC3\xBC\xC3\x9F Gott/1"));
  REQUIRE(response);
  CHECK(response->status == 404);  // an encoded slash is a slash in the decoded path: it never hides inside a segment
  const auto plain = server.ask(Method::kGet, "/v1/greet/" + encode("Gr\xC3\xBC\xC3\x9F"));
  REQUIRE(plain);
  CHECK(plain->status == 200);
  const auto document = json::parse(plain->body);
  CHECK(document.at("hello") == "Gr\xC3\xBC\xC3\x9F");
  CHECK(document.at("uid").to_number<unsigned>() == ::getuid());
}

TEST_CASE("what is not there, not allowed or not understood has its own answer") {
  Server server;
  CHECK(server.ask(Method::kGet, "/v1/nothing")->status == 404);
  CHECK(server.ask(Method::kGet, "/v1/echo")->status == 405);
  CHECK(server.ask(Method::kGet, "/v1/greet/")->status == 404);
  CHECK(server.ask(Method::kPost, "/v1/echo", json::object{{"a", 1}})->status == 201);
  CHECK(server.ask(Method::kPost, "/v1/echo", json::array{1})->status == 422);
  CHECK(server.ask(Method::kPost, "/v1/explode")->status == 500);
  CHECK(server.ask(Method::kGet, "/v1/greet/again")->status == 200);
}

TEST_CASE("the policy is asked before the handler") {
  Server readers([](const ipc::PeerCredentials&, Access access) { return access == Access::kRead; });
  CHECK(readers.ask(Method::kGet, "/v1/greet/x")->status == 200);
  CHECK(readers.ask(Method::kPost, "/v1/echo", json::object{})->status == 403);
}

TEST_CASE("limits hold") {
  ServerLimits limits;
  limits.body_size = 100;
  limits.header_size = 1024;
  limits.request = 1s;
  Server server(root_only, limits);
  CHECK(server.ask(Method::kPost, "/v1/echo", json::object{{"a", std::string(200, 'x')}})->status == 413);
  CHECK(
      server.raw("GET /v1/greet/x HTTP/1.1\r\nX: " + std::string(2000, 'y') + "\r\n\r\n").starts_with("HTTP/1.1 431"));
  CHECK(server.raw("nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
  CHECK(server.raw("GET /v1/greet/x HTTP/1.1\r\nHost: half").empty());  // closed at the deadline
  CHECK(server.ask(Method::kPost, "/v1/echo", json::parse(R"({"a":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]})"))->status ==
        422);
}

TEST_CASE("an absent daemon is 'unavailable'") {
  const auto response = fetch_now("/tmp/nobody.sock", Method::kGet, "/", nullptr, 1s);
  REQUIRE_FALSE(response);
  CHECK(response.error().code == ErrorCode::kUnavailable);
}
