#pragma once

#include <stdlib.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/ip.h"
#include "config/config.h"
#include "system/links.h"

namespace postern::system::test {

namespace asio = boost::asio;

inline IpAddress ip(const std::string& text) { return IpAddress::parse(text).value(); }
inline IpNetwork net(const std::string& text) { return IpNetwork::parse(text).value(); }

/// A folder that goes with the test.
class Folder {
 public:
  Folder() : path_("/tmp/postern-system-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp");
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

template <class T>
asio::awaitable<void> keep_result(asio::awaitable<T> work, std::optional<T>& result) {
  result.emplace(co_await std::move(work));
}

/// Runs a coroutine to its end on a context of the test's; fails when it takes longer than 20 s.
template <class T>
T wait_for(asio::io_context& context, asio::awaitable<T> work) {
  std::optional<T> result;
  asio::co_spawn(context, keep_result(std::move(work), result), asio::detached);
  context.restart();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!result && std::chrono::steady_clock::now() < end) context.run_one_for(std::chrono::milliseconds(100));
  if (!result) throw std::runtime_error("a coroutine did not end");
  return std::move(*result);
}

/// A box with two network cards: wan0 to the internet, lan0 to the office.
inline config::Config two_armed() {
  config::Config config;
  config.gateway.name = "mail.example.org";
  config.network.wan.link = "wan0";
  config::Lan lan;
  lan.link = "lan0";
  lan.networks = {net("192.168.7.0/24"), net("fd07::/64")};
  lan.router = ip("192.168.7.254");
  config.network.lan = {lan};
  return config;
}

/// The same office with a single card behind its router.
inline config::Config one_armed() {
  config::Config config = two_armed();
  config.network.one_armed = true;
  config.network.wan.link = "lan0";
  return config;
}

inline Link link(unsigned index, const std::string& name, std::initializer_list<const char*> addresses) {
  Link result;
  result.index = index;
  result.name = name;
  result.up = true;
  for (const std::string text : addresses) {
    const auto slash = text.find('/');
    result.addresses.push_back({ip(text.substr(0, slash)), static_cast<unsigned>(std::stoul(text.substr(slash + 1)))});
  }
  return result;
}

inline Links usual_links() {
  return {link(1, "lo", {"127.0.0.1/8", "::1/128"}), link(2, "wan0", {"203.0.113.2/24", "fe80::2/64"}),
          link(3, "lan0", {"192.168.7.1/24", "fd07::1/64", "fe80::3/64"}),
          link(7, "wg0", {"10.9.0.1/24", "fd09::1/64"})};
}

}  // namespace postern::system::test
