// A watcher against plain maps that are counted anew after each change set.
#include <random>
#include <set>

#include "base/test_run.h"
#include "invariants/watched_tables.h"

namespace perdure::invariants {
namespace {

class RandomRows {
public:
    explicit RandomRows(std::uint64_t seed) : random_(seed) {}

    void run(int change_sets) {
        for (int i = 0; i < change_sets; ++i) {
            const auto before = rows_;
            const std::uint64_t changes = random_() % 12;
            for (std::uint64_t change = 0; change < changes; ++change) change_one();
            if (random_() % 3 == 0) {
                watcher_.undo();
                rows_ = before;
            } else {
                watcher_.keep();
            }
            compare();
            if (i % 50 == 0) compare_with_another();
            if (testing::Test::HasFailure()) return;
        }
    }

private:
    using Key = std::pair<std::uint64_t, std::uint64_t>;

    // Row i of a table, of few: names follow from numbers.
    static std::string name(std::uint64_t i) { return std::string(i * 5, 'x') + "name"; }
    std::uint64_t few() { return random_() % 8; }

    std::vector<Cell> key_of(std::string_view table, const Key& key) {
        if (table == "purses") return {{"owner", Entity{key.first}}};
        if (table == "chests") return {{"place", name(key.first)}};
        if (table == "debts") return {{"from", Entity{key.first}}, {"to", Entity{key.second}}};
        if (table == "players") return {{"id", Entity{key.first}}};
        if (table == "guilds") return {{"name", name(key.first)}};
        return {{"id", key.first}};
    }
    std::vector<Cell> row_of(std::string_view table, const Key& key) {
        std::vector<Cell> row = key_of(table, key);
        const auto number = static_cast<std::int64_t>(random_() % 2001) - 1000;
        const double real = std::ldexp(static_cast<double>(number), static_cast<int>(few()) * 10);
        if (table == "purses") {
            row.push_back({"gold", number << 40});
            row.push_back({"weight", real});
        } else if (table == "chests") {
            row.push_back({"gold", few() == 0 ? Value() : Value(random_() % 60'000)});
            row.push_back({"weight", static_cast<float>(real)});
        } else if (table == "debts") {
            row.push_back({"gold", number / 10});
        } else if (table == "mint") {
            row.push_back({"issued", number});
        } else if (table == "players") {
            row.push_back({"leader", Entity{few()}});
        } else if (table == "members") {
            row.push_back({"player", Entity{few()}});
            row.push_back({"guild", few() == 0 ? Value() : Value(name(few()))});
        }
        return row;
    }

    void change_one() {
        static constexpr const char* names[] = {"purses",  "chests", "debts",  "mint",
                                                "players", "guilds", "members"};
        const std::string table = names[random_() % 7];
        const Key key{few(), table == "debts" ? few() : 0};
        if (random_() % 3 == 0) {
            watcher_.change(tables_.erase(table, key_of(table, key)));
            rows_[table].erase(key);
            return;
        }
        const std::vector<Cell> row = row_of(table, key);
        watcher_.change(tables_.put(table, row));
        rows_[table][key] = row;
    }

    static const Value& cell(const std::vector<Cell>& row, std::string_view column) {
        for (const Cell& one : row) {
            if (one.column == column) return one.value;
        }
        static const Value none;
        return none;
    }
    static Wide whole(const Value& value) {
        if (const auto* number = value.get_if<std::int64_t>()) return *number;
        if (const auto* number = value.get_if<std::uint64_t>()) return *number;
        return 0;
    }
    Wide sum(const std::string& table, std::string_view column) {
        Wide sum = 0;
        for (const auto& [key, row] : rows_[table]) sum += whole(cell(row, column));
        return sum;
    }
    // All weights are whole numbers of up to 81 bits, so they are added up as such.
    Wide weights(const std::string& table) {
        Wide sum = 0;
        for (const auto& [key, row] : rows_[table]) {
            const Value& value = cell(row, "weight");
            if (const auto* real = value.get_if<double>()) sum += static_cast<Wide>(*real);
            if (const auto* real = value.get_if<float>()) sum += static_cast<Wide>(*real);
        }
        return sum;
    }
    std::uint64_t to_nothing(const std::string& from, std::string_view column,
                             const std::string& to, bool zero_is_none) {
        std::set<std::string> there;
        const std::string key = to == "guilds" ? "name" : "id";
        for (const auto& [at, row] : rows_[to]) there.insert(text_of(cell(row, key)));
        std::uint64_t count = 0;
        for (const auto& [at, row] : rows_[from]) {
            const Value& value = cell(row, column);
            if (value.is_null() || (zero_is_none && value == Value(Entity{0}))) continue;
            count += there.count(text_of(value)) == 0 ? 1 : 0;
        }
        return count;
    }
    static std::string text_of(const Value& value) {
        if (const auto* entity = value.get_if<Entity>()) return std::to_string(entity->id);
        return value.get_if<std::string>() ? *value.get_if<std::string>() : "";
    }

    void compare() {
        EXPECT_EQ(watcher_.found(0).text(),
                  wide_text(sum("purses", "gold") + sum("chests", "gold") + sum("debts", "gold") -
                            sum("mint", "issued")));
        EXPECT_EQ(watcher_.found(1).real,
                  static_cast<double>(weights("purses") + weights("chests")));
        EXPECT_EQ(watcher_.found(2).real,
                  static_cast<double>(weights("purses") + sum("mint", "issued")));
        EXPECT_EQ(watcher_.found(3).whole, to_nothing("members", "player", "players", true));
        EXPECT_EQ(watcher_.found(4).whole, to_nothing("members", "guild", "guilds", false));
        EXPECT_EQ(watcher_.found(5).whole, to_nothing("players", "leader", "players", false));
        EXPECT_EQ(watcher_.found(6).whole, to_nothing("debts", "from", "players", false));
    }

    // One that learns all rows now, as after opening.
    void compare_with_another() {
        Watcher another(WatchedTables::invariants(), tables_.catalog);
        for (const auto& [table, rows] : rows_) {
            for (const auto& [key, row] : rows) {
                EXPECT_TRUE(another.take(tables_.put(table, row)).ok());
            }
        }
        EXPECT_TRUE(watcher_.equals(another));
    }

    std::mt19937_64 random_;
    WatchedTables tables_;
    Watcher watcher_{WatchedTables::invariants(), tables_.catalog};
    std::map<std::string, std::map<Key, std::vector<Cell>>> rows_;
};

TEST(WatcherRandom, agrees_with_counting_anew_through_changes_and_refusals) {
    std::mt19937_64 seeds(test_seed());
    for (int life = 0; life < 10; ++life) RandomRows(seeds()).run(500);
}

}  // namespace
}  // namespace perdure::invariants
