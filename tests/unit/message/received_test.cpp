#include "message/received.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "base/text.h"

using namespace postern;
using namespace postern::message;

namespace {

Trace usual() {
  return {.gateway = "mail.example.org",
          .id = "01KB2Q3XYZABC",
          .network = "tunnel",
          .tls_version = "TLSv1.3",
          .tls_cipher = "TLS_AES_256_GCM_SHA384",
          .tls_group = "X25519MLKEM768",
          .recipient = "bob@example.net",
          .time = WallTime(std::chrono::seconds(1'795'488'426)),
          .helo = "laptop.example.org",
          .client = "10.9.0.2",
          .person = "ann",
          .device = "laptop"};
}

std::string received(const Trace& trace) {
  std::string out;
  append_received(out, trace);
  return out;
}

std::string unfolded(const Trace& trace) {
  std::string text = received(trace);
  for (std::size_t at = text.find("\r\n "); at != std::string::npos; at = text.find("\r\n ", at)) text.erase(at, 2);
  return text;
}

}  // namespace

TEST_CASE("Received tells how, but not from where") {
  CHECK(received(usual()) ==
        "Received: from tunnel by mail.example.org (Postern) with ESMTPSA id\r\n"
        " 01KB2Q3XYZABC for <bob@example.net> (TLSv1.3 TLS_AES_256_GCM_SHA384\r\n"
        " X25519MLKEM768); Tue, 24 Nov 2026 02:47:06 +0000\r\n");
}

TEST_CASE("nothing of the client is shown while it is hidden") {
  const std::string text = unfolded(usual());
  for (const auto* secret : {"laptop", "10.9.0.2", "ann"}) {
    CAPTURE(secret);
    CHECK_FALSE(text.contains(secret));
  }
}

TEST_CASE("the client is shown when the configuration says so") {
  Trace trace = usual();
  trace.hide_client = false;
  CHECK(unfolded(trace).starts_with(
      "Received: from laptop.example.org ([10.9.0.2]) (person=ann device=laptop) by mail.example.org (Postern)"));
  trace.client = "fd09::2";
  CHECK(unfolded(trace).contains("([IPv6:fd09::2])"));
  trace.device = "";
  CHECK(unfolded(trace).contains("(person=ann) by"));
}

TEST_CASE("an address literal in EHLO is never shown: it is the address at home") {
  Trace trace = usual();
  trace.hide_client = false;
  for (const auto* helo : {"[192.168.178.20]", "[IPv6:2001:db8::20]", "not a name", "x\r\nBcc: y", "(", ""}) {
    trace.helo = helo;
    CAPTURE(helo);
    CHECK(unfolded(trace).starts_with("Received: from tunnel ([10.9.0.2])"));
  }
}

TEST_CASE("labels can't break out of their comment") {
  Trace trace = usual();
  trace.hide_client = false;
  trace.device = "a) (b\\c\r\nX-Evil: 1 \xc3\xbc";
  CHECK(unfolded(trace).contains("(person=ann device=a\\)_\\(b\\\\c__X-Evil:_1___)"));
}

TEST_CASE("an internationalised recipient is named only in an internationalised message") {
  Trace trace = usual();
  trace.recipient = "j\xc3\xb6rg@example.net";
  CHECK_FALSE(unfolded(trace).contains("for"));
  CHECK(unfolded(trace).contains("id 01KB2Q3XYZABC (TLS"));
  trace.utf8 = true;
  CHECK(unfolded(trace).contains("with UTF8SMTPSA id 01KB2Q3XYZABC for <j\xc3\xb6rg@example.net> (TLS"));
  trace.recipient = "evil\r\nX: 1@example.net";
  CHECK_FALSE(unfolded(trace).contains("X: 1"));
}

TEST_CASE("several recipients are not named, and no TLS facts make no comment") {
  Trace trace = usual();
  trace.recipient = "";
  trace.tls_version = trace.tls_cipher = trace.tls_group = "";
  CHECK(unfolded(trace) ==
        "Received: from tunnel by mail.example.org (Postern) with ESMTPSA id 01KB2Q3XYZABC;"
        " Tue, 24 Nov 2026 02:47:06 +0000\r\n");
}

TEST_CASE("lines are at most 78 bytes where words allow it, and never empty") {
  Trace trace = usual();
  trace.hide_client = false;
  for (std::size_t length = 1; length < 120; ++length) {
    const std::string person(length, 'p');
    const std::string gateway = std::string(length % 60 + 1, 'g') + ".example";
    trace.person = person;
    trace.gateway = gateway;
    const std::string text = received(trace);
    for (const std::string_view line : split(text, '\n')) {
      CAPTURE(line);
      CHECK((trim(line).size() <= 78 || !trim(line).contains(' ')));
    }
    CHECK_FALSE(text.contains("\r\n\r\n"));
  }
}
