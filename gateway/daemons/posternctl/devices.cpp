#include <boost/json/array.hpp>
#include <cstdio>
#include <format>

#include "daemons/posternctl/command.h"
#include "http/client.h"

namespace postern::control {

namespace {

using http::Method;

std::string target_of(const std::string& name) { return "/v1/devices/" + http::encode(name); }

Exit list(const Context& context, const Arguments&) {
  const auto answer = ask(context, "system", Method::kGet, "/v1/devices");
  if (!answer) return complain(answer.error());
  if (context.json) return print_json(*answer), Exit::kOk;
  std::vector<std::vector<std::string>> rows;
  for (const auto& device : answer->at("devices").as_array()) {
    rows.push_back({cell(device, "name"), cell(device, "person"), cell(device, "state"), cell(device, "addresses"),
                    cell(device, "expires")});
  }
  print_table({"NAME", "PERSON", "STATE", "ADDRESSES", "EXPIRES"}, rows);
  return Exit::kOk;
}

Exit show(const Context& context, const Arguments& arguments) {
  const auto answer = ask(context, "system", Method::kGet, target_of(arguments.words()[0]));
  if (!answer) return complain(answer.error());
  if (context.json) return print_json(*answer), Exit::kOk;
  std::vector<std::vector<std::string>> rows;
  for (const auto& member : answer->as_object()) {
    rows.push_back({std::string(member.key()), cell(*answer, member.key())});
  }
  print_table({"", ""}, rows);
  return Exit::kOk;
}

Exit add(const Context& context, const Arguments& arguments) {
  const auto person = arguments.value("person");
  if (!person) return complain({ErrorCode::kInvalid, "--person=NAME says whose device it is"});
  json::object body{{"name", arguments.words()[0]}, {"person", *person}};
  if (const auto key = arguments.value("public-key")) body["public_key"] = *key;
  if (const auto expires = arguments.value("expires")) body["expires"] = *expires;
  if (const auto address = arguments.value("lan-address")) {
    body["network"] = "lan";
    body["addresses"] = json::array{*address};
  }
  const auto answer = ask(context, "system", Method::kPost, "/v1/devices", body);
  if (!answer) return complain(answer.error());
  if (context.json) return print_json(*answer), Exit::kOk;
  const auto* configuration = answer->as_object().if_contains("configuration");
  if (configuration == nullptr) return std::puts("added"), Exit::kOk;
  // The configuration alone goes to standard output, so that it can be sent to a file or to qrencode.
  std::fputs("The device's configuration, for wg-quick or a WireGuard app; it can't be shown again:\n", stderr);
  std::fputs(configuration->as_string().c_str(), stdout);
  return Exit::kOk;
}

Exit set_state(const Context& context, const Arguments& arguments, std::string_view state) {
  return ask_and_report(context, "system", Method::kPatch, target_of(arguments.words()[0]),
                        json::object{{"state", state}}, state);
}

Exit suspend(const Context& context, const Arguments& arguments) { return set_state(context, arguments, "suspended"); }
Exit resume(const Context& context, const Arguments& arguments) { return set_state(context, arguments, "active"); }

Exit revoke(const Context& context, const Arguments& arguments) {
  return ask_and_report(context, "system", Method::kDelete, target_of(arguments.words()[0]), nullptr, "revoked");
}

const Command kCommands[] = {
    {"devices list", "", "the WireGuard and LAN devices", "", {}, list},
    {"devices show", "NAME", "one device, with its last handshake", "", {{}, {}, 1, 1}, show},
    {"devices add",
     "NAME --person=PERSON [--public-key=KEY | --lan-address=ADDRESS] [--expires=TIME]",
     "enrol a device",
     "Without --public-key the box makes the device's keys and prints the configuration once, on standard output:\n"
     "    posternctl devices add ada-phone --person=ada | qrencode -t ansiutf8\n"
     "With --public-key only the device knows its private key. --lan-address makes a device of the LAN, which has no\n"
     "tunnel.",
     {{}, {"person", "public-key", "lan-address", "expires"}, 1, 1},
     add},
    {"devices suspend", "NAME", "shut a device out for now and end its sessions", "", {{}, {}, 1, 1}, suspend},
    {"devices resume", "NAME", "let it in again", "", {{}, {}, 1, 1}, resume},
    {"devices revoke", "NAME", "shut a device out for good and end its sessions", "", {{}, {}, 1, 1}, revoke},
};

}  // namespace

std::span<const Command> device_commands() { return kCommands; }

}  // namespace postern::control
