#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <format>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/encoding.h"
#include "base/random.h"
#include "delivery/route.h"
#include "delivery/session.h"

/// Load generator: many SMTP sessions that send messages as fast as the server takes them, on the gateway's own client.
namespace {

using namespace postern;
namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;

constexpr const char* kUsage =
    "bench-load: sends mail and measures\n\n"
    "  --host A          IPv4 or IPv6 address of the server (127.0.0.1)\n"
    "  --port N          (465)\n"
    "  --tls MODE        none | starttls | implicit (implicit)\n"
    "  --name NAME       name in the server's certificate; required with TLS\n"
    "  --ca FILE         PEM of the authority; or\n"
    "  --fingerprint F   SHA-256 of the certificate or of its key\n"
    "  --user U          login; or none\n"
    "  --password P      (environment LOAD_PASSWORD if not given)\n"
    "  --connections N   sessions at one time (1)\n"
    "  --per-connection N  messages on one connection; 0: all (0)\n"
    "  --size N          octets of content (4096)\n"
    "  --from A          envelope and header sender (load@example.org)\n"
    "  --to A            recipient (sink@example.net)\n"
    "  --recipients N    recipients a message: user0@..., user1@... of the domain of --to when above 1 (1)\n"
    "  --count N         messages altogether; or\n"
    "  --seconds N       how long (10)\n"
    "  --warm-up N       messages before the measuring starts, of each connection (0)\n"
    "  --threads N       event loops (1)\n"
    "\nPrints one line of JSON. Exit status 1 when nothing was accepted.\n";

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 465;
  smtp::TlsUse tls = smtp::TlsUse::kImplicit;
  std::string name;
  std::string ca;
  std::string fingerprint;
  std::string user;
  std::string password;
  unsigned connections = 1;
  unsigned per_connection = 0;
  std::size_t size = 4096;
  std::string from = "load@example.org";
  std::string to = "sink@example.net";
  unsigned recipients = 1;
  std::uint64_t count = 0;
  double seconds = 10;
  unsigned warm_up = 0;
  unsigned threads = 1;
};

[[noreturn]] void die(std::string_view what) {
  std::fprintf(stderr, "bench-load: %.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(EXIT_FAILURE);
}

/// A message whose Message-ID differs each time, so that the far end can tell lost from doubled.
class Message final : public delivery::Content {
 public:
  explicit Message(const Options& options) {
    text_ = std::format("From: <{}>\r\nTo: <{}>\r\nSubject: load\r\nMessage-ID: <load.", options.from, options.to);
    id_ = text_.size();
    text_ += std::string(kIdSize, '0') + "@load.example>\r\n\r\n";
    constexpr std::string_view kLine = "The quick brown fox jumps over the lazy dog, and then over another one.\r\n";
    while (text_.size() + kLine.size() <= options.size) text_ += kLine;
    if (text_.size() + 2 <= options.size) text_ += std::string(options.size - text_.size() - 2, '.') + "\r\n";
    next();
  }
  void next() {
    const std::string fresh = base32_id(next_id());
    text_.replace(id_, kIdSize, fresh);
  }
  std::uint64_t size() const override { return text_.size(); }
  asio::awaitable<Result<std::string_view>> at(std::uint64_t offset) override {
    co_return std::string_view(text_).substr(offset);
  }

 private:
  static constexpr std::size_t kIdSize = 13;
  static std::uint64_t next_id() {
    static std::atomic<std::uint64_t> next{random_below(1ULL << 40) << 24};
    return next++;
  }
  std::string text_;
  std::size_t id_ = 0;
};

/// What one event loop has seen.
struct Tally {
  std::vector<std::uint32_t> latencies_us;
  std::map<std::string, std::uint64_t> errors;
  std::uint64_t accepted = 0;
  std::uint64_t connects = 0;
  Steady::time_point first{};
  Steady::time_point last{};
};

struct Plan {
  const Options& options;
  delivery::RoutePtr route;
  smtp::Envelope envelope;
  std::atomic<std::int64_t> left;
  std::atomic<unsigned> warming;
  std::atomic<Steady::rep> end{0};  ///< point of Steady's clock; set by the first client that starts measuring

  /// Whether another message is to be sent; takes it from what is left.
  bool take() {
    if (options.count > 0) return left-- > 0;
    return Steady::now().time_since_epoch().count() < end;
  }
};

/// One message; false when the session is of no more use.
asio::awaitable<bool> send_one(delivery::Session& session, const Plan& plan, Message& message, Tally& tally,
                               Steady::time_point start, bool measured) {
  message.next();
  const delivery::Transaction transaction = co_await session.send(plan.envelope, message);
  const auto end = Steady::now();
  for (const auto& result : transaction.recipients) {
    if (result.outcome != smtp::Outcome::kAccepted) ++tally.errors[result.reply.to_string()];
  }
  const bool accepted = std::ranges::all_of(
      transaction.recipients, [](const auto& result) { return result.outcome == smtp::Outcome::kAccepted; });
  if (accepted && measured) {
    ++tally.accepted;
    tally.latencies_us.push_back(
        static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(end - start).count()));
    tally.last = end;
  }
  co_return session.usable();
}

