#include "config/units.h"

#include <catch2/catch_test_macros.hpp>

using namespace postern::config;
using namespace std::chrono_literals;

TEST_CASE("durations are read with their units") {
  CHECK(parse_duration("0") == 0us);
  CHECK(parse_duration("500us") == 500us);
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("90s") == 90s);
  CHECK(parse_duration("5m") == 5min);
  CHECK(parse_duration("1h30m") == 90min);
  CHECK(parse_duration("5d") == 120h);
  for (const auto* wrong : {"", "5", "m", "5 m", "-5m", "5M", "1.5h", "30m1h", "1m1m", "5min", "9999999999999d",
                            "99999999999999999999s", "106751992d", "5m "}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_duration(wrong).has_value());
  }
}

TEST_CASE("durations are written so that they read back the same") {
  CHECK(format_duration(0us) == "0");
  CHECK(format_duration(90s) == "1m30s");
  CHECK(format_duration(36h) == "36h");
  CHECK(format_duration(48h) == "2d");
  CHECK(format_duration(1500ms) == "1500ms");
  for (const Duration time : {Duration(1), Duration(999), Duration(1001), Duration(1s + 1us), Duration(59min + 59s),
                              Duration(25h + 1ms), Duration(365 * 24h + 7us)}) {
    CAPTURE(time.count());
    CHECK(parse_duration(format_duration(time)) == time);
  }
}

TEST_CASE("sizes are read with their units") {
  CHECK(parse_size("512") == 512);
  CHECK(parse_size("64KiB") == 65536);
  CHECK(parse_size("25MiB") == 25U << 20);
  CHECK(parse_size("1TiB") == 1ULL << 40);
  for (const auto* wrong :
       {"", "MiB", "25 MiB", "25MB", "25M", "-1", "1.5MiB", "25mib", "20000000TiB", "99999999999999999999"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_size(wrong).has_value());
  }
}

TEST_CASE("sizes are written so that they read back the same") {
  CHECK(format_size(0) == "0");
  CHECK(format_size(998) == "998");
  CHECK(format_size(1536) == "1536");
  CHECK(format_size(3U << 20) == "3MiB");
  for (const Bytes size : {1ULL, 1023ULL, 1024ULL, (1ULL << 40) + 1, 5ULL << 30})
    CHECK(parse_size(format_size(size)) == size);
}
