#include "config/schema.h"
#include "config/values.h"

namespace postern::config {

namespace {

using namespace std::chrono_literals;

constexpr Bytes kKiB = 1ULL << 10;
constexpr Bytes kMiB = 1ULL << 20;
constexpr Bytes kGiB = 1ULL << 30;

ValuePtr<SubmissionPorts> ports_section() {
  auto section = std::make_shared<Section<SubmissionPorts>>();
  section
      ->key("submissions", &SubmissionPorts::submissions, number<std::uint16_t>(0, 65535),
            "TLS from the first byte (RFC 8314); 0 switches it off.")
      .key("submission", &SubmissionPorts::submission, number<std::uint16_t>(0, 65535),
           "STARTTLS (RFC 6409); 0 switches it off.");
  return section;
}

ValuePtr<SubmissionLimits> limits_section() {
  using Limits = SubmissionLimits;
  auto section = std::make_shared<Section<Limits>>();
  section->key("message_size", &Limits::message_size, size(64 * kKiB, 1 * kGiB), "Whole message (RFC 1870 SIZE).")
      .key("header_size", &Limits::header_size, size(16 * kKiB, 4 * kMiB), "Header block of a message.")
      .key("header_fields", &Limits::header_fields, number(50U, 10'000U), "Fields in a header block.")
      .key("line_length", &Limits::line_length, size(998, 64 * kKiB),
           "Text line of a message without its line end; RFC 5322 allows 998.")
      .key("command_length", &Limits::command_length, size(512, 32 * kKiB),
           "Command line with its line end; AUTH lines may always have 12288 bytes.")
      .key("recipients", &Limits::recipients, number(100U, 4000U), "Recipients of one message.")
      .key("errors", &Limits::errors, number(1U, 1000U), "5xx replies in one session before 421 ends it.")
      .key("transactions", &Limits::transactions, number(1U, 1'000'000U), "Messages of one session before 421 ends it.")
      .key("connections", &Limits::connections, number(1U, 100'000U), "Open connections altogether.")
      .key("connections_per_address", &Limits::connections_per_address, number(1U, 100'000U),
           "Open connections of one client address.")
      .key("connections_before_login", &Limits::connections_before_login, number(1U, 100'000U),
           "Open connections altogether that have not logged in yet.")
      .key("memory", &Limits::memory, size(16 * kMiB, 64 * kGiB),
           "Buffers of all sessions together; above it new connections get 421.")
      .key("minimum_rate", &Limits::minimum_rate, size(1, 1 * kMiB, "any pace"),
           "Bytes a second that a message must come in with on average, after its first minute.");
  return section;
}

ValuePtr<SubmissionTimeouts> timeouts_section() {
  using Timeouts = SubmissionTimeouts;
  auto section = std::make_shared<Section<Timeouts>>();
  section->key("tls_handshake", &Timeouts::tls_handshake, duration(1s, 10min), "TLS handshake.")
      .key("command", &Timeouts::command, duration(1s, 1h), "Waiting for a command after the login.")
      .key("before_login", &Timeouts::before_login, duration(1s, 1h), "Waiting for a command before the login.")
      .key("data", &Timeouts::data, duration(1s, 1h), "Waiting for the next piece of a message.")
      .key("message", &Timeouts::message, duration(1s, 24h), "From DATA to the end of the message, whatever its pace.")
      .key("write", &Timeouts::write, duration(1s, 1h), "Writing a reply to a client that does not read.")
      .key("commit", &Timeouts::commit, duration(1s, 10min), "Making a message durable; then 451.")
      .key("session", &Timeouts::session, duration(1s, 7 * 24h), "The whole session.");
  return section;
}

ValuePtr<Tls> tls_section() {
  auto section = std::make_shared<Section<Tls>>();
  section
      ->key("certificate", &Tls::certificate, data_file(false),
            "PEM file with the certificate and its chain; read again when it changes.")
      .key("key", &Tls::key, data_file(false), "PEM file with the private key.")
      .key("minimum", &Tls::minimum, choice<TlsVersion>({{"1.2", TlsVersion::kTls12}, {"1.3", TlsVersion::kTls13}}),
           "Oldest version of TLS that is accepted.")
      .key("groups", &Tls::groups, tls_groups(), "Key exchange groups in order of preference.")
      .key("ciphers", &Tls::ciphers, tls_ciphers(), "Ciphers of TLS 1.2; those of TLS 1.3 are OpenSSL's.")
      .key("ticket_lifetime", &Tls::ticket_lifetime, duration(1min, 7 * 24h, "no resumption"),
           "How long a client may resume a TLS session.")
      .key("own_records", &Tls::own_records, flag(),
           "After a TLS 1.3 handshake frames records itself and gives OpenSSL's 28 KiB of each connection back; false "
           "leaves all of TLS to OpenSSL.");
  return section;
}

ValuePtr<LoginCache> cache_section() {
  auto section = std::make_shared<Section<LoginCache>>();
  section->key("lifetime", &LoginCache::lifetime, duration(1s, 24h, "no cache"), "How long a password is remembered.")
      .key("entries", &LoginCache::entries, number(1U, 1'000'000U), "Passwords remembered at most.");
  return section;
}

ValuePtr<LoginThrottle> throttle_section() {
  auto section = std::make_shared<Section<LoginThrottle>>();
  section
      ->key("per_account", &LoginThrottle::per_account, number(1U, 1000U),
            "Failures of one account from one device or address within the window before it must wait.")
      .key("per_source", &LoginThrottle::per_source, number(1U, 10'000U),
           "Failures of one device or address over all accounts within the window before it must wait.")
      .key("per_account_everywhere", &LoginThrottle::per_account_everywhere, number(1U, 100'000U),
           "Failures of one account over all sources within the window before it must wait once; its own devices, and "
           "sources that it succeeded from, never wait for this.")
      .key("window", &LoginThrottle::window, duration(10s, 24h), "How long a failure counts.")
      .key("wait", &LoginThrottle::wait, duration(1s, 24h),
           "First wait; it doubles with each further failure up to maximum_wait.")
      .key("maximum_wait", &LoginThrottle::maximum_wait, duration(1s, 7 * 24h), "Longest wait.")
      .key("entries", &LoginThrottle::entries, number(100U, 10'000'000U), "Accounts and sources remembered.");
  return section;
}

}  // namespace

ValuePtr<Submission> submission_section() {
  auto section = std::make_shared<Section<Submission>>();
  section->key("ports", &Submission::ports, ports_section(), "TCP ports.")
      .key("greeting", &Submission::greeting, text("a text", 0, 200), "Text behind the name in the 220 greeting.")
      .key("limits", &Submission::limits, limits_section(), "What one client, and all together, may use.")
      .key("timeouts", &Submission::timeouts, timeouts_section(), "How long each step may take.")
      .key("tls", &Submission::tls, tls_section(), "Certificate and what is negotiated.")
      .key("hide_client_address", &Submission::hide_client_address, flag(),
           "Leaves the client's address, name, person and device out of Received; the ledger always has them.")
      .key("allow_null_sender", &Submission::allow_null_sender, flag(),
           "Takes MAIL FROM:<> from people who are logged in (read receipts); From must still be theirs.");
  return section;
}

ValuePtr<Login> login_section() {
  auto section = std::make_shared<Section<Login>>();
  section->key("pam_service", &Login::pam_service, service_name(), "PAM service that checks passwords.")
      .key("binding", &Login::binding, choice<Binding>({{"strict", Binding::kStrict}, {"off", Binding::kOff}}),
           "strict: a login from the tunnel is good only from a device of the same person.")
      .key("lan_binding", &Login::lan_binding,
           choice<LanBinding>({{"any", LanBinding::kAny}, {"strict", LanBinding::kStrict}}),
           "any: whoever is in the LAN may log in; strict: only from a LAN device of the same person.")
      .key("attempts", &Login::attempts, number(1U, 20U), "Failed logins in one session before 421 ends it.")
      .key("pool", &Login::pool, number(1U, 64U), "PAM conversations at one time.")
      .key("waiting", &Login::waiting, number(1U, 10'000U), "Logins that may wait for a PAM conversation.")
      .key("timeout", &Login::timeout, duration(1s, 5min), "For one PAM conversation, waiting included; then 454.")
      .key("failure_delay", &Login::failure_delay, duration(1ms, 30s, "none"),
           "All failures are answered after this time, whatever their reason.")
      .key("cache", &Login::cache, cache_section(),
           "Verified passwords, remembered as keyed MACs in memory, so that not every login costs a hash.")
      .key("throttle", &Login::throttle, throttle_section(),
           "Waits after failures, before PAM is asked, for an account and where it comes from together.");
  return section;
}

}  // namespace postern::config
