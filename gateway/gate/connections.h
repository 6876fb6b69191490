#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <string_view>
#include <utility>

#include "base/ip.h"

namespace postern::gate {

/// Counts open connections and says when there are too many: altogether, per source address, and altogether of those
/// that have not logged in yet. Memory is bounded by the number of open connections. Not thread-safe: one executor.
class Connections {
 public:
  struct Limits {
    std::size_t total = 5000;
    std::size_t per_source = 50;
    std::size_t before_login = 1000;
  };
  enum class Refusal : std::uint8_t { kTotal, kPerSource, kBeforeLogin };

  explicit Connections(Limits limits) : limits_(limits) {}
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  /// One counted connection; counted until it is destroyed. The Connections must outlive it.
  class Slot {
   public:
    Slot(Slot&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), source_(other.source_), logged_in_(other.logged_in_) {}
    Slot& operator=(Slot&&) = delete;
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot();
    /// It no longer counts among those before login. Calling it again changes nothing.
    void logged_in();

   private:
    friend class Connections;
    Slot(Connections& owner, const IpAddress& source) : owner_(&owner), source_(source) {}
    Connections* owner_;
    IpAddress source_;
    bool logged_in_ = false;
  };

  /// Counts one more connection from there, or says which limit it would break.
  std::expected<Slot, Refusal> admit(const IpAddress& source);

  /// New limits hold for the connections to come; those that stand are left alone.
  void set_limits(Limits limits) { limits_ = limits; }
  std::size_t total() const { return total_; }
  std::size_t before_login() const { return before_login_; }
  std::size_t from(const IpAddress& source) const;
  std::size_t sources() const { return per_source_.size(); }

 private:
  void leave(const IpAddress& source, bool logged_in);
  Limits limits_;
  std::size_t total_ = 0;
  std::size_t before_login_ = 0;
  std::map<IpAddress, std::size_t> per_source_;
};

/// "connections", "connections-per-address", "connections-before-login": the configuration's names of the limits.
std::string_view to_string(Connections::Refusal refusal);

}  // namespace postern::gate
