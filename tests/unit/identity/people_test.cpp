#include "identity/people.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <string>

#include "identity/store.h"
#include "support.h"

using namespace postern;
using namespace postern::identity;

namespace {

/// A document with one person and one device, whose text is then changed.
std::string good_text() {
  return R"({"version": 1,
  "people": [{"name": "ada", "full_name": "Ada", "state": "active", "expires": "2030-01-01T00:00:00Z",
              "addresses": ["ada@example.org"], "wildcards": false, "limits": {"messages_per_hour": 5}}],
  "devices": [{"name": "laptop", "person": "ada", "public_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=",
               "addresses": ["10.9.0.2", "fd09::2"], "state": "active", "expires": null,
               "created": "2026-11-24T02:47:06Z"}]})";
}

std::string changed(std::string_view from, std::string_view to) {
  std::string text = good_text();
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string error_of(const std::string& text) {
  const auto document = parse_document(text);
  return document ? "(accepted)" : document.error().context;
}

}  // namespace

TEST_CASE("a document is read, printed and read again without loss") {
  const auto document = parse_document(good_text());
  REQUIRE(document);
  CHECK(document->people[0].limits.messages_per_hour == 5);
  CHECK(document->people[0].expires == parse_rfc3339("2030-01-01T00:00:00Z"));
  CHECK(document->devices[0].addresses == std::vector{ip("10.9.0.2"), ip("fd09::2")});
  CHECK(parse_document(print_document(*document)) == *document);
  CHECK(parse_document(print_document(Document{})) == Document{});
  CHECK(parse_document(print_document(make_office())) == make_office());
}

TEST_CASE("what is wrong with people.json is said with its place") {
  CHECK(error_of("").starts_with("no valid JSON"));
  CHECK(error_of("[]") == "the document: expected an object");
  CHECK(error_of(changed("\"version\": 1", "\"version\": 2")) == "version: expected 1");
  CHECK(error_of(changed("\"version\": 1,", "")) == "version: expected 1");
  CHECK(error_of(changed("\"full_name\"", "\"fullname\"")) == "people[0].fullname: unknown key");
  CHECK(error_of(changed("\"state\": \"active\", \"expires\": null", "\"state\": \"on\", \"expires\": null")) ==
        "devices[0].state: 'on' is no state");
  CHECK(error_of(changed("2030-01-01T00:00:00Z", "2030-01-01")).starts_with("people[0].expires: expected a time"));
  CHECK(error_of(changed("\"wildcards\": false", "\"wildcards\": \"no\"")) ==
        "people[0].wildcards: expected true or false");
  CHECK(error_of(changed("\"messages_per_hour\": 5", "\"messages_per_hour\": -5"))
            .starts_with("people[0].limits.messages_per_hour: expected a whole number"));
  CHECK(error_of(changed("\"messages_per_hour\": 5", "\"messages_per_hour\": 5000000000"))
            .starts_with("people[0].limits.messages_per_hour: expected a whole number"));
  CHECK(error_of(changed("\"messages_per_hour\": 5", "\"messages\": 5")) == "people[0].limits.messages: unknown key");
  CHECK(error_of(changed("[\"ada@example.org\"]", "[7]")) == "people[0].addresses: expected a list of texts");
  CHECK(error_of(changed("\"fd09::2\"", "\"fd09::/64\"")).starts_with("devices[0].addresses: 'fd09::/64'"));
  CHECK(error_of(changed("\"created\": \"2026-11-24T02:47:06Z\"", "\"created\": null")) ==
        "devices[0].created: is missing");
  CHECK(error_of(changed("\"name\": \"ada\",", "")) == "people[0].name: is missing");
}

