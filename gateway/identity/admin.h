#pragma once

#include <chrono>
#include <string>

#include "http/router.h"
#include "identity/login_server.h"
#include "identity/login_service.h"
#include "identity/pam_pool.h"

namespace postern::identity {

/// What postern-auth's "admin" socket shows and does. All must outlive the router.
struct AdminParts {
  LoginService& service;
  const LoginServer& server;
  const PamPool& pool;
  MonoTime started;
  const Clock& clock;
};

/// Adds: GET /v1/status, GET /v1/throttle, POST /v1/throttle/clear {"account", "source"}, POST /v1/cache/clear.
/// The answers are described in README.md.
void add_routes(http::Router& router, const AdminParts& parts);

}  // namespace postern::identity
