#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "ipc/peer.h"

/// HTTP/1.1 + JSON between processes of the box, over unix sockets: what administration travels on.
namespace postern::http {

namespace json = boost::json;

enum class Method { kGet, kPost, kPut, kPatch, kDelete };
/// "GET" ...
std::string_view to_string(Method method);

/// A request as a handler sees it: decoded, bounded, with the caller's identity.
struct Request {
  Method method = Method::kGet;
  std::string path;                           ///< decoded, without the query
  std::map<std::string, std::string> params;  ///< what the route's {placeholders} matched, decoded
  std::map<std::string, std::string> query;   ///< decoded; the last of doubled keys
  std::string body;
  ipc::PeerCredentials peer;

  /// The body as a JSON object; kInvalid tells what is wrong with it. An empty body is an empty object.
  Result<json::object> object() const;
};

/// A response; made by the functions below.
struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
};

/// 200 (or another status) with a JSON document.
Response reply(const json::value& document, unsigned status = 200);
/// 204, nothing to say.
Response no_content();
/// An error as RFC 9457 problem details. `detail` is for a person: what is wrong, where, what to do.
Response problem(unsigned status, std::string_view title, std::string_view detail);
/// The same for one of our errors: kNotFound 404, kExists 409, kPermission 403, kInvalid 422, kUnavailable 503,
/// kLimit 429, kTimeout 504, others 500.
Response problem(const Error& error);

}  // namespace postern::http
