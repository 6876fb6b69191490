#include "system/body.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <format>

#include "base/text.h"

namespace postern::system {

namespace json = http::json;

const json::value* Body::find(std::string_view key) {
  asked_.emplace(key);
  return object_.if_contains(key);
}

void Body::wrong(std::string_view key, std::string_view expected) {
  problems_ += std::format("{}'{}' must be {}", problems_.empty() ? "" : "; ", printable(key, 64), expected);
}

std::string Body::required_text(std::string_view key) {
  if (auto value = text(key)) return *value;
  if (!object_.contains(key)) wrong(key, "given");
  return {};
}

std::optional<std::string> Body::text(std::string_view key) {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* text = value->if_string()) return std::string(*text);
  wrong(key, "a text");
  return std::nullopt;
}

std::optional<bool> Body::flag(std::string_view key) {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* flag = value->if_bool()) return *flag;
  wrong(key, "true or false");
  return std::nullopt;
}

std::optional<std::vector<std::string>> Body::texts(std::string_view key) {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto* list = value->if_array();
  if (list == nullptr || !std::ranges::all_of(*list, [](const auto& entry) { return entry.is_string(); })) {
    wrong(key, "a list of texts");
    return std::nullopt;
  }
  std::vector<std::string> texts;
  for (const auto& entry : *list) texts.emplace_back(entry.as_string());
  return texts;
}

std::optional<std::vector<IpAddress>> Body::addresses(std::string_view key) {
  const auto list = texts(key);
  if (!list) return std::nullopt;
  std::vector<IpAddress> addresses;
  for (const auto& text : *list) {
    const auto address = IpAddress::parse(text);
    if (!address) {
      wrong(key, "a list of IP addresses");
      return std::nullopt;
    }
    addresses.push_back(*address);
  }
  return addresses;
}

std::optional<std::optional<WallTime>> Body::time(std::string_view key) {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_null()) return std::optional<WallTime>();
  const auto* text = value->if_string();
  if (const auto time = text == nullptr ? std::nullopt : parse_rfc3339(std::string_view(*text))) return time;
  wrong(key, "a time such as \"2026-12-31T23:59:59Z\", or null");
  return std::nullopt;
}

std::optional<std::vector<std::pair<std::string, std::uint32_t>>> Body::numbers(
    std::string_view key, const std::set<std::string_view>& names) {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  std::vector<std::pair<std::string, std::uint32_t>> numbers;
  const auto* object = value->if_object();
  for (std::size_t i = 0; object != nullptr && i < object->size(); ++i) {
    const auto& member = *(object->begin() + i);
    const std::string_view name = member.key();
    boost::system::error_code error;
    const auto number = member.value().to_number<std::uint32_t>(error);
    if (error || !member.value().is_number() || member.value().is_double() || !names.contains(name)) {
      object = nullptr;
    } else {
      numbers.emplace_back(name, number);
    }
  }
  if (object != nullptr) return numbers;
  std::string expected;
  for (const auto name : names) expected += std::format("{}{}", expected.empty() ? "" : ", ", name);
  wrong(key, std::format("an object with whole numbers by the names {}", expected));
  return std::nullopt;
}

std::optional<std::size_t> Body::word(std::string_view key, const std::vector<std::string_view>& words) {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* text = value->if_string()) {
    const auto found = std::ranges::find(words, std::string_view(*text));
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  }
  std::string expected;
  for (const auto word : words) expected += std::format("{}\"{}\"", expected.empty() ? "" : " or ", word);
  wrong(key, expected);
  return std::nullopt;
}

Result<void> Body::finish() {
  for (const auto& member : object_) {
    if (!asked_.contains(std::string_view(member.key()))) {
      problems_ += std::format("{}'{}' is not known here", problems_.empty() ? "" : "; ",
                               printable(std::string_view(member.key()), 64));
    }
  }
  if (problems_.empty()) return {};
  return fail(ErrorCode::kInvalid, problems_);
}

}  // namespace postern::system
