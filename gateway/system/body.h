#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ip.h"
#include "http/message.h"

namespace postern::system {

/// Takes the members of a request's JSON object, checks their types, and collects everything that is wrong, so that
/// the caller learns all of it at once. A member that nobody asked for is wrong too: a misspelt key must not be taken
/// for a default. Ask for everything, then call finish().
class Body {
 public:
  /// `object` must outlive this.
  explicit Body(const http::json::object& object) : object_(object) {}

  /// A text; it must be there. Empty when it is wrong.
  std::string required_text(std::string_view key);
  /// The others: nullopt when the member is missing.
  std::optional<std::string> text(std::string_view key);
  std::optional<bool> flag(std::string_view key);
  std::optional<std::vector<std::string>> texts(std::string_view key);
  std::optional<std::vector<IpAddress>> addresses(std::string_view key);
  /// RFC 3339 in UTC; JSON's null says "never" and comes as an empty inner optional.
  std::optional<std::optional<WallTime>> time(std::string_view key);
  /// An object whose members are all whole numbers from 0 to 2^32-1, by one of the given names.
  std::optional<std::vector<std::pair<std::string, std::uint32_t>>> numbers(std::string_view key,
                                                                            const std::set<std::string_view>& names);
  /// One of a list of words, as its position in it.
  std::optional<std::size_t> word(std::string_view key, const std::vector<std::string_view>& words);

  /// kInvalid with all that is wrong, separated by "; ".
  Result<void> finish();

 private:
  const http::json::value* find(std::string_view key);
  void wrong(std::string_view key, std::string_view expected);

  const http::json::object& object_;
  std::set<std::string, std::less<>> asked_;
  std::string problems_;
};

}  // namespace postern::system
