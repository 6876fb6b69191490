#include <algorithm>

#include "smtp/content.h"
#include "smtp/replies.h"
#include "smtp/server.h"

namespace postern::smtp {

namespace {

constexpr std::string_view kCrlf = "\r\n";

std::string_view view(std::span<char> bytes) { return {bytes.data(), bytes.size()}; }

/// Takes octets off the front of the input.
std::string_view take(std::span<char>& input, std::size_t count) {
  const std::string_view taken = view(input.first(count));
  input = input.subspan(count);
  return taken;
}

}  // namespace

void Server::begin_content(Mode mode) {
  mode_ = mode;
  message_open_ = true;
  line_ = {};
  size_ = 0;
  too_large_ = false;
  held_cr_ = false;
}

Server::Step Server::read_data(std::span<char>& input) {
  const Run run = scan_content(view(input), line_, true);
  // What stopped the run stands at the front of the input next time, and is dealt with then.
  if (run.length > 0) return take_content(take(input, run.length));
  switch (run.stop) {
    case Stop::kInput: return NeedInput{};
    case Stop::kDot: return at_dot(input);
    case Stop::kNul: return fatal(Fault::kNul, replies::kNulInContent);
    case Stop::kBareLineEnd: break;
  }
  return fatal(Fault::kBareLineEnd, replies::kBareLineEndInContent);
}

Server::Step Server::at_dot(std::span<char>& input) {
  const std::string_view text = view(input);
  if (text.size() < 2 || text == ".\r") return NeedInput{};
  if (text.starts_with(".\r\n")) {
    input = input.subspan(3);
    return end_message(!input.empty());
  }
  if (text[1] == '\r') return fatal(Fault::kBareLineEnd, replies::kBareLineEndInContent);
  // RFC 5321 section 4.5.2: the dot was added by the client. It is no longer at the line's start behind it.
  input = input.subspan(1);
  line_.at_start = false;
  return std::nullopt;
}

Server::Step Server::take_content(std::string_view bytes) {
  const std::uint64_t limit = config_.limits.max_message_size;
  size_ += bytes.size();
  if (size_ <= limit) return MessageData{bytes};
  // What is too large is read to its end, since only then can the client hear of it; but not endlessly.
  if (size_ / 2 > limit) return fatal(Fault::kSizeLimit, replies::kTooLarge);
  too_large_ = true;
  abort_message(Fault::kSizeLimit);
  return std::nullopt;
}

Server::Step Server::end_message(bool more_behind) {
  if (too_large_) return refuse_message(Fault::kSizeLimit, replies::kTooLarge);
  // Not before the end: so the outcome does not depend on which of two limits a read happened to show first.
  if (line_.longest > config_.limits.max_text_line) return refuse_message(Fault::kTextLineLimit, replies::kTextLine);
  mode_ = Mode::kCommand;
  message_open_ = false;
  due_ = Due::kEnd;
  return EndMessage{size_, more_behind};
}

Server::Step Server::refuse_message(Fault fault, const ReplyView& reply) {
  mode_ = Mode::kCommand;
  abort_message(fault);
  Step refused = refuse(fault, reply);
  end_transaction(State::kIdle);
  return refused;
}

Server::Step Server::read_chunk(std::span<char>& input) {
  if (chunk_left_ == 0) return end_chunk(!input.empty());
  if (input.empty()) return NeedInput{};
  const std::size_t present = std::min<std::uint64_t>(input.size(), chunk_left_);
  if (held_cr_) {
    if (input[0] != '\n') return fatal(Fault::kBareLineEnd, replies::kBareLineEndInContent);
    held_cr_ = false;
    line_.at_start = true;
    line_.length = 0;
    --chunk_left_;
    take(input, 1);
    return take_content(kCrlf);
  }
  const Run run = scan_content(view(input.first(present)), line_, false);
  if (run.length > 0) {
    chunk_left_ -= run.length;
    return take_content(take(input, run.length));
  }
  if (run.stop == Stop::kNul) return fatal(Fault::kNul, replies::kNulInContent);
  if (run.stop == Stop::kBareLineEnd) return fatal(Fault::kBareLineEnd, replies::kBareLineEndInContent);
  // A CR stands alone at the end of what is here. If it is the end of the chunk too, its LF opens the next one.
  if (chunk_left_ > 1) return NeedInput{};
  held_cr_ = true;
  chunk_left_ = 0;
  take(input, 1);
  return std::nullopt;
}

Server::Step Server::end_chunk(bool more_behind) {
  if (!chunk_last_) {
    mode_ = Mode::kCommand;
    say(replies::kChunkOk);
    return std::nullopt;
  }
  if (held_cr_) return fatal(Fault::kBareLineEnd, replies::kBareLineEndInContent);
  if (!line_.at_start) {
    if (config_.limits.max_message_size - size_ < kCrlf.size()) {
      return refuse_message(Fault::kSizeLimit, replies::kTooLarge);
    }
    line_.at_start = true;
    return take_content(kCrlf);
  }
  next_state_ = State::kIdle;
  return end_message(more_behind);
}

Server::Step Server::refuse_chunk(Fault fault, const ReplyView& reply, std::uint64_t octets,
                                  std::string_view argument) {
  if (!spend_skip_budget(octets)) return fatal(fault, reply);
  chunk_left_ = octets;
  mode_ = Mode::kSkipChunk;
  return refuse(fault, reply, argument);
}

Server::Step Server::skip_chunk(std::span<char>& input) {
  const std::size_t present = std::min<std::uint64_t>(input.size(), chunk_left_);
  chunk_left_ -= present;
  take(input, present);
  if (chunk_left_ > 0) return NeedInput{};
  mode_ = Mode::kCommand;
  return std::nullopt;
}

bool Server::spend_skip_budget(std::uint64_t octets) {
  if (octets > skip_budget_) return false;
  skip_budget_ -= octets;
  return true;
}

}  // namespace postern::smtp
