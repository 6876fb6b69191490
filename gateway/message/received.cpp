#include "message/received.h"

#include <initializer_list>
#include <utility>

#include "base/text.h"
#include "smtp/address.h"
#include "smtp/utf8.h"

namespace postern::message {

namespace {

/// RFC 5322 section 2.1.1 wants 78 without CRLF; one is left for the semicolon.
constexpr std::size_t kLineWidth = 77;

/// Puts words one after the other and breaks lines between them.
class Folder {
 public:
  Folder(std::string& out, std::string_view name) : out_(out), column_(name.size()) { out_ += name; }

  void word(std::string_view text) {
    const bool fits = column_ + 1 + text.size() <= kLineWidth;
    if (!fits) out_ += "\r\n";
    out_ += ' ';
    out_ += text;
    column_ = (fits ? column_ : 0) + 1 + text.size();
  }
  void words(std::initializer_list<std::string_view> texts) {
    for (const std::string_view text : texts) word(text);
  }
  void semicolon() {
    out_ += ';';
    ++column_;
  }
  void end() { out_ += "\r\n"; }

 private:
  std::string& out_;
  std::size_t column_;
};

/// Words of a comment: blanks, controls and bytes above 127 become '_', what ends or nests comments a backslash pair.
std::string comment_text(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  std::string result;
  for (const char c : text.substr(0, kLongest)) {
    if (c == '(' || c == ')' || c == '\\') result += '\\';
    result += c > ' ' && c <= '~' ? c : '_';
  }
  return result;
}

std::string client_literal(std::string_view address) {
  const std::string text = comment_text(address);
  return address.contains(':') ? "([IPv6:" + text + "])" : "([" + text + "])";
}

/// The text as one of several words within one comment: the first opens it, the last closes it.
class Comment {
 public:
  explicit Comment(Folder& folder) : folder_(folder) {}

  void add(std::string text) {
    if (text.empty()) return;
    if (!last_.empty()) folder_.word(last_);
    last_ = (begun_ ? "" : "(") + std::move(text);
    begun_ = true;
  }
  void end() {
    if (begun_) folder_.word(last_ + ")");
  }

 private:
  Folder& folder_;
  std::string last_;
  bool begun_ = false;
};

void add_client(Folder& folder, const Trace& trace) {
  const std::string_view network = trace.network.empty() ? "client" : trace.network;
  folder.word("from");
  if (trace.hide_client) {
    folder.word(network);
    return;
  }
  folder.word(smtp::is_domain(trace.helo) ? trace.helo : network);
  if (!trace.client.empty()) folder.word(client_literal(trace.client));
  Comment comment(folder);
  if (!trace.person.empty()) comment.add("person=" + comment_text(trace.person));
  if (!trace.device.empty()) comment.add("device=" + comment_text(trace.device));
  comment.end();
}

void add_tls(Folder& folder, const Trace& trace) {
  Comment comment(folder);
  for (const std::string_view fact : {trace.tls_version, trace.tls_cipher, trace.tls_group}) {
    comment.add(comment_text(fact));
  }
  comment.end();
}

}  // namespace

void append_received(std::string& out, const Trace& trace) {
  Folder folder(out, "Received:");
  add_client(folder, trace);
  folder.words({"by", trace.gateway, "(Postern)", "with", trace.utf8 ? "UTF8SMTPSA" : "ESMTPSA", "id"});
  const bool show_recipient = !trace.recipient.empty() && smtp::is_printable_utf8(trace.recipient) &&
                              (trace.utf8 || smtp::is_ascii(trace.recipient));
  folder.word(comment_text(trace.id));
  if (show_recipient) folder.words({"for", "<" + std::string(trace.recipient) + ">"});
  add_tls(folder, trace);
  folder.semicolon();
  const std::string date = format_rfc5322(trace.time);
  for (const std::string_view word : split(date, ' ')) folder.word(word);
  folder.end();
}

}  // namespace postern::message
