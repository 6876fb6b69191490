#pragma once

#include "delivery/dispatcher.h"
#include "http/router.h"

namespace postern::delivery {

/// The daemon's administration: GET /v1/status (route, sessions, counters, back-off), POST /v1/retry (ends a route's
/// back-off). `dispatcher` must outlive the router.
void add_routes(http::Router& router, Dispatcher& dispatcher);

/// What GET /v1/status answers.
http::json::object status_document(const Snapshot& shot);

}  // namespace postern::delivery
