#include "submission/settings.h"

#include <algorithm>

#include "submission/buffers.h"
#include "submission/records.h"

namespace postern::submission {

std::shared_ptr<const Settings> Settings::make(const config::Config& config) {
  auto settings = std::make_shared<Settings>();
  settings->gateway = config.gateway;
  settings->submission = config.submission;
  settings->login = config.login;
  const config::SubmissionLimits& limits = config.submission.limits;
  settings->server.hostname = config.gateway.name;
  settings->server.greeting = config.submission.greeting;
  smtp::ServerLimits& server = settings->server.limits;
  // An unfinished line must leave room in a read buffer for a TLS record.
  constexpr std::size_t kLongestLine = BufferPool::kSize - 2 * Records::kMinRoom;
  server.max_command_line = std::min<std::size_t>(limits.command_length, kLongestLine);
  server.max_text_line = limits.line_length;
  server.max_message_size = limits.message_size;
  server.max_recipients = limits.recipients;
  // A client may list as many wrong recipients as right ones before it is taken for a machine that guesses.
  server.max_refused_recipients = limits.recipients;
  server.max_errors = limits.errors;
  server.max_auth_attempts = config.login.attempts;
  server.max_messages = limits.transactions;
  return settings;
}

}  // namespace postern::submission
