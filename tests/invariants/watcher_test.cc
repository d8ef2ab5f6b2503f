#include "invariants/watcher.h"

#include <cmath>
#include <limits>

#include "base/text.h"
#include "invariants/watched_tables.h"

namespace perdure::invariants {
namespace {

class WatcherTest : public testing::Test {
protected:
    void put(std::string_view table, const std::vector<Cell>& row) {
        watcher_.change(tables_.put(table, row));
    }
    void erase(std::string_view table, const std::vector<Cell>& key) {
        watcher_.change(tables_.erase(table, key));
    }
    std::string found(std::size_t invariant) { return watcher_.found(invariant).text(); }

    enum : std::size_t { gold, weight, both, player, guild, leader, debtor };
    WatchedTables tables_;
    Watcher watcher_{WatchedTables::invariants(), tables_.catalog};
};

TEST_F(WatcherTest, adds_up_columns_of_several_tables_and_takes_away_the_minus) {
    put("purses", {{"owner", Entity{7}}, {"gold", -5}});
    put("chests", {{"place", "hall"}, {"gold", 65'535u}});
    put("debts", {{"from", Entity{7}}, {"to", Entity{8}}, {"gold", -128}});
    EXPECT_EQ(found(gold), "65402");
    put("mint", {{"id", 1u}, {"issued", 402}});
    EXPECT_EQ(found(gold), "65000");
}

TEST_F(WatcherTest, a_row_counts_once_as_it_is_now) {
    put("purses", {{"owner", Entity{7}}, {"gold", 5}});
    put("purses", {{"owner", Entity{7}}, {"gold", 9}});
    EXPECT_EQ(found(gold), "9");
    erase("purses", {{"owner", Entity{7}}});
    erase("purses", {{"owner", Entity{7}}});
    EXPECT_EQ(found(gold), "0");
    EXPECT_EQ(watcher_.rows_known(), 0u);
}

TEST_F(WatcherTest, null_counts_as_nothing) {
    put("chests", {{"place", "hall"}, {"gold", 5u}});
    put("chests", {{"place", "hall"}, {"gold", Value()}});
    EXPECT_EQ(found(gold), "0");
}

TEST_F(WatcherTest, sums_of_64_bits_do_not_overflow) {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    for (std::uint64_t id = 1; id <= 4; ++id) {
        put("purses", {{"owner", Entity{id}}, {"gold", most}});
    }
    EXPECT_EQ(found(gold), "36893488147419103228");
}

TEST_F(WatcherTest, floats_of_a_million_changes_leave_nothing_behind) {
    for (std::uint64_t i = 0; i < 100'000; ++i) {
        put("purses", {{"owner", Entity{i % 7 + 1}}, {"weight", 0.1 * static_cast<double>(i)}});
        watcher_.keep();
    }
    for (std::uint64_t id = 1; id <= 7; ++id) erase("purses", {{"owner", Entity{id}}});
    EXPECT_EQ(found(weight), "0");
}

TEST_F(WatcherTest, a_float_that_is_no_number_makes_the_sum_none_until_it_goes) {
    put("purses", {{"owner", Entity{1}}, {"weight", 1.5}});
    put("purses", {{"owner", Entity{2}}, {"weight", std::numeric_limits<double>::infinity()}});
    EXPECT_TRUE(std::isnan(watcher_.found(weight).real));
    EXPECT_EQ(watcher_.not_finite(weight), 1u);
    put("purses", {{"owner", Entity{2}}, {"weight", 0.0}});
    EXPECT_EQ(found(weight), "1.5");
}

TEST_F(WatcherTest, integers_and_floats_add_up_together) {
    put("purses", {{"owner", Entity{1}}, {"weight", 0.25}});
    put("mint", {{"id", 1u}, {"issued", -3}});
    EXPECT_EQ(found(both), "-2.75");
}

TEST_F(WatcherTest, a_reference_to_no_row_counts_until_the_row_comes) {
    put("members", {{"id", 1u}, {"player", Entity{5}}, {"guild", "smiths"}});
    EXPECT_EQ(found(player), "1");
    EXPECT_EQ(found(guild), "1");
    put("players", {{"id", Entity{5}}});
    put("guilds", {{"name", "smiths"}});
    EXPECT_EQ(found(player), "0");
    EXPECT_EQ(found(guild), "0");
}

TEST_F(WatcherTest, a_row_that_goes_leaves_all_that_refer_to_it) {
    put("players", {{"id", Entity{5}}, {"leader", Entity{5}}});
    for (std::uint64_t id = 1; id <= 3; ++id) {
        put("members", {{"id", id}, {"player", Entity{5}}});
    }
    EXPECT_EQ(found(player), "0");
    erase("players", {{"id", Entity{5}}});
    EXPECT_EQ(found(player), "3");
    EXPECT_EQ(found(leader), "0") << "it went with the one who referred to itself";
    erase("members", {{"id", 2u}});
    EXPECT_EQ(found(player), "2");
}

// The first row of all, of a table of which no column matters.
TEST_F(WatcherTest, a_target_that_comes_before_everything_else_is_there) {
    put("guilds", {{"name", "smiths"}});
    EXPECT_EQ(watcher_.rows_known(), 1u);
    put("members", {{"id", 1u}, {"player", Entity{0}}, {"guild", "smiths"}});
    EXPECT_EQ(found(guild), "0");
}

TEST_F(WatcherTest, null_refers_to_nothing_and_zero_only_if_so_declared) {
    put("members", {{"id", 1u}, {"player", Entity{0}}, {"guild", Value()}});
    EXPECT_EQ(found(player), "0");
    EXPECT_EQ(found(guild), "0");
    put("players", {{"id", Entity{5}}, {"leader", Entity{0}}});
    EXPECT_EQ(found(leader), "1");
}

TEST_F(WatcherTest, a_column_of_the_key_may_refer) {
    put("debts", {{"from", Entity{7}}, {"to", Entity{8}}});
    EXPECT_EQ(found(debtor), "1");
    erase("debts", {{"from", Entity{7}}, {"to", Entity{8}}});
    EXPECT_EQ(found(debtor), "0");
}

TEST_F(WatcherTest, is_known_by_numbers_whatever_things_are_called) {
    const auto number = [&](const char* table) { return tables_.table(table).id; };
    EXPECT_EQ(watcher_.identity(guild),
              text::format("{}.3>{}", number("members"), number("guilds")));
    EXPECT_EQ(watcher_.identity(both),
              text::format("+{}.3 +{}.2", number("purses"), number("mint")));
}

}  // namespace
}  // namespace perdure::invariants
