#pragma once

#include <boost/asio/awaitable.hpp>

#include "delivery/content.h"
#include "delivery/results.h"
#include "delivery/session.h"

namespace postern::delivery {

/// How one job's delivery on one session ended.
struct DeliveryEnd {
  /// Nothing of it reached the server and the session is gone: another session may take the job. Else each due
  /// recipient is decided and job.settle is complete but for the time of the next attempt.
  bool moved = false;
  /// The vault would not give the content: whatever was deferred is not the server's fault, and no attempt.
  bool local_fault = false;
  /// When moved: what the server said, or how it went.
  std::string reply;
};

/// Sends one message to all recipients that are due, in as many transactions as limits ask for, on one session.
/// A session that dies between transactions leaves the rest deferred.
asio::awaitable<DeliveryEnd> deliver(Session& session, Job& job, Content& content, std::size_t recipients_limit,
                                     const Circumstances& circumstances);

}  // namespace postern::delivery
