#include "http/router.h"

#include <format>

#include "base/text.h"

namespace postern::http {

namespace {

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  for (const auto segment : split(path, '/')) segments.emplace_back(segment);
  return segments;
}

bool is_placeholder(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& segments,
             std::map<std::string, std::string>& params) {
  if (pattern.size() != segments.size()) return false;
  params.clear();
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (is_placeholder(pattern[i])) {
      if (segments[i].empty()) return false;
      params[pattern[i].substr(1, pattern[i].size() - 2)] = segments[i];
    } else if (pattern[i] != segments[i]) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool root_only(const ipc::PeerCredentials& peer, Access) { return peer.uid == 0; }

void Router::add(Method method, std::string_view path, Access access, Handler handler) {
  routes_.push_back({method, std::string(path), segments_of(path), access, std::move(handler)});
}

asio::awaitable<Response> Router::handle(Request& request, const Policy& policy) const {
  const auto segments = segments_of(request.path);
  bool known_path = false;
  for (const auto& route : routes_) {
    if (!matches(route.segments, segments, request.params)) continue;
    known_path = true;
    if (route.method != request.method) continue;
    if (!policy(request.peer, route.access)) {
      co_return problem(403, "Not allowed",
                        std::format("user {} may not {} {}", request.peer.uid, to_string(request.method), route.path));
    }
    co_return co_await route.handler(request);
  }
  if (known_path)
    co_return problem(405, "No such method", std::format("{} has no {}", request.path, to_string(request.method)));
  co_return problem(404, "Not found", std::format("there is no {}", printable(request.path, 200)));
}

std::vector<Router::Listed> Router::routes() const {
  std::vector<Listed> listed;
  for (const auto& route : routes_) listed.push_back({route.method, route.path, route.access});
  return listed;
}

}  // namespace postern::http