asio::awaitable<std::unique_ptr<delivery::Session>> open(const Plan& plan, Tally& tally) {
  constexpr auto kPause = std::chrono::milliseconds(100);
  auto opened = co_await delivery::Session::open(plan.route, {});
  ++tally.connects;
  if (opened) co_return std::move(*opened);
  ++tally.errors[opened.error().stage + ": " + opened.error().reason];
  asio::steady_timer pause(co_await asio::this_coro::executor, kPause);
  co_await pause.async_wait(asio::use_awaitable);
  co_return nullptr;
}

/// Waits until each connection has sent its share of the warm-up.
asio::awaitable<void> warm(Plan& plan) {
  constexpr auto kPoll = std::chrono::milliseconds(2);
  --plan.warming;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (plan.warming > 0) {
    timer.expires_after(kPoll);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<void> client(Plan& plan, Tally& tally) {
  Message message(plan.options);
  std::unique_ptr<delivery::Session> session;
  for (unsigned i = 0; i < plan.options.warm_up; ++i) {
    if (!session) session = co_await open(plan, tally);
    if (session && !co_await send_one(*session, plan, message, tally, {}, false)) session.reset();
  }
  co_await warm(plan);
  const auto begin = Steady::now();
  if (tally.first == Steady::time_point{}) tally.first = begin;
  const auto end =
      begin + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(plan.options.seconds));
  Steady::rep unset = 0;
  plan.end.compare_exchange_strong(unset, end.time_since_epoch().count());
  while (plan.take()) {
    const auto start = Steady::now();
    if (!session) session = co_await open(plan, tally);
    if (!session) continue;
    const bool good = co_await send_one(*session, plan, message, tally, start, true);
    if (!good) session.reset();
    if (session && plan.options.per_connection > 0 && session->messages() >= plan.options.per_connection) {
      co_await session->quit();
      session.reset();
    }
  }
  if (session) co_await session->quit();
}

template <class Number>
Number number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) die(std::format("'{}' is not a number", text));
  return value;
}

smtp::TlsUse tls_use(std::string_view text) {
  if (text == "none") return smtp::TlsUse::kNever;
  if (text == "starttls") return smtp::TlsUse::kRequired;
  if (text == "implicit") return smtp::TlsUse::kImplicit;
  die(std::format("'{}' is no way of TLS", text));
}

void set(Options& options, std::string_view name, const std::string& value) {
  if (name == "--host") return void(options.host = value);
  if (name == "--port") return void(options.port = number<std::uint16_t>(value));
  if (name == "--tls") return void(options.tls = tls_use(value));
  if (name == "--name") return void(options.name = value);
  if (name == "--ca") return void(options.ca = value);
  if (name == "--fingerprint") return void(options.fingerprint = value);
  if (name == "--user") return void(options.user = value);
  if (name == "--password") return void(options.password = value);
  if (name == "--connections") return void(options.connections = number<unsigned>(value));
  if (name == "--per-connection") return void(options.per_connection = number<unsigned>(value));
  if (name == "--size") return void(options.size = number<std::size_t>(value));
  if (name == "--from") return void(options.from = value);
  if (name == "--to") return void(options.to = value);
  if (name == "--recipients") return void(options.recipients = number<unsigned>(value));
  if (name == "--count") return void(options.count = number<std::uint64_t>(value));
  if (name == "--seconds") return void(options.seconds = number<double>(value));
  if (name == "--warm-up") return void(options.warm_up = number<unsigned>(value));
  if (name == "--threads") return void(options.threads = number<unsigned>(value));
  die(std::format("'{}' is not understood; see --help", name));
}

