#pragma once

#include <memory>

#include "config/config.h"
#include "smtp/server.h"

namespace postern::submission {

/// What the configuration says about submission, in the form in which the sessions need it. Never changed once made: a
/// reload makes another, and the sessions that stand keep theirs. Thread-safe.
struct Settings {
  config::Gateway gateway;
  config::Submission submission;
  config::Login login;
  smtp::ServerConfig server;

  static std::shared_ptr<const Settings> make(const config::Config& config);
};

}  // namespace postern::submission
