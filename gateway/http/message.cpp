#include "http/message.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <format>

namespace postern::http {

namespace {

constexpr std::size_t kMaxDepth = 16;

unsigned status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kExists: return 409;
    case ErrorCode::kPermission: return 403;
    case ErrorCode::kInvalid: return 422;
    case ErrorCode::kLimit: return 429;
    case ErrorCode::kUnavailable: return 503;
    case ErrorCode::kTimeout: return 504;
    default: return 500;
  }
}

std::string_view title_of(unsigned status) {
  switch (status) {
    case 403: return "Not allowed";
    case 404: return "Not found";
    case 409: return "Exists already";
    case 422: return "Not valid";
    case 429: return "Limit reached";
    case 503: return "Not available now";
    case 504: return "Timed out";
    default: return "Failed";
  }
}

}  // namespace

std::string_view to_string(Method method) {
  switch (method) {
    case Method::kGet: return "GET";
    case Method::kPost: return "POST";
    case Method::kPut: return "PUT";
    case Method::kPatch: return "PATCH";
    case Method::kDelete: return "DELETE";
  }
  return "?";
}

Result<json::object> Request::object() const {
  if (body.empty()) return json::object{};
  json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::system::error_code error;
  auto value = json::parse(body, error, {}, options);
  if (error) return fail(ErrorCode::kInvalid, std::format("the body is not JSON: {}", error.message()));
  if (!value.is_object()) return fail(ErrorCode::kInvalid, "the body must be a JSON object");
  return std::move(value.get_object());
}

Response reply(const json::value& document, unsigned status) {
  return {status, "application/json", json::serialize(document)};
}

Response no_content() { return {204, {}, {}}; }

Response problem(unsigned status, std::string_view title, std::string_view detail) {
  const json::object document{{"type", "about:blank"}, {"status", status}, {"title", title}, {"detail", detail}};
  return {status, "application/problem+json", json::serialize(document)};
}

Response problem(const Error& error) {
  const unsigned status = status_of(error.code);
  return problem(status, title_of(status), error.context);
}

}  // namespace postern::http
