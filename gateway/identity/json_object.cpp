#include "identity/json_object.h"

#include <format>

#include "base/text.h"

namespace postern::identity {

namespace json = boost::json;

JsonObject::JsonObject(const json::value& value, std::string path)
    : path_(std::move(path)), object_(value.if_object()) {
  if (object_ == nullptr) error_ = std::format("{}: expected an object", path_.empty() ? "the document" : path_);
}

const json::value* JsonObject::optional(std::string_view key) {
  asked_.insert(key);
  const json::value* found = object_ == nullptr ? nullptr : object_->if_contains(key);
  return found == nullptr || found->is_null() ? nullptr : found;
}

const json::value* JsonObject::required(std::string_view key) {
  const json::value* found = optional(key);
  if (found == nullptr) wrong(key, "is missing");
  return found;
}

std::string JsonObject::text(std::string_view key) {
  const json::value* found = required(key);
  if (found == nullptr) return {};
  if (!found->is_string()) wrong(key, "expected a text");
  return found->is_string() ? std::string(found->get_string()) : std::string{};
}

std::string JsonObject::optional_text(std::string_view key) {
  return optional(key) == nullptr ? std::string{} : text(key);
}

bool JsonObject::optional_flag(std::string_view key) {
  const json::value* found = optional(key);
  if (found == nullptr) return false;
  if (!found->is_bool()) wrong(key, "expected true or false");
  return found->is_bool() && found->get_bool();
}

std::uint32_t JsonObject::optional_number(std::string_view key) {
  const json::value* found = optional(key);
  if (found == nullptr) return 0;
  const auto number = found->try_to_number<std::uint32_t>();
  if (number.has_error() || found->is_double()) {
    wrong(key, std::format("expected a whole number of at most {}", std::numeric_limits<std::uint32_t>::max()));
    return 0;
  }
  return *number;
}

const json::array* JsonObject::list(std::string_view key) {
  const json::value* found = required(key);
  if (found == nullptr) return nullptr;
  if (!found->is_array()) wrong(key, "expected a list");
  return found->if_array();
}

void JsonObject::wrong(std::string_view key, std::string_view expected) {
  if (!error_) error_ = std::format("{}: {}", path_of(key), expected);
}

Result<void> JsonObject::finish() {
  if (error_) return fail(ErrorCode::kInvalid, *error_);
  for (const auto& member : *object_) {
    if (asked_.contains(member.key())) continue;
    return fail(ErrorCode::kInvalid, std::format("{}: unknown key", path_of(printable(member.key()))));
  }
  return {};
}

}  // namespace postern::identity
