#include "config/schema.h"
#include "config/values.h"

namespace postern::config {

namespace {

using namespace std::chrono_literals;

ValuePtr<SmartHost> smart_host_section() {
  auto section = std::make_shared<Section<SmartHost>>();
  section
      ->key("host", &SmartHost::host, host_name(true),
            "Its name: what is resolved, and looked for in the certificate. Empty: none yet, mail waits.")
      .key("address", &SmartHost::address, optional(ip_address()),
           "Address to connect to, instead of resolving the name.")
      .key("port", &SmartHost::port, number<std::uint16_t>(1, 65535), "TCP port.")
      .key("tls", &SmartHost::tls,
           choice<SmartHostTls>({{"starttls", SmartHostTls::kStartTls}, {"implicit", SmartHostTls::kImplicit}}),
           "starttls: after EHLO (port 587 or 25); implicit: from the first byte (port 465). Never without.")
      .key("verify", &SmartHost::verify,
           choice<SmartHostVerify>({{"ca", SmartHostVerify::kCa}, {"fingerprint", SmartHostVerify::kFingerprint}}),
           "ca: certificate chain and host name; fingerprint: exactly one certificate or public key.")
      .key("ca_file", &SmartHost::ca_file, data_file(true),
           "PEM file of the accepted authorities; empty: the system's.")
      .key("fingerprint", &SmartHost::fingerprint, sha256_fingerprint(),
           "SHA-256 of the certificate, as \"openssl x509 -fingerprint -sha256\" prints it, or of its public key "
           "(SubjectPublicKeyInfo in DER), which survives a renewal with the same key.")
      .key("user", &SmartHost::user, text("a user name", 0, 255), "Login there; empty: none.")
      .key("secret_file", &SmartHost::secret_file, data_file(false),
           "File whose first line is the password; only postern-deliver reads it.");
  return section;
}

ValuePtr<DeliveryTimeouts> timeouts_section() {
  using Timeouts = DeliveryTimeouts;
  auto section = std::make_shared<Section<Timeouts>>();
  section->key("connect", &Timeouts::connect, duration(1s, 10min), "TCP connection.")
      .key("tls", &Timeouts::tls, duration(1s, 10min), "TLS handshake.")
      .key("greeting", &Timeouts::greeting, duration(1s, 1h), "First reply.")
      .key("command", &Timeouts::command, duration(1s, 1h), "Reply to EHLO, AUTH, MAIL, RCPT and DATA.")
      .key("data", &Timeouts::data, duration(1s, 1h), "Writing the next piece of a message.")
      .key("data_end", &Timeouts::data_end, duration(1s, 1h), "Reply to the end of a message.")
      .key("idle", &Timeouts::idle, duration(1s, 1h, "none"), "How long an unused connection is kept.")
      .key("stop", &Timeouts::stop, duration(1s, 10min),
           "How long deliveries under way may go on when postern-deliver is told to stop.");
  return section;
}

ValuePtr<DeliveryRetry> retry_section() {
  auto section = std::make_shared<Section<DeliveryRetry>>();
  section->key("first", &DeliveryRetry::first, duration(1s, 24h), "Wait after the first failed attempt.")
      .key("factor", &DeliveryRetry::factor, ratio(1, 10), "Each further wait is so many times longer.")
      .key("maximum", &DeliveryRetry::maximum, duration(1s, 7 * 24h), "Longest wait.")
      .key("jitter", &DeliveryRetry::jitter, ratio(0, 0.9), "Waits are spread by this share in both directions.")
      .key("route_first", &DeliveryRetry::route_first, duration(100ms, 1h),
           "Wait before a server that could not be reached is tried again, whatever is due for it; it doubles each "
           "time.")
      .key("route_maximum", &DeliveryRetry::route_maximum, duration(1s, 24h), "Longest such wait.");
  return section;
}

}  // namespace

ValuePtr<Delivery> delivery_section() {
  auto section = std::make_shared<Section<Delivery>>();
  section->key("smart_host", &Delivery::smart_host, smart_host_section(), "The server that all mail goes to.")
      .key("concurrency", &Delivery::concurrency, number(1U, 1000U), "Connections at one time.")
      .key("messages_per_connection", &Delivery::messages_per_connection, number(1U, 100'000U),
           "Messages on one connection before it is closed.")
      .key("recipients_per_transaction", &Delivery::recipients_per_transaction, number(1U, 10'000U),
           "Recipients in one transaction; the server's own limit may lower it.")
      .key("timeouts", &Delivery::timeouts, timeouts_section(), "How long each step may take.")
      .key("retry", &Delivery::retry, retry_section(), "When a failed attempt is repeated.")
      .key("expire", &Delivery::expire, duration(1min, 60 * 24h),
           "Recipients that could not be served until then have failed.")
      .key("on_failure", &Delivery::on_failure,
           choice<OnFailure>({{"report", OnFailure::kReport}, {"ledger", OnFailure::kLedger}}),
           "report: to the submitter's own mailbox; ledger: in the ledger only.");
  return section;
}

}  // namespace postern::config
