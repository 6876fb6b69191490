#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace postern::http {

namespace asio = boost::asio;

/// What a route lets its caller do. A route can't be added without saying so: access is denied by default.
enum class Access {
  kRead,         ///< looks, changes nothing
  kWrite,        ///< changes something that can be changed back
  kDestructive,  ///< loses something for good
};

/// A handler is given the request, which outlives it. It may be a plain function that returns another's awaitable.
using Handler = std::function<asio::awaitable<Response>(const Request&)>;
/// Whether this caller has this access; asked before the handler is.
using Policy = std::function<bool(const ipc::PeerCredentials&, Access)>;

/// Everything for root, nothing for others.
bool root_only(const ipc::PeerCredentials& peer, Access access);

/// Routes by method and path. Paths are templates: "/v1/people/{name}/password".
class Router {
 public:
  void add(Method method, std::string_view path, Access access, Handler handler);

  /// Finds the route and runs it: 404 for an unknown path, 405 for another method, 403 when `policy` says no.
  /// `request` gets its params here and must outlive the call.
  asio::awaitable<Response> handle(Request& request, const Policy& policy) const;

  /// "GET /v1/status" ...: for tests that walk over all of them.
  struct Listed {
    Method method;
    std::string path;
    Access access;
  };
  std::vector<Listed> routes() const;

 private:
  struct Route {
    Method method;
    std::string path;
    std::vector<std::string> segments;
    Access access;
    Handler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace postern::http
