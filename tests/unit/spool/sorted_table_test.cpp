#include "spool/sorted_table.h"

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <random>

using postern::spool::SortedTable;

namespace {

struct Item {
  std::uint64_t id = 0;
  int value = 0;
};

}  // namespace

TEST_CASE("A sorted table does what a map does") {
  std::mt19937_64 random(1);
  SortedTable<Item> table;
  std::map<std::uint64_t, int> model;
  for (int round = 0; round < 60'000; ++round) {
    // Mostly ascending ids, some anywhere, many removals in the second half.
    const std::uint64_t id = random() % 4 != 0 ? static_cast<std::uint64_t>(round) * 8 : random() % 500'000;
    if (random() % 10 < (round < 30'000 ? 3U : 6U) && !model.empty()) {
      auto victim = model.lower_bound(random() % 500'000);
      if (victim == model.end()) victim = model.begin();
      REQUIRE(table.erase(victim->first));
      model.erase(victim);
    } else {
      table.put({id, round});
      model[id] = round;
    }
    REQUIRE(table.size() == model.size());
    if (round % 1000 != 0) continue;
    auto expected = model.upper_bound(id);
    std::size_t seen = 0;
    table.walk(id, [&](const Item& item) {
      REQUIRE(expected != model.end());
      REQUIRE(item.id == expected->first);
      REQUIRE(item.value == expected->second);
      ++expected;
      return ++seen < 500;
    });
    REQUIRE((seen == 500 || expected == model.end()));
  }
  for (const auto& [id, value] : model) {
    const Item* item = table.find(id);
    REQUIRE(item != nullptr);
    CHECK(item->value == value);
  }
  CHECK(table.find(500'001 * 8) == nullptr);
  CHECK_FALSE(table.erase(500'001 * 8));
}

TEST_CASE("An empty sorted table") {
  SortedTable<Item> table;
  CHECK(table.find(1) == nullptr);
  CHECK_FALSE(table.erase(1));
  table.walk(0, [](const Item&) -> bool {
    FAIL("there is nothing");
    return false;
  });
  table.put({1, 1});
  CHECK(table.erase(1));
  CHECK(table.size() == 0);
  table.put({2, 2});
  CHECK(table.find(2)->value == 2);
}
