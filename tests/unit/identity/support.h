#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "identity/people.h"

namespace postern::identity {

/// A folder that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

inline constexpr std::string_view kKeyA = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=";
inline constexpr std::string_view kKeyB = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI=";
inline constexpr std::string_view kKeyC = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAM=";

Person make_person(std::string_view name, std::vector<std::string> addresses = {});
Device make_device(std::string_view name, std::string_view person, std::string_view key,
                   std::vector<std::string_view> addresses);
/// ada (10.9.0.2, fd09::2; LAN 192.168.7.20), bob (10.9.0.3), all active.
Document make_office();
IpAddress ip(std::string_view text);

/// Runs one coroutine to its end and returns what it returned.
template <class T>
T run(boost::asio::io_context& context, boost::asio::awaitable<T> work) {
  std::optional<T> result;
  std::exception_ptr thrown;
  boost::asio::co_spawn(context, std::move(work), [&](const std::exception_ptr& error, T value) {
    thrown = error;
    result.emplace(std::move(value));
  });
  context.restart();
  context.run();
  if (thrown) std::rethrow_exception(thrown);
  return std::move(result.value());
}

}  // namespace postern::identity
