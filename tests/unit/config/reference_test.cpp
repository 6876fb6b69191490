#include <algorithm>
#include <boost/pfr/core.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <set>

#include "base/file.h"
#include "config/load.h"
#include "config/schema.h"

namespace config = postern::config;

namespace {

const std::string kReference = std::string(POSTERN_SOURCE_DIR) + "/gateway/config/reference.yaml";

}  // namespace

TEST_CASE("the reference file is what the schema says") {
  const std::string generated = config::to_yaml(config::Config{}, config::Comments::kWith);
  if (std::getenv("POSTERN_UPDATE_EXPECTED") != nullptr) {
    REQUIRE(postern::replace_file(kReference, generated, 0644));
  }
  CHECK(generated == postern::read_file(kReference).value_or("no such file"));
}

TEST_CASE("the reference file loads and holds the defaults") {
  const config::Loaded loaded = config::load_file(kReference);
  CHECK(config::to_string(loaded.problems).empty());
  REQUIRE(loaded.config.has_value());
  CHECK(*loaded.config == config::Config{});
}

TEST_CASE("the samples of the reference load when their marks are removed") {
  std::string text = config::to_yaml(config::Config{}, config::Comments::kWithout);
  const std::string reference = config::to_yaml(config::Config{}, config::Comments::kWith);
  const std::size_t from = reference.find("    # - link: eth1");
  REQUIRE(from != std::string::npos);
  std::string sample;
  for (std::size_t at = from; reference.compare(at, 6, "    # ") == 0;) {
    const std::size_t end = reference.find('\n', at) + 1;
    const std::string line = reference.substr(at + 6, end - at - 6);
    if (!line.starts_with("  #") && !line.starts_with("#") && !line.starts_with("-") && !line.starts_with("  ")) break;
    sample += "    " + line;
    at = end;
  }
  const std::size_t place = text.find("  lan: []\n");
  REQUIRE(place != std::string::npos);
  text.replace(place, 10, "  lan:\n" + sample);
  const config::Loaded loaded = config::load_text(text);
  CHECK(config::to_string(loaded.problems).empty());
  REQUIRE(loaded.config.has_value());
  REQUIRE(loaded.config->network.lan.size() == 1);
  CHECK(loaded.config->network.lan[0].link == "eth1");
}

TEST_CASE("each key is documented, and only once") {
  std::set<std::string> paths;
  for (const config::KeyDoc& doc : config::key_docs()) {
    CAPTURE(doc.path);
    CHECK(paths.insert(doc.path).second);
    CHECK(doc.text.ends_with("."));
    CHECK_FALSE(doc.expected.empty());
  }
  CHECK(paths.contains("network.lan[].link"));
  CHECK(paths.contains("submission.limits.message_size"));
}

namespace {

/// Keys directly in the section at `path`.
std::size_t keys_in(const std::string& path) {
  const std::string prefix = path.empty() ? "" : path + ".";
  return static_cast<std::size_t>(std::ranges::count_if(config::key_docs(), [&](const config::KeyDoc& doc) {
    return doc.path.starts_with(prefix) && doc.path.find_first_of('.', prefix.size()) == std::string::npos &&
           !doc.path.ends_with(']');
  }));
}

template <class S>
void check_complete(const std::string& path) {
  CAPTURE(path);
  CHECK(keys_in(path) == boost::pfr::tuple_size_v<S>);
}

}  // namespace

TEST_CASE("each member of the structs has its key") {
  check_complete<config::Config>("");
  check_complete<config::Gateway>("gateway");
  check_complete<config::Network>("network");
  check_complete<config::Wan>("network.wan");
  check_complete<config::Lan>("network.lan[]");
  check_complete<config::Vpn>("vpn");
  check_complete<config::Submission>("submission");
  check_complete<config::SubmissionPorts>("submission.ports");
  check_complete<config::SubmissionLimits>("submission.limits");
  check_complete<config::SubmissionTimeouts>("submission.timeouts");
  check_complete<config::Tls>("submission.tls");
  check_complete<config::Login>("login");
  check_complete<config::LoginCache>("login.cache");
  check_complete<config::LoginThrottle>("login.throttle");
  check_complete<config::Spool>("spool");
  check_complete<config::Ledger>("ledger");
  check_complete<config::Delivery>("delivery");
  check_complete<config::SmartHost>("delivery.smart_host");
  check_complete<config::DeliveryTimeouts>("delivery.timeouts");
  check_complete<config::DeliveryRetry>("delivery.retry");
  check_complete<config::People>("people");
  check_complete<config::Gate>("gate");
  check_complete<config::Bans>("gate.bans");
  check_complete<config::PublicAddress>("public_address");
  check_complete<config::AddressDetection>("public_address.detection");
  check_complete<config::DynamicName>("public_address.dynamic_dns");
  check_complete<config::Certificate>("certificate");
  check_complete<config::Acme>("certificate.acme");
  check_complete<config::Panel>("panel");
  check_complete<config::PanelPorts>("panel.ports");
}
