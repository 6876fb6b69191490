#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace postern::ledger {

/// Builds one ledger event: a flat JSON object, in the order of the calls. The names of events and fields are listed
/// in ledger/README.md. A field whose value is empty is left out by the text variants that say so; everything that is
/// not well-formed UTF-8 is written as its printable form (base/text.h), so the result is always valid JSON.
///
///   std::string event = ledger::Event("refuse").field("client", address).id("session", session).take();
class Event {
 public:
  explicit Event(std::string_view name);

  /// A text; left out when empty. Longer than kMaxText bytes it is cut and ends in "...".
  Event& field(std::string_view key, std::string_view value);
  Event& field(std::string_view key, const char* value) { return field(key, std::string_view(value)); }
  Event& field(std::string_view key, const std::string& value) { return field(key, std::string_view(value)); }
  /// A number.
  Event& number(std::string_view key, std::int64_t value);
  Event& number(std::string_view key, std::uint64_t value);
  Event& number(std::string_view key, int value) { return number(key, std::int64_t{value}); }
  Event& number(std::string_view key, unsigned value) { return number(key, std::uint64_t{value}); }
  /// true or false.
  Event& flag(std::string_view key, bool value);
  /// A message's or session's id as people see it (base32_id); left out when 0.
  Event& id(std::string_view key, std::uint64_t value);
  /// A point in time, RFC 3339.
  Event& time(std::string_view key, WallTime value);

  /// The finished object; the builder is empty afterwards.
  std::string take();

  static constexpr std::size_t kMaxText = 1024;

 private:
  void key(std::string_view name);
  std::string json_;
};

/// Appends `text` as a JSON string, quotes included.
void append_json_text(std::string& out, std::string_view text);

}  // namespace postern::ledger