Options parse(int argc, char** argv) {
  Options options;
  if (const char* password = std::getenv("LOAD_PASSWORD")) options.password = password;
  for (int i = 1; i < argc; i += 2) {
    if (std::string_view(argv[i]) == "--help") {
      std::fputs(kUsage, stdout);
      std::exit(EXIT_SUCCESS);
    }
    if (i + 1 == argc) die(std::format("{} needs a value", argv[i]));
    set(options, argv[i], argv[i + 1]);
  }
  return options;
}

delivery::RoutePtr make_route(const Options& options) {
  auto route = std::make_shared<delivery::Route>();
  route->name = "load";
  route->host = options.name;
  const auto address = IpAddress::parse(options.host);
  if (!address) die(address.error().context);
  route->address = *address;
  route->port = options.port;
  route->hello_name = "load.example";
  route->tls = options.tls;
  if (options.tls != smtp::TlsUse::kNever) {
    const auto trust = options.fingerprint.empty() ? delivery::TlsTrust::kCa : delivery::TlsTrust::kFingerprint;
    auto verifier = delivery::TlsClient::create({trust, options.name, options.ca, options.fingerprint});
    if (!verifier) die(verifier.error().context);
    route->verifier = std::make_shared<const delivery::TlsClient>(std::move(*verifier));
  }
  if (!options.user.empty()) route->credentials.emplace(options.user, Secret(options.password));
  return route;
}

smtp::Envelope make_envelope(const Options& options) {
  const auto mailbox = [](std::string_view text) {
    auto parsed = smtp::Mailbox::parse(text);
    if (!parsed) die(parsed.error().context);
    return *parsed;
  };
  smtp::Envelope envelope;
  envelope.sender.path = mailbox(options.from);
  const auto domain = std::string(mailbox(options.to).domain());
  for (unsigned i = 0; i < options.recipients; ++i) {
    envelope.recipients.push_back(
        {mailbox(options.recipients == 1 ? options.to : std::format("user{}@{}", i, domain)), {}, {}});
  }
  return envelope;
}

/// In [0, 1] of the sorted values.
double quantile(const std::vector<std::uint32_t>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

int report(const Options& options, std::vector<Tally>& tallies) {
  Tally all;
  all.first = Steady::time_point::max();
  for (Tally& tally : tallies) {
    all.accepted += tally.accepted;
    all.connects += tally.connects;
    if (tally.first != Steady::time_point{}) all.first = std::min(all.first, tally.first);
    all.last = std::max(all.last, tally.last);
    all.latencies_us.insert(all.latencies_us.end(), tally.latencies_us.begin(), tally.latencies_us.end());
    for (const auto& [what, times] : tally.errors) all.errors[what] += times;
  }
  std::ranges::sort(all.latencies_us);
  const double seconds = all.accepted == 0 ? 0 : std::chrono::duration<double>(all.last - all.first).count();
  std::uint64_t errors = 0;
  for (const auto& [what, times] : all.errors) {
    errors += times;
    std::fprintf(stderr, "%8llu x %s\n", static_cast<unsigned long long>(times), what.c_str());
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto in_seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  std::printf(
      "%s\n",
      std::format(R"({{"messages":{},"seconds":{:.6f},"per_second":{:.1f},"mib_per_second":{:.2f},)"
                  R"("latency_us":{{"p50":{},"p99":{},"max":{}}},"errors":{},"connects":{},"cpu_seconds":{:.3f}}})",
                  all.accepted, seconds, seconds > 0 ? static_cast<double>(all.accepted) / seconds : 0,
                  seconds > 0 ? static_cast<double>(all.accepted * options.size) / seconds / (1 << 20) : 0,
                  quantile(all.latencies_us, 0.5), quantile(all.latencies_us, 0.99), quantile(all.latencies_us, 1.0),
                  errors, all.connects, in_seconds(usage.ru_utime) + in_seconds(usage.ru_stime))
          .c_str());
  return all.accepted > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  Plan plan{options, make_route(options), make_envelope(options), static_cast<std::int64_t>(options.count),
            options.connections};
  std::vector<Tally> tallies(options.threads);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < options.threads; ++t) {
    threads.emplace_back([&plan, &tally = tallies[t], t] {
      asio::io_context context(1);
      for (unsigned c = t; c < plan.options.connections; c += plan.options.threads) {
        asio::co_spawn(context, client(plan, tally), asio::detached);
      }
      context.run();
    });
  }
  for (auto& thread : threads) thread.join();
  return report(options, tallies);
}
