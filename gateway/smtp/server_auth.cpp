#include "base/text.h"
#include "smtp/command.h"
#include "smtp/replies.h"
#include "smtp/sasl.h"
#include "smtp/server.h"

namespace postern::smtp {

namespace {

constexpr std::string_view kAskUser = "VXNlcm5hbWU6";      // "Username:"
constexpr std::string_view kAskPassword = "UGFzc3dvcmQ6";  // "Password:"

}  // namespace

Server::Step Server::on_auth(const Cell& cell, const Command& command) {
  const std::string_view mechanism = command.argument.substr(0, command.argument.find(' '));
  std::string_view initial = command.argument.substr(mechanism.size());
  while (initial.starts_with(' ')) initial.remove_prefix(1);
  if (mechanism.empty()) return refuse(Fault::kAuthSyntax, replies::kArgumentNeeded);
  next_state_ = cell.next;
  if (equal_ignoring_case(mechanism, "PLAIN")) {
    return initial.empty() ? challenge(Mode::kAuthPlain, "") : take_plain(initial);
  }
  if (equal_ignoring_case(mechanism, "LOGIN")) {
    return initial.empty() ? challenge(Mode::kAuthLoginUser, kAskUser) : take_login_user(initial);
  }
  return refuse(Fault::kAuthMechanism, replies::kAuthMechanism);
}

Server::Step Server::challenge(Mode mode, std::string_view prompt) {
  mode_ = mode;
  output_ += "334 ";
  output_ += prompt;
  output_ += "\r\n";
  return std::nullopt;
}

Server::Step Server::on_auth_line(std::string_view line) {
  const Mode mode = std::exchange(mode_, Mode::kCommand);
  while (line.ends_with(' ')) line.remove_suffix(1);
  if (line == "*") return auth_fault(Fault::kAuthCancelled);
  switch (mode) {
    case Mode::kAuthPlain: return take_plain(line);
    case Mode::kAuthLoginUser: return take_login_user(line);
    default: return take_login_password(line);
  }
}

Server::Step Server::take_plain(std::string_view response) {
  const auto message = decode_response(response);
  if (!message) return auth_fault(message.error());
  return authenticate(Mechanism::kPlain, split_plain(*message));
}

Server::Step Server::take_login_user(std::string_view response) {
  auto user = decode_response(response);
  if (!user) return auth_fault(user.error());
  login_user_ = std::move(*user);
  return challenge(Mode::kAuthLoginPassword, kAskPassword);
}

Server::Step Server::take_login_password(std::string_view response) {
  const Secret user = std::move(login_user_);
  const auto password = decode_response(response);
  if (!password) return auth_fault(password.error());
  return authenticate(Mechanism::kLogin, checked_login(user.reveal(), password->reveal()));
}

Server::Step Server::authenticate(Mechanism mechanism, std::expected<Login, Fault> login) {
  if (!login) return auth_fault(login.error());
  due_ = Due::kLogin;
  return Authenticate{mechanism, std::move(login->user), std::move(login->password)};
}

Server::Step Server::auth_fault(Fault fault) {
  login_user_.wipe();
  switch (fault) {
    case Fault::kAuthCancelled: return refuse(fault, replies::kAuthCancelled);
    case Fault::kAuthSyntax: return refuse(fault, replies::kAuthSyntax);
    default: return refuse(fault, kLoginFailed);
  }
}

}  // namespace postern::smtp
