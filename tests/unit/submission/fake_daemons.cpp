#include "fake_daemons.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>
#include <thread>

#include "ipc/listener.h"

namespace postern::submission::test {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kPatience{10};

asio::local::stream_protocol::acceptor listen(asio::io_context& context, const std::string& run,
                                              const std::string& daemon) {
  const std::string path = ipc::socket_path(run, daemon, "hot");
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  return ipc::listen_unix(context.get_executor(), path, 0600).value();
}

}  // namespace

FakeVault::FakeVault(asio::io_context& context, const std::string& run) : acceptor_(listen(context, run, "vault")) {
  asio::co_spawn(context, accept(), asio::detached);
}

asio::awaitable<void> FakeVault::accept() {
  for (;;) {
    auto socket = co_await ipc::accept_unix(acceptor_);
    if (!socket) co_return;
    auto channel = std::make_shared<ipc::Channel>(std::move(*socket));
    channels_.push_back(channel);
    asio::co_spawn(acceptor_.get_executor(), serve(std::move(channel)), asio::detached);
  }
}

asio::awaitable<void> FakeVault::serve(std::shared_ptr<ipc::Channel> channel) {
  asio::steady_timer timer(acceptor_.get_executor());
  Message message;
  for (;;) {
    for (;;) {
      {
        const std::lock_guard lock(mutex_);
        if (!held_) break;
      }
      timer.expires_after(std::chrono::milliseconds(5));
      co_await timer.async_wait(kAwait);
    }
    const auto frame = co_await channel->receive();
    if (!frame || !take(*channel, *frame, message)) co_return;
    if (channel->queued() > 0 && !co_await channel->flush(kPatience)) co_return;
  }
}

bool FakeVault::take(ipc::Channel& channel, const ipc::Frame& frame, Message& message) {
  const std::lock_guard lock(mutex_);
  switch (frame.type) {
    case ipc::Probe::kType: {
      ++probes_;
      if (refused_probe_) {
        channel.queue(ipc::Refused{*refused_probe_, "probe"});
      } else {
        channel.queue(ipc::Accepting{});
      }
      return true;
    }
    case ipc::Event::kType: {
      const auto event = ipc::parse<ipc::Event>(frame).value();
      if (losing_events_ > 0) {  // as a vault that dies before it could write them
        --losing_events_;
        return false;
      }
      events_.insert(events_.end(), event.events.begin(), event.events.end());
      channel.queue(ipc::Recorded{true});
      return true;
    }
    case ipc::Begin::kType: {
      const auto begin = ipc::parse<ipc::Begin>(frame).value();
      message = Message{.id = begin.id, .envelope = spool::decode_envelope(begin.envelope).value(), .content = {}};
      return true;
    }
    case ipc::Chunk::kType: {
      const auto chunk = ipc::parse<ipc::Chunk>(frame).value();
      message.content += chunk.bytes;
      ++message.chunks;
      received_ += chunk.bytes.size();
      return true;
    }
    case ipc::Abort::kType: {
      ++aborts_;
      return true;
    }
    case ipc::Commit::kType: break;
    default: return false;
  }
  const auto commit = ipc::parse<ipc::Commit>(frame).value();
  if (!commit.envelope.empty()) message.envelope = spool::decode_envelope(commit.envelope).value();
  switch (answer_) {
    case Answer::kCommit:
      events_.insert(events_.end(), commit.events.begin(), commit.events.end());
      channel.queue(ipc::Committed{message.id});
      messages_.push_back(std::move(message));
      return true;
    case Answer::kRefuseFull: channel.queue(ipc::Refused{ipc::Refused::Kind::kFull, "full"}); return true;
    case Answer::kRefuseStorage: channel.queue(ipc::Refused{ipc::Refused::Kind::kStorage, "EIO"}); return true;
    case Answer::kRefuseTooBig: channel.queue(ipc::Refused{ipc::Refused::Kind::kTooBig, "big"}); return true;
    case Answer::kHangUp: return false;
    case Answer::kSilence: return true;
  }
  return false;
}

void FakeVault::answer(Answer commits) {
  const std::lock_guard lock(mutex_);
  answer_ = commits;
}

void FakeVault::lose_events(int frames) {
  const std::lock_guard lock(mutex_);
  losing_events_ = frames;
}

void FakeVault::refuse_probes(std::optional<ipc::Refused::Kind> kind) {
  const std::lock_guard lock(mutex_);
  refused_probe_ = kind;
}

void FakeVault::hold(bool on) {
  const std::lock_guard lock(mutex_);
  held_ = on;
}

void FakeVault::vanish() {
  asio::post(acceptor_.get_executor(), [this] {
    acceptor_.close();
    for (const auto& weak : channels_) {
      if (const auto channel = weak.lock()) channel->close();
    }
  });
}

std::vector<FakeVault::Message> FakeVault::messages() const {
  const std::lock_guard lock(mutex_);
  return messages_;
}

std::vector<std::string> FakeVault::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

bool FakeVault::saw(const std::vector<std::string>& parts) const {
  for (int i = 0; i < 500; ++i) {
    for (const std::string& event : events()) {
      if (std::ranges::all_of(parts, [&](const std::string& part) { return event.contains(part); })) return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

std::size_t FakeVault::aborts() const {
  const std::lock_guard lock(mutex_);
  return aborts_;
}

std::size_t FakeVault::probes() const {
  const std::lock_guard lock(mutex_);
  return probes_;
}

std::size_t FakeVault::received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

FakeAuth::FakeAuth(asio::io_context& context, const std::string& run) : acceptor_(listen(context, run, "auth")) {
  asio::co_spawn(context, accept(), asio::detached);
}

asio::awaitable<void> FakeAuth::accept() {
  for (;;) {
    auto socket = co_await ipc::accept_unix(acceptor_);
    if (!socket) co_return;
    asio::co_spawn(acceptor_.get_executor(), serve(std::make_shared<ipc::Channel>(std::move(*socket))), asio::detached);
  }
}

asio::awaitable<void> FakeAuth::serve(std::shared_ptr<ipc::Channel> channel) {
  asio::steady_timer timer(acceptor_.get_executor());
  for (;;) {
    const auto frame = co_await channel->receive();
    if (!frame) co_return;
    const auto request = ipc::parse<ipc::LoginRequest>(*frame);
    if (!request || unavailable_) co_return;
    ++asked_;
    timer.expires_after(delay_.load());
    co_await timer.async_wait(kAwait);
    if (!co_await channel->send(decide(*request), kPatience)) co_return;
  }
}

ipc::LoginReply FakeAuth::decide(const ipc::LoginRequest& request) const {
  using Reason = ipc::LoginReply::Reason;
  ipc::LoginReply reply;
  reply.person = "ann";
  if (request.user == "stranger") {
    reply.reason = Reason::kWrongDevice;
    return reply;
  }
  if (request.user != "ann" || request.password.reveal() != "secret") {
    reply.reason = Reason::kBadPassword;
    return reply;
  }
  reply.granted = true;
  reply.reason = Reason::kOk;
  reply.device = "laptop";
  reply.addresses = {"ann@example.org", "*@ann.example"};
  return reply;
}

}  // namespace postern::submission::test
