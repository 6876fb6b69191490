#include "system/registry.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <format>
#include <set>

#include "base/log.h"
#include "identity/edits.h"
#include "identity/store.h"
#include "ledger/event.h"
#include "vpn/client_config.h"

namespace postern::system {

using identity::Device;
using identity::DeviceState;
using identity::Document;
using identity::Person;
using identity::PersonState;

namespace {

template <class Work>
asio::awaitable<Result<void>> call(Work work) {
  co_return work();
}

bool may_log_in(const Person& person, WallTime now) {
  return person.state == PersonState::kActive && !person.expired(now);
}

std::string key_path(const config::Config& config) { return config.gateway.data + "/vpn/preshared.keys"; }

Person with_change(Person person, const PersonChange& change) {
  if (change.full_name) person.full_name = *change.full_name;
  if (change.role) person.role = *change.role;
  if (change.addresses) person.addresses = *change.addresses;
  if (change.recipients) person.recipients = *change.recipients;
  if (change.state) person.state = *change.state;
  if (change.expires) person.expires = *change.expires;
  if (change.wildcards) person.wildcards = *change.wildcards;
  if (change.limits) person.limits = *change.limits;
  return person;
}

}  // namespace

Registry::Registry(const asio::any_io_executor& executor, const config::Config& config,
                   identity::PasswordStore passwords, gid_t readers, EventFeed& events, Hooks hooks, const Clock& clock)
    : executor_(executor),
      config_(config),
      passwords_(std::move(passwords)),
      readers_(readers),
      events_(events),
      hooks_(std::move(hooks)),
      clock_(clock),
      turn_(executor),
      expired_until_(clock.wall()) {}

/// Runs what blocks on the other thread; its references stay valid because the caller waits here.
template <class Work>
asio::awaitable<Result<void>> Registry::on_thread(Work work) {
  co_return co_await asio::co_spawn(thread_, call(std::move(work)), asio::use_awaitable);
}

asio::awaitable<Result<void>> Registry::open() {
  const auto held = co_await turn_.take();
  auto keys = vpn::PresharedKeys::load(key_path(config_));
  if (!keys) co_return fail(keys.error());
  preshared_ = std::move(*keys);
  auto document = identity::load_document(config_.people.file);
  if (!document && document.error().code != ErrorCode::kNotFound) co_return fail(document.error());
  if (document) document_ = std::move(*document);
  const std::string file = config_.people.file;
  co_return co_await on_thread([&]() -> Result<void> {
    // Written anew when it was there as well: that puts owner and mode right.
    if (auto saved = identity::save_document(file, document_, readers_); !saved) return saved;
    if (auto prepared = passwords_.prepare(); !prepared) return prepared;
    return reconcile_passwords();
  });
}

Result<void> Registry::reconcile_passwords() {
  const auto entries = passwords_.entries();
  if (!entries) return fail(entries.error());
  std::set<std::string> known;
  for (const auto& entry : *entries) {
    known.insert(entry.name);
    const Person* person = document_.person(entry.name);
    Result<void> done;
    if (person == nullptr) {
      log::warning("a password without a person is removed", {{"name", entry.name}});
      done = passwords_.remove(entry.name);
    } else if (person->state == PersonState::kSuspended && !entry.locked()) {
      done = passwords_.lock(entry.name);
    } else if (person->state == PersonState::kActive && entry.locked() && entry.hash != "!") {
      done = passwords_.unlock(entry.name, person->expires);
    }
    if (!done) return done;
  }
  for (const auto& person : document_.people) {
    if (known.contains(person.name)) continue;
    log::warning("a person without a password entry gets one that is locked", {{"name", person.name}});
    if (auto made = passwords_.create(person.name, person.full_name, Secret()); !made) return made;
  }
  return {};
}

/// Makes a document durable and current. What the configuration says is copied: it may be replaced meanwhile.
asio::awaitable<Result<void>> Registry::save(Document next) {
  const std::string file = config_.people.file;
  auto saved = co_await on_thread([&] { return identity::save_document(file, next, readers_); });
  if (saved) document_ = std::move(next);
  co_return saved;
}

/// The text is made here: the other thread must not look at what this one changes.
asio::awaitable<Result<void>> Registry::save_preshared() {
  const Secret text = preshared_.text();
  const std::string file = key_path(config_);
  co_return co_await on_thread([&] { return vpn::PresharedKeys::store(file, text); });
}

std::vector<ipc::EndSessions> Registry::standing_ends() const {
  const WallTime now = clock_.wall();
  std::vector<ipc::EndSessions> ends;
  for (const auto& person : document_.people) {
    if (!may_log_in(person, now)) ends.push_back({person.name, {}, "person-inactive"});
  }
  std::set<IpAddress> alive;
  for (const auto& device : document_.devices) {
    if (device.usable(now)) alive.insert(device.addresses.begin(), device.addresses.end());
  }
  ipc::EndSessions inactive{{}, {}, "device-inactive"};
  for (const auto& device : document_.devices) {
    for (const auto& address : device.addresses) {
      // The address of a revoked device may have gone to another one.
      if (!device.usable(now) && !alive.contains(address)) inactive.sources.push_back(address);
    }
  }
  if (!inactive.sources.empty()) ends.push_back(std::move(inactive));
  return ends;
}

void Registry::tell_person(std::string_view action, std::string_view by, std::string_view name) {
  events_.add(ledger::Event("person").field("action", action).field("person", name).field("by", by).take());
}

void Registry::tell_device(std::string_view action, std::string_view by, const Device& device) {
  std::string addresses;
  for (const auto& address : device.addresses) {
    addresses += std::format("{}{}", addresses.empty() ? "" : " ", address.to_string());
  }
  events_.add(ledger::Event("device")
                  .field("action", action)
                  .field("device", device.name)
                  .field("person", device.person)
                  .field("addresses", addresses)
                  .field("key", device.public_key)
                  .field("by", by)
                  .take());
}

void Registry::end_device(const Device& device, std::string_view reason) {
  // No addresses would mean everybody's.
  if (!device.addresses.empty()) hooks_.end_sessions({{}, device.addresses, std::string(reason)});
}

asio::awaitable<Result<void>> Registry::add_person(std::string by, Person person, Secret password) {
  const auto held = co_await turn_.take();
  auto next = identity::add_person(document_, person);
  if (!next) co_return fail(next.error());
  auto created = co_await on_thread([&]() -> Result<void> {
    if (auto made = passwords_.create(person.name, person.full_name, password); !made) return made;
    return apply_state({}, person);
  });
  if (created) created = co_await save(std::move(*next));
  if (!created) {
    // Not when the name belonged to somebody already.
    if (created.error().code != ErrorCode::kExists) co_await on_thread([&] { return passwords_.remove(person.name); });
    co_return created;
  }
  tell_person("add", by, person.name);
  co_return created;
}

/// Brings lock, expiry and full name of the password entry to what the person's record says. Blocks.
Result<void> Registry::apply_state(const Person& before, const Person& after) {
  Result<void> done;
  if (before.full_name != after.full_name) done = passwords_.set_full_name(after.name, after.full_name);
  if (done && before.expires != after.expires) done = passwords_.set_expiry(after.name, after.expires);
  if (!done || before.state == after.state) return done;
  if (after.state == PersonState::kSuspended) return passwords_.lock(after.name);
  return passwords_.unlock(after.name, after.expires);
}

asio::awaitable<Result<void>> Registry::change_person(std::string by, std::string name, PersonChange change) {
  const auto held = co_await turn_.take();
  const Person* found = document_.person(name);
  if (found == nullptr) co_return fail(ErrorCode::kNotFound, std::format("there is no person '{}'", name));
  const Person before = *found;
  const Person after = with_change(before, change);
  auto next = identity::change_person(document_, after);
  if (!next) co_return fail(next.error());
  // people.json first: it is what refuses a login, and the tunnel follows it.
  if (auto saved = co_await save(std::move(*next)); !saved) co_return saved;
  hooks_.changed();
  if (!may_log_in(after, clock_.wall())) hooks_.end_sessions({name, {}, "person-inactive"});
  const bool turned = before.state != after.state;
  const bool suspended = after.state == PersonState::kSuspended;
  tell_person(turned ? (suspended ? "suspend" : "resume") : "change", by, name);
  co_return co_await on_thread([&] { return apply_state(before, after); });
}

asio::awaitable<Result<void>> Registry::set_password(std::string by, std::string name, Secret password) {
  const auto held = co_await turn_.take();
  if (document_.person(name) == nullptr)
    co_return fail(ErrorCode::kNotFound, std::format("there is no person '{}'", name));
  auto set = co_await on_thread([&] { return passwords_.set_password(name, password); });
  if (set) tell_person("password", by, name);
  co_return set;
}

asio::awaitable<Result<void>> Registry::remove_person(std::string by, std::string name) {
  const auto held = co_await turn_.take();
  auto next = identity::remove_person(document_, name);
  if (!next) co_return fail(next.error());
  const Document before = document_;
  if (auto saved = co_await save(std::move(*next)); !saved) co_return saved;
  hooks_.changed();
  hooks_.end_sessions({name, {}, "person-removed"});
  for (const Device* device : before.devices_of(name)) end_device(*device, "person-removed");
  tell_person("remove", by, name);
  for (const Device* device : before.devices_of(name)) preshared_.forget(device->public_key);
  auto removed = co_await on_thread([&] { return passwords_.remove(name); });
  auto forgotten = co_await save_preshared();
  co_return removed ? forgotten : removed;
}

asio::awaitable<Result<Registry::Enrolled>> Registry::add_device(std::string by, Device device, bool tunnel,
                                                                 std::string box_key) {
  const auto held = co_await turn_.take();
  Secret private_key;
  if (tunnel && device.public_key.empty()) {
    auto pair = vpn::generate_key_pair();
    if (!pair) co_return fail(pair.error());
    device.public_key = pair->public_key;
    private_key = std::move(pair->private_key);
  }
  if (!tunnel && device.addresses.empty()) {
    co_return fail(ErrorCode::kInvalid, "a device of the LAN is known by its address: 'addresses' must name it");
  }
  device.created = clock_.wall();
  auto next = identity::add_device(document_, device, config_.vpn);
  if (!next) co_return fail(next.error());
  const Device added = *next->device(device.name);
  const Secret preshared = tunnel ? vpn::generate_preshared_key() : Secret();
  Result<void> saved;
  if (tunnel) {
    preshared_.put(added.public_key, preshared.clone());
    saved = co_await save_preshared();
  }
  if (saved) saved = co_await save(std::move(*next));
  if (!saved) {
    preshared_.forget(added.public_key);
    co_return fail(saved.error());
  }
  hooks_.changed();
  tell_device("add", by, added);
  Enrolled enrolled{added, {}};
  if (tunnel) enrolled.configuration = vpn::client_config(config_, added, {box_key, preshared, private_key});
  co_return enrolled;
}

asio::awaitable<Result<void>> Registry::set_device_state(std::string by, std::string name, DeviceState state) {
  const auto held = co_await turn_.take();
  const Device* found = document_.device(name);
  if (found == nullptr) co_return fail(ErrorCode::kNotFound, std::format("there is no device '{}'", name));
  const Device before = *found;
  if (before.state == state) co_return Result<void>{};
  const bool revoke = state == DeviceState::kRevoked;
  auto next = revoke ? identity::revoke_device(document_, name) : identity::set_device_state(document_, name, state);
  if (!next) co_return fail(next.error());
  if (auto saved = co_await save(std::move(*next)); !saved) co_return saved;
  hooks_.changed();
  if (state != DeviceState::kActive) end_device(before, revoke ? "device-revoked" : "device-suspended");
  tell_device(revoke ? "revoke" : state == DeviceState::kActive ? "resume" : "suspend", by, before);
  if (!revoke || !before.in_tunnel()) co_return Result<void>{};
  preshared_.forget(before.public_key);
  co_return co_await save_preshared();
}

bool Registry::expire() {
  const WallTime from = expired_until_;
  const WallTime now = clock_.wall();
  expired_until_ = now;
  const auto came = [&](const std::optional<WallTime>& time) { return time && *time > from && *time <= now; };
  bool any = false;
  for (const auto& person : document_.people) {
    if (!came(person.expires)) continue;
    any = true;
    hooks_.end_sessions({person.name, {}, "person-expired"});
    tell_person("expire", {}, person.name);
  }
  for (const auto& device : document_.devices) {
    if (!came(device.expires) || device.state == DeviceState::kRevoked) continue;
    any = true;
    end_device(device, "device-expired");
    tell_device("expire", {}, device);
  }
  if (any) hooks_.changed();
  return any;
}

}  // namespace postern::system
