#include "identity/pam_conversation.h"

#include <security/pam_appl.h>
#include <shadow.h>
#include <string.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "base/mutant.h"
#include "identity/processor_time.h"
#include "identity/yescrypt.h"

namespace postern::identity {

namespace {

/// What the modules' questions are answered from.
struct Answers {
  std::string user;
  std::string password;  ///< NUL-terminated, as C wants it; wiped by its owner
};

void discard(pam_response* replies, int count) {
  for (int i = 0; i < count; ++i) {
    if (replies[i].resp == nullptr) continue;
    ::explicit_bzero(replies[i].resp, std::strlen(replies[i].resp));
    std::free(replies[i].resp);
  }
  std::free(replies);
}

/// pam_conv(3): one reply for each message, by its style, in memory that the module frees.
int converse(int count, const pam_message** messages, pam_response** replies, void* data) {
  if (count <= 0 || count > PAM_MAX_NUM_MSG || messages == nullptr || replies == nullptr) return PAM_CONV_ERR;
  const auto& answers = *static_cast<const Answers*>(data);
  auto* made = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  if (made == nullptr) return PAM_BUF_ERR;
  for (int i = 0; i < count; ++i) {
    const std::string* answer = nullptr;
    switch (messages[i]->msg_style) {
      case PAM_PROMPT_ECHO_OFF: answer = &answers.password; break;
      case PAM_PROMPT_ECHO_ON: answer = &answers.user; break;
      case PAM_ERROR_MSG:
      case PAM_TEXT_INFO: continue;
      default: discard(made, i); return PAM_CONV_ERR;
    }
    made[i].resp = ::strdup(answer->c_str());
    if (made[i].resp == nullptr) {
      discard(made, i);
      return PAM_BUF_ERR;
    }
  }
  *replies = made;
  return PAM_SUCCESS;
}

/// Modules ask libpam to sleep after a failure; postern-auth delays all failures itself, equally.
void no_delay(int, unsigned, void*) {}

/// pam_end() on every path.
class Transaction {
 public:
  Transaction(const PamRequest& request, Answers& answers)
      : conversation_{converse, &answers},
        result_(::pam_start(request.service.c_str(), request.user.c_str(), &conversation_, &handle_)) {
    // libpam takes each of its items as a pointer to const void, the function as well.
    void (*const delay)(int, unsigned, void*) = no_delay;
    const void* function = nullptr;
    std::memcpy(&function, &delay, sizeof function);
    set(PAM_FAIL_DELAY, function);
    set(PAM_RHOST, request.host.c_str());
    set(PAM_TTY, request.terminal.c_str());
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (handle_ != nullptr) ::pam_end(handle_, result_);
  }

  int result() const { return result_; }
  int authenticate() { return result_ = ::pam_authenticate(handle_, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK); }
  int check_account() { return result_ = ::pam_acct_mgmt(handle_, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK); }
  std::string user() {
    const void* item = nullptr;
    if (::pam_get_item(handle_, PAM_USER, &item) != PAM_SUCCESS || item == nullptr) return {};
    return static_cast<const char*>(item);
  }

 private:
  void set(int item, const void* value) {
    if (result_ == PAM_SUCCESS) result_ = ::pam_set_item(handle_, item, value);
  }

  pam_conv conversation_;
  pam_handle_t* handle_ = nullptr;
  int result_;
};

/// For the ledger: pam_unix calls a locked entry's password wrong and a locked account expired, and says no more.
bool is_locked(const std::string& user) {
  std::array<char, 4096> buffer{};
  spwd entry{};
  spwd* found = nullptr;
  const bool there = ::getspnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
  const bool locked = there && entry.sp_pwdp != nullptr && entry.sp_pwdp[0] == '!';
  ::explicit_bzero(buffer.data(), buffer.size());
  return locked;
}

PamOutcome outcome_of(int code, const std::string& user) {
  switch (code) {
    case PAM_SUCCESS: return PamOutcome::kGranted;
    case PAM_AUTH_ERR:
    case PAM_MAXTRIES: return is_locked(user) ? PamOutcome::kLocked : PamOutcome::kBadPassword;
    case PAM_USER_UNKNOWN: return PamOutcome::kUnknown;
    case PAM_PERM_DENIED: return PamOutcome::kLocked;
    case PAM_ACCT_EXPIRED: return is_locked(user) ? PamOutcome::kLocked : PamOutcome::kExpired;
    case PAM_CRED_EXPIRED:
    case PAM_AUTHTOK_EXPIRED:
    case PAM_NEW_AUTHTOK_REQD: return PamOutcome::kExpired;
    default: return PamOutcome::kUnavailable;
  }
}

PamAnswer ask(const PamRequest& request) {
  Answers answers{request.user, std::string(request.password.reveal())};
  PamAnswer answer;
  {
    Transaction transaction(request, answers);
    int code = transaction.result();
    if (code == PAM_SUCCESS) code = transaction.authenticate();
    if (code == PAM_SUCCESS) code = transaction.check_account();
    answer = {outcome_of(code, request.user), transaction.user(), static_cast<std::uint32_t>(code)};
  }
  wipe(answers.password);
  return answer;
}

}  // namespace

PamAnswer run_pam(const PamRequest& request, std::chrono::microseconds floor) {
  if (request.user.empty()) {
    burn_hash();
    return {PamOutcome::kUnknown, {}, PAM_USER_UNKNOWN};
  }
  if (mutant(Mutant::kPam)) return {PamOutcome::kGranted, request.user, PAM_SUCCESS};
  const auto before = processor_time();
  PamAnswer answer = ask(request);
  if (answer.outcome != PamOutcome::kGranted && processor_time() - before < floor) burn_hash();
  return answer;
}

}  // namespace postern::identity
