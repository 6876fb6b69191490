#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "config/config.h"
#include "identity/passwords.h"
#include "identity/people.h"
#include "ipc/listener_messages.h"
#include "system/event_feed.h"
#include "system/turn.h"
#include "vpn/key_files.h"
#include "vpn/peer.h"

namespace postern::system {

namespace asio = boost::asio;

/// What a change of a person says; members that are not there stay as they are.
struct PersonChange {
  std::optional<std::string> full_name;
  std::optional<identity::Role> role;
  std::optional<std::vector<std::string>> addresses;
  std::optional<std::vector<std::string>> recipients;
  std::optional<identity::PersonState> state;
  std::optional<std::optional<WallTime>> expires;
  std::optional<bool> wildcards;
  std::optional<identity::Limits> limits;
};

/// People, devices and passwords: the only writer. Each change is checked, made durable, written to the ledger and
/// only then answered; whoever loses a right loses it before the answer. Changes run one after another; what blocks
/// (files, password hashes) runs on a thread of its own. One executor for everything else.
class Registry {
 public:
  struct Hooks {
    /// The tunnel's peers are to be looked at again.
    std::function<void()> changed;
    /// Ends sessions that stand.
    std::function<void(ipc::EndSessions)> end_sessions;
  };

  /// `config`, `events` and `clock` must outlive this; `config` may change its content between calls.
  Registry(const asio::any_io_executor& executor, const config::Config& config, identity::PasswordStore passwords,
           gid_t readers, EventFeed& events, Hooks hooks, const Clock& clock = Clock::system());

  /// Reads what is stored and repairs what a cut left half done: a password entry without a person goes, a person
  /// without one gets one that is locked, and locks follow the people's states. Call it before anything else.
  asio::awaitable<Result<void>> open();

  const identity::Document& document() const { return document_; }
  /// Who may be in the tunnel at this moment.
  std::vector<vpn::Peer> peers() const { return vpn::peers_of(document_, preshared_, clock_.wall()); }
  /// Everybody and everything that must not have a session now: for a postern-submit that has just come.
  std::vector<ipc::EndSessions> standing_ends() const;

  /// `by` is who asks, for the ledger. An empty password makes an account that can't log in yet.
  asio::awaitable<Result<void>> add_person(std::string by, identity::Person person, Secret password);
  asio::awaitable<Result<void>> change_person(std::string by, std::string name, PersonChange change);
  asio::awaitable<Result<void>> set_password(std::string by, std::string name, Secret password);
  asio::awaitable<Result<void>> remove_person(std::string by, std::string name);

  /// What the creator of a device is shown, once.
  struct Enrolled {
    identity::Device device;
    Secret configuration;  ///< empty for a device of the LAN
  };
  /// `device` needs name and person; in the tunnel (`tunnel`) a public key that is not given is made here and its
  /// private half is only in the answer. `box_key` is the box's public key.
  asio::awaitable<Result<Enrolled>> add_device(std::string by, identity::Device device, bool tunnel,
                                               std::string box_key);
  asio::awaitable<Result<void>> set_device_state(std::string by, std::string name, identity::DeviceState state);

  /// Ends the sessions of those whose time has come since the last call, and tells the ledger. True: somebody's has.
  bool expire();

 private:
  template <class Work>
  asio::awaitable<Result<void>> on_thread(Work work);
  asio::awaitable<Result<void>> save(identity::Document next);
  asio::awaitable<Result<void>> save_preshared();
  Result<void> reconcile_passwords();
  Result<void> apply_state(const identity::Person& before, const identity::Person& after);
  void tell_person(std::string_view action, std::string_view by, std::string_view name);
  void tell_device(std::string_view action, std::string_view by, const identity::Device& device);
  void end_device(const identity::Device& device, std::string_view reason);

  asio::any_io_executor executor_;
  const config::Config& config_;
  identity::PasswordStore passwords_;
  gid_t readers_;
  EventFeed& events_;
  Hooks hooks_;
  const Clock& clock_;
  Turn turn_;
  asio::thread_pool thread_{1};
  identity::Document document_;
  vpn::PresharedKeys preshared_;
  WallTime expired_until_;
};

}  // namespace postern::system
