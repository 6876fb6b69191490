#include <utility>

#include "base/crc32c.h"
#include "spool/spool.h"

namespace postern::spool {

namespace {

constexpr std::size_t kSmallPiece = 4 << 10;  // smaller ones are gathered: a vector entry each would cost more
constexpr std::size_t kGather = 64 << 10;

}  // namespace

Incoming::~Incoming() {
  if (spool_ == nullptr) return;
  spool_->withdraw(promised_, 0);
  spool_->forget(id_);
}

// What a submitter announced is not proof: each piece is held against the limits.
void Incoming::check_size(std::size_t more) {
  size_ += more;
  if (size_ > spool_->options_.max_message_size) {
    fate_ = fail(ErrorCode::kLimit, "message is too large");
  } else if (file_ && size_ > promised_) {
    const std::uint64_t unexpected = size_ - std::exchange(promised_, size_);
    if (!spool_->promise(unexpected)) fate_ = fail(ErrorCode::kNoSpace, "the disk is nearly full");
  }
  if (fate_) return;
  pieces_.clear();
  file_.reset();
}

void Incoming::append(std::string piece) {
  if (!fate_) return;
  check_size(piece.size());
  if (!fate_) return;
  crc_ = crc32c(piece, crc_);
  if (!file_ && size_ > spool_->options_.inline_limit) {
    file_ = spool_->large_->begin(id_);
    for (std::string& earlier : pieces_) spool_->large_->write(file_, std::move(earlier));
    pieces_.clear();
  }
  if (file_) {
    spool_->large_->write(file_, std::move(piece));
  } else if (piece.size() < kSmallPiece && !pieces_.empty() && pieces_.back().size() < kGather) {
    pieces_.back() += piece;
  } else {
    pieces_.push_back(std::move(piece));
  }
}

void Incoming::when_drained(std::move_only_function<void()> drained) {
  const auto& post = spool_->hooks_.post;
  if (!file_) {
    post(std::move(drained));
    return;
  }
  spool_->large_->when_drained(file_, [&post, call = std::move(drained)]() mutable { post(std::move(call)); });
}

void Incoming::commit(std::string envelope, const std::vector<std::string>& events, Done done) {
  Spool& spool = *std::exchange(spool_, nullptr);
  spool.withdraw(promised_, fate_ ? size_ : 0);
  const MessageChange change{id_, file_ != nullptr, size_, crc_, envelope};
  auto transaction = make_transaction(RecordType::kMessage, id_, events, envelope.size() + 64);
  encode(transaction->head, change);
  transaction->done = std::move(done);
  if (!file_) {
    transaction->body = std::move(pieces_);
    transaction->body_length = static_cast<std::uint32_t>(size_);
    transaction->body_crc = crc_;
  }
  if (fate_ && count_recipients(envelope) == 0) fate_ = fail(ErrorCode::kInvalid, "not an envelope");
  spool.commit(file_, std::move(transaction), std::move(fate_), events);
  file_.reset();
}

}  // namespace postern::spool
