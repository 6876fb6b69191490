#include "message/complete.h"

#include <format>

#include "base/text.h"
#include "message/received.h"

namespace postern::message {

namespace {

/// Longer ones are cut in the ledger (and only there).
constexpr std::size_t kLongestId = 512;
/// Room for Received, Date and Message-ID.
constexpr std::size_t kRoom = 1024;

/// Fields that tell what the recipients must not know (Bcc, RFC 5322 section 3.6.3), or that only the final delivery
/// may add (Return-Path, RFC 5321 section 4.4).
bool is_removed(const Field& field) {
  // By length first: of a usual header nearly nothing is left to compare.
  switch (field.name.size()) {
    case 3: return field.is("Bcc");
    case 10: return field.is("Resent-Bcc");
    case 11: return field.is("Return-Path");
    default: return false;
  }
}

std::string_view without_brackets(std::string_view id) {
  if (id.size() > 1 && id.front() == '<' && id.back() == '>') return id.substr(1, id.size() - 2);
  return id;
}

/// What a pass over the fields finds out.
struct Survey {
  unsigned dates = 0;
  unsigned ids = 0;
  std::string_view id;
  unsigned removed = 0;
};

/// Copies all that stays, in runs as long as possible.
Survey copy_fields(const HeaderBlock& header, std::string& out) {
  Survey survey;
  const std::string_view bytes = header.bytes();
  const std::size_t end = bytes.size() - (header.has_empty_line() ? 2 : 0);
  std::size_t from = 0;
  for (const Field& field : header.fields()) {
    if (is_removed(field)) {
      const auto at = static_cast<std::size_t>(field.raw.data() - bytes.data());
      out += bytes.substr(from, at - from);
      from = at + field.raw.size();
      ++survey.removed;
    } else if (field.is("Date")) {
      ++survey.dates;
    } else if (field.is("Message-ID")) {
      ++survey.ids;
      survey.id = without_brackets(trim(field.body));
    }
  }
  out += bytes.substr(from, end - from);
  return survey;
}

}  // namespace

Result<Completed> complete(const HeaderBlock& header, const Trace& trace) {
  Completed result;
  std::string& out = result.header;
  out.reserve(header.bytes().size() + kRoom);
  append_received(out, trace);
  const Survey survey = copy_fields(header, out);
  if (survey.dates > 1) return fail(ErrorCode::kInvalid, "more than one Date field");
  if (survey.ids > 1) return fail(ErrorCode::kInvalid, "more than one Message-ID field");
  result.fields_removed = survey.removed;
  result.message_id = survey.id.substr(0, kLongestId);
  if (survey.dates == 0) {
    out += "Date: " + format_rfc5322(trace.time) + "\r\n";
    result.date_added = true;
  }
  if (survey.ids == 0) {
    result.message_id = std::format("{}.{:x}@{}", trace.id, trace.time.time_since_epoch().count(), trace.gateway);
    out += "Message-ID: <" + result.message_id + ">\r\n";
    result.message_id_added = true;
  }
  if (header.has_empty_line()) out += "\r\n";
  return result;
}

}  // namespace postern::message
