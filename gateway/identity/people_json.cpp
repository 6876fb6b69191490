#include <format>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "identity/json_object.h"
#include "identity/store.h"

namespace postern::identity {

namespace json = boost::json;

namespace {

constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kMaxFile = 16 << 20;
constexpr mode_t kMode = 0640;

std::optional<WallTime> read_time(JsonObject& object, std::string_view key) {
  const std::string text = object.optional_text(key);
  if (text.empty()) return std::nullopt;
  const auto time = parse_rfc3339(text);
  if (!time) object.wrong(key, "expected a time in UTC such as \"2026-12-31T23:59:59Z\"");
  return time;
}

/// A text of a small set; the first one is the default when the key is missing.
template <class Word, std::size_t N>
Word read_word(JsonObject& object, std::string_view key, const std::array<Word, N>& words) {
  const std::string text = object.optional_text(key);
  if (text.empty()) return words[0];
  for (const Word word : words) {
    if (to_string(word) == text) return word;
  }
  object.wrong(key, std::format("'{}' is not known", printable(text)));
  return words[0];
}

template <class State, std::size_t N>
State read_state(JsonObject& object, const std::array<State, N>& states) {
  const std::string text = object.text("state");
  for (const State state : states) {
    if (to_string(state) == text) return state;
  }
  object.wrong("state", std::format("'{}' is no state", printable(text)));
  return states[0];
}

std::vector<std::string> read_texts(JsonObject& object, std::string_view key) {
  std::vector<std::string> texts;
  const json::array* list = object.list(key);
  if (list == nullptr) return texts;
  for (const auto& item : *list) {
    if (!item.is_string()) object.wrong(key, "expected a list of texts");
    texts.emplace_back(item.is_string() ? std::string_view(item.get_string()) : std::string_view{});
  }
  return texts;
}

Limits read_limits(JsonObject& person, Result<void>& inner) {
  const json::value* value = person.optional("limits");
  if (value == nullptr) return {};
  JsonObject object(*value, person.path_of("limits"));
  const Limits limits{.messages_per_hour = object.optional_number("messages_per_hour"),
                      .recipients_per_day = object.optional_number("recipients_per_day")};
  inner = object.finish();
  return limits;
}

Result<Person> read_person(const json::value& value, std::string path) {
  JsonObject object(value, std::move(path));
  Person person;
  Result<void> inner;
  person.name = object.text("name");
  person.full_name = object.optional_text("full_name");
  person.kind = read_word(object, "kind", std::array{PersonKind::kPerson, PersonKind::kMachine});
  person.role =
      read_word(object, "role", std::array{Role::kPerson, Role::kAuditor, Role::kHelpdesk, Role::kAdministrator});
  person.state = read_state(object, std::array{PersonState::kActive, PersonState::kSuspended});
  person.expires = read_time(object, "expires");
  person.addresses = read_texts(object, "addresses");
  person.wildcards = object.optional_flag("wildcards");
  if (object.optional("recipients") != nullptr) person.recipients = read_texts(object, "recipients");
  person.mailbox = object.optional_text("mailbox");
  person.limits = read_limits(object, inner);
  if (auto done = object.finish(); !done) return fail(done.error());
  if (!inner) return fail(inner.error());
  return person;
}

Result<Device> read_device(const json::value& value, std::string path) {
  JsonObject object(value, std::move(path));
  Device device;
  device.name = object.text("name");
  device.person = object.text("person");
  device.public_key = object.optional_text("public_key");
  device.mac = object.optional_text("mac");
  device.access = read_word(object, "access", std::array{Reach::kBox, Reach::kLan, Reach::kInternet});
  for (const auto& text : read_texts(object, "addresses")) {
    const auto address = IpAddress::parse(text);
    if (!address) object.wrong("addresses", std::format("'{}' is no single IP address", printable(text)));
    device.addresses.push_back(address.value_or(IpAddress{}));
  }
  device.state = read_state(object, std::array{DeviceState::kActive, DeviceState::kSuspended, DeviceState::kRevoked});
  device.expires = read_time(object, "expires");
  const auto created = read_time(object, "created");
  if (!created) object.wrong("created", "is missing");
  device.created = created.value_or(WallTime{});
  if (auto done = object.finish(); !done) return fail(done.error());
  return device;
}

template <class Entry, class Read>
Result<std::vector<Entry>> read_list(JsonObject& object, std::string_view key, Read read) {
  std::vector<Entry> entries;
  const json::array* list = object.list(key);
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    auto entry = read((*list)[i], std::format("{}[{}]", key, i));
    if (!entry) return fail(entry.error());
    entries.push_back(std::move(*entry));
  }
  return entries;
}

json::value print_time(const std::optional<WallTime>& time) {
  return time ? json::value(format_rfc3339(*time)) : json::value(nullptr);
}

json::value text_or_null(const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(text); }

json::object print_person(const Person& person) {
  json::object object{{"name", person.name}, {"full_name", person.full_name}};
  object["kind"] = to_string(person.kind);
  object["role"] = to_string(person.role);
  object["state"] = to_string(person.state);
  object["expires"] = print_time(person.expires);
  object["addresses"] = json::array(person.addresses.begin(), person.addresses.end());
  object["wildcards"] = person.wildcards;
  object["recipients"] = json::array(person.recipients.begin(), person.recipients.end());
  object["mailbox"] = text_or_null(person.mailbox);
  object["limits"] = {{"messages_per_hour", person.limits.messages_per_hour},
                      {"recipients_per_day", person.limits.recipients_per_day}};
  return object;
}

json::object print_device(const Device& device) {
  json::object object{{"name", device.name}, {"person", device.person}};
  object["public_key"] = text_or_null(device.public_key);
  object["mac"] = text_or_null(device.mac);
  object["access"] = to_string(device.access);
  json::array addresses;
  for (const auto& address : device.addresses) addresses.emplace_back(address.to_string());
  object["addresses"] = std::move(addresses);
  object["state"] = to_string(device.state);
  object["expires"] = print_time(device.expires);
  object["created"] = format_rfc3339(device.created);
  return object;
}

template <class Entry, class Print>
std::string print_list(const std::vector<Entry>& entries, Print print) {
  std::string text = "[";
  for (const auto& entry : entries) {
    text += text.size() == 1 ? "\n    " : ",\n    ";
    text += json::serialize(print(entry));
  }
  return text + (entries.empty() ? "]" : "\n  ]");
}

}  // namespace

