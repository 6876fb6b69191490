#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/error.h"

/// Inside identity/ only (Boost.JSON shows here).
namespace postern::identity {

/// Takes the members of one JSON object out by name and notes the first thing that is wrong, so that a reader asks for
/// everything and then checks once.
class JsonObject {
 public:
  /// `value` must outlive this; `path` names it in errors: "people[3]".
  JsonObject(const boost::json::value& value, std::string path);

  /// The member; a null pointer (and an error noted) when it is missing.
  const boost::json::value* required(std::string_view key);
  /// The member; a null pointer when it is missing or null.
  const boost::json::value* optional(std::string_view key);
  std::string text(std::string_view key);
  /// Empty when it is missing.
  std::string optional_text(std::string_view key);
  bool optional_flag(std::string_view key);
  std::uint32_t optional_number(std::string_view key);
  const boost::json::array* list(std::string_view key);
  /// Where a member stands: "people[3].expires".
  std::string path_of(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  }

  /// Notes that a member's value is wrong, unless something was noted before.
  void wrong(std::string_view key, std::string_view expected);
  /// The first error; members that nobody asked for are errors too.
  Result<void> finish();

 private:
  std::string path_;
  const boost::json::object* object_ = nullptr;
  std::set<std::string_view> asked_;
  std::optional<std::string> error_;
};

}  // namespace postern::identity