TEST_CASE("rules between entries hold") {
  CHECK(error_of(changed("\"name\": \"ada\"", "\"name\": \"-ada\"")).starts_with("person '-ada'"));
  CHECK(error_of(changed("\"person\": \"ada\"", "\"person\": \"bob\"")).contains("belongs to 'bob'"));
  CHECK(
      error_of(changed("ada@example.org", "ada@EXAMPLE.org")).contains("write 'ada@EXAMPLE.org' as 'ada@example.org'"));
  CHECK(error_of(changed("ada@example.org", "*@example.org")).contains("needs \"wildcards\": true"));
  CHECK(error_of(changed("AAAE=", "AAA=")).contains("32 bytes as base64"));
  CHECK(error_of(changed("10.9.0.2", "127.0.0.1")).contains("no address of a device"));

  Document office = make_office();
  office.devices[2].addresses.push_back(ip("::ffff:10.9.0.2"));
  CHECK(validate(office).error().context == "device 'bob-phone': has the address 10.9.0.2 of 'ada-laptop'");
  office = make_office();
  office.devices[2].public_key = kKeyA;
  CHECK(validate(office).error().context == "device 'bob-phone': has the public key of 'ada-laptop'");
  office.devices[0].state = DeviceState::kRevoked;
  CHECK(validate(office).has_value());
  office = make_office();
  std::swap(office.people[0], office.people[1]);
  CHECK(validate(office).error().context == "person 'ada': the list is not sorted by name");
  office.people[0] = office.people[1];
  CHECK(validate(office).error().context == "person 'ada': the name stands twice");
}

TEST_CASE("hostile JSON does no harm") {
  CHECK_FALSE(parse_document(std::string(100'000, '[')).has_value());
  CHECK_FALSE(parse_document("{\"version\":1,\"people\":{},\"devices\":[]}").has_value());
  CHECK_FALSE(parse_document("{\"version\":1,\"people\":[null],\"devices\":[]}").has_value());
  CHECK_FALSE(parse_document("{\"version\":1.5,\"people\":[],\"devices\":[]}").has_value());
  CHECK_FALSE(parse_document("{\"version\":1,\"people\":[],\"devices\":[]} x").has_value());
  CHECK_FALSE(parse_document("{\"version\":1,\"people\":[],\"devices\":[],\"\\u0000\":1}").has_value());
}

TEST_CASE("roles, recipients, mailboxes and machines are kept, and their rules hold") {
  Document office = make_office();
  CHECK(office.people[0].role == Role::kPerson);
  office.people[0].role = Role::kAdministrator;
  office.people[0].recipients = {"*@example.net", "office@example.org"};
  office.people[0].mailbox = "ada@example.com";
  office.devices[0].access = Reach::kInternet;
  REQUIRE(validate(office));
  CHECK(parse_document(print_document(office)) == office);
  office.people[0].mailbox = "*@example.com";
  CHECK(validate(office).error().context.contains("is no mailbox"));
  office.people[0].mailbox = "ada@EXAMPLE.com";
  CHECK(validate(office).error().context.contains("is no mailbox"));
  office.people[0].mailbox.clear();
  office.people[0].recipients = {"nobody"};
  CHECK_FALSE(validate(office));
  office.people[0].recipients.clear();
  office.people[0].kind = PersonKind::kMachine;
  CHECK(validate(office).error().context == "person 'ada': a machine has no role in the administration");
  office.people[0].role = Role::kPerson;
  CHECK(validate(office).error().context == "device 'ada-laptop': 'ada' is a machine of the LAN");
  CHECK(error_of(changed("\"wildcards\"", "\"role\": \"root\", \"wildcards\"")) ==
        "people[0].role: 'root' is not known");
}

TEST_CASE("a device of the LAN is known by address or hardware address") {
  Document office = make_office();
  Device scanner;
  scanner.name = "scanner";
  scanner.person = "ada";
  scanner.mac = "00:11:22:aa:bb:cc";
  office.devices.push_back(scanner);
  REQUIRE(validate(office));
  CHECK(parse_document(print_document(office)) == office);
  office.devices.push_back(scanner);
  office.devices.back().name = "scanner-2";
  CHECK(validate(office).error().context == "device 'scanner-2': has the hardware address of 'scanner'");
  office.devices.pop_back();
  office.devices.back().mac = "00-11-22-AA-BB-CC";
  CHECK_FALSE(validate(office));
  office.devices.back().mac.clear();
  CHECK_FALSE(validate(office));
  office.devices.back().addresses = {ip("192.168.7.9")};
  office.devices.back().access = Reach::kLan;
  CHECK_FALSE(validate(office));
  office.devices.back().access = Reach::kBox;
  office.devices[0].mac = "00:11:22:aa:bb:cc";
  CHECK_FALSE(validate(office));
}