Result<Document> parse_document(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error) return fail(ErrorCode::kInvalid, std::format("no valid JSON: {}", error.message()));
  JsonObject object(value, "");
  const std::uint32_t version = object.optional_number("version");
  auto people = read_list<Person>(object, "people", read_person);
  auto devices = read_list<Device>(object, "devices", read_device);
  if (version != kVersion) object.wrong("version", std::format("expected {}", kVersion));
  if (auto done = object.finish(); !done) return fail(done.error());
  if (!people) return fail(people.error());
  if (!devices) return fail(devices.error());
  Document document{std::move(*people), std::move(*devices)};
  if (auto good = validate(document); !good) return fail(good.error());
  return document;
}

std::string print_document(const Document& document) {
  return std::format("{{\n  \"version\": {},\n  \"people\": {},\n  \"devices\": {}\n}}\n", kVersion,
                     print_list(document.people, print_person), print_list(document.devices, print_device));
}

Result<Document> load_document(const std::string& path) {
  const auto text = read_file(path, kMaxFile);
  if (!text) return fail(text.error());
  auto document = parse_document(*text);
  if (!document) return fail(document.error().within(path));
  return document;
}

Result<void> save_document(const std::string& path, const Document& document, gid_t readers) {
  if (auto good = validate(document); !good) return good;
  return replace_file(path, print_document(document), kMode, readers);
}

}  // namespace postern::identity
