#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>

#include "base/error.h"
#include "http/message.h"

namespace postern::http {

namespace asio = boost::asio;

/// One request to a daemon's administration socket. `target` is path and query, already encoded (see encode()).
/// `document` is sent as the body unless it is null. kUnavailable when nobody listens at `socket`, kTimeout after
/// `deadline`, kLimit for an answer over 64 MiB. An error status is a Response like any other.
asio::awaitable<Result<Response>> fetch(std::string socket, Method method, std::string target, json::value document,
                                        std::chrono::steady_clock::duration deadline);

/// The same for a program without an event loop of its own.
Result<Response> fetch_now(const std::string& socket, Method method, const std::string& target,
                           const json::value& document, std::chrono::steady_clock::duration deadline);

/// Percent-encodes one path segment or query value.
std::string encode(std::string_view text);

}  // namespace postern::http
