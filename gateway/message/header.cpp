#include "message/header.h"

#include <algorithm>
#include <format>

#include "base/text.h"
#include "smtp/utf8.h"

namespace postern::message {

namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kEmptyLine = "\r\n\r\n";

std::unexpected<Error> broken_line(std::size_t number, std::string_view what) {
  return fail(ErrorCode::kInvalid, std::format("header line {} {}", number, what));
}

/// RFC 5322 ftext: printable ASCII without colon and blank.
bool is_field_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
}

/// Collects the lines of one field.
struct Pending {
  std::size_t begin = 0;
  std::size_t colon = 0;
  std::size_t line = 0;
  bool open = false;
};

/// Cuts the block into lines and the lines into fields.
class Cutter {
 public:
  Cutter(std::string_view bytes, const HeaderLimits& limits) : bytes_(bytes), limits_(limits) {}

  Result<void> run() {
    fields_.reserve(std::min<std::size_t>(limits_.fields, 32));
    while (at_ < bytes_.size()) {
      ++line_;
      const auto length = line_length();
      if (!length) return fail(length.error());
      const std::string_view line = bytes_.substr(at_, *length);
      if (line.empty()) return finish_at_empty_line();
      if (auto taken = take_line(line); !taken) return taken;
      at_ += line.size() + kLineEnd.size();
    }
    return close();
  }

  std::vector<Field> take_fields() { return std::move(fields_); }
  bool empty_line() const { return empty_line_; }
  bool ascii() const { return ascii_; }

 private:
  /// Of the line at at_, without its CRLF.
  Result<std::size_t> line_length() const {
    const std::string_view rest = bytes_.substr(at_);
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return broken_line(line_, "does not end in CRLF");
    if (end == 0 || rest[end - 1] != '\r') return broken_line(line_, "has a bare LF");
    const std::string_view line = rest.substr(0, end - 1);
    if (line.contains('\r')) return broken_line(line_, "has a bare CR");
    if (line.contains('\0')) return broken_line(line_, "has a NUL");
    return line.size();
  }

  Result<void> take_line(std::string_view line) {
    if (line.front() == ' ' || line.front() == '\t') {
      if (!pending_.open) return broken_line(line_, "continues a field, but there is none");
      return {};
    }
    if (auto closed = close(); !closed) return closed;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return broken_line(line_, "has no colon");
    if (!is_field_name(line.substr(0, colon))) return broken_line(line_, "has no valid field name");
    if (fields_.size() >= limits_.fields) {
      return fail(ErrorCode::kLimit, std::format("the header has more than {} fields", limits_.fields));
    }
    pending_ = {.begin = at_, .colon = at_ + colon, .line = line_, .open = true};
    return {};
  }

  /// The field whose lines were collected is complete.
  Result<void> close() {
    if (!pending_.open) return {};
    pending_.open = false;
    const std::string_view raw = bytes_.substr(pending_.begin, at_ - pending_.begin);
    const std::size_t colon = pending_.colon - pending_.begin;
    if (!smtp::is_ascii(raw)) {
      ascii_ = false;
      if (!is_utf8(raw)) return broken_line(pending_.line, "is not UTF-8");
    }
    fields_.push_back({.name = raw.substr(0, colon),
                       .raw = raw,
                       .body = raw.substr(colon + 1, raw.size() - colon - 1 - kLineEnd.size())});
    return {};
  }

  Result<void> finish_at_empty_line() {
    if (auto closed = close(); !closed) return closed;
    empty_line_ = true;
    if (at_ + kLineEnd.size() != bytes_.size()) return broken_line(line_, "is empty, but the header goes on");
    return {};
  }

  std::string_view bytes_;
  const HeaderLimits& limits_;
  std::vector<Field> fields_;
  Pending pending_;
  std::size_t at_ = 0;
  std::size_t line_ = 0;
  bool empty_line_ = false;
  bool ascii_ = true;
};

}  // namespace

std::optional<std::size_t> HeaderEnd::scan(std::string_view bytes) {
  if (bytes.starts_with(kLineEnd)) return kLineEnd.size();
  const std::size_t overlap = kEmptyLine.size() - 1;
  const auto found = bytes.find(kEmptyLine, seen_ > overlap ? seen_ - overlap : 0);
  seen_ = bytes.size();
  if (found == std::string_view::npos) return std::nullopt;
  return found + kEmptyLine.size();
}

bool Field::is(std::string_view other) const { return equal_ignoring_case(name, other); }

Result<HeaderBlock> HeaderBlock::parse(std::string_view bytes, const HeaderLimits& limits) {
  if (bytes.size() > limits.size) {
    return fail(ErrorCode::kLimit, std::format("the header is longer than {} bytes", limits.size));
  }
  Cutter cutter(bytes, limits);
  if (auto cut = cutter.run(); !cut) return fail(cut.error());
  HeaderBlock block;
  block.bytes_ = bytes;
  block.fields_ = cutter.take_fields();
  block.empty_line_ = cutter.empty_line();
  block.ascii_ = cutter.ascii();
  return block;
}

const Field* HeaderBlock::find(std::string_view name) const {
  const auto found = std::ranges::find_if(fields_, [&](const Field& field) { return field.is(name); });
  return found == fields_.end() ? nullptr : &*found;
}

std::size_t HeaderBlock::count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count_if(fields_, [&](const Field& field) { return field.is(name); }));
}

}  // namespace postern::message
