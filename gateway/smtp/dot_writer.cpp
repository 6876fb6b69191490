#include "smtp/dot_writer.h"

#include "smtp/content.h"

namespace postern::smtp {

namespace {

constexpr std::string_view kCrlf = "\r\n";

}  // namespace

void DotWriter::append(std::string& out, std::string_view bytes) {
  if (held_cr_ && !bytes.empty()) {
    held_cr_ = false;
    at_start_ = true;
    out += kCrlf;
    if (bytes.front() == '\n') bytes.remove_prefix(1);
  }
  std::size_t done = 0;
  const auto flush = [&](std::size_t end, std::size_t next) {
    out.append(bytes, done, end - done);
    done = next;
  };
  for (std::size_t at = 0; at < bytes.size();) {
    if (at_start_ && bytes[at] == '.') {
      flush(at, at);
      out += '.';
    }
    const std::size_t plain = find_special(bytes.substr(at));
    if (plain > 0) at_start_ = false;
    at += plain;
    if (at == bytes.size()) break;
    if (bytes[at] == '\0') {
      // No content of ours has one; if it had, it is an octet like others here.
      at_start_ = false;
      ++at;
      continue;
    }
    if (bytes[at] == '\r' && at + 1 == bytes.size()) {
      held_cr_ = true;
      return flush(at, at + 1);
    }
    const bool whole = bytes.substr(at, 2) == kCrlf;
    if (!whole) {
      flush(at, at + 1);
      out += kCrlf;
    }
    at += whole ? 2 : 1;
    at_start_ = true;
  }
  flush(bytes.size(), bytes.size());
}

void DotWriter::finish(std::string& out) {
  if (held_cr_ || !at_start_) out += kCrlf;
  out += ".\r\n";
  *this = DotWriter();
}

}  // namespace postern::smtp
