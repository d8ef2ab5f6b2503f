// The same seeded random history on a store and on a plain model: the same rows after every step.
#include <map>

#include "model/key.h"
#include "store/language.h"

namespace perdure::store {
namespace {

using ModelTable = std::map<std::string, Row>;  // by encoded key

struct Tracked {
    TableDefinition definition;
    ModelTable rows;
};

class History {
public:
    History(World& world, std::uint64_t seed) : world_(world), random_(seed) {
        tables_.push_back({positions(), {}});
        tables_.push_back({named_values(), {}});
        tables_.push_back({test::everything(), {}});
        tables_.back().definition.id = 3;
        for (const Tracked& each : tables_) EXPECT_OK(world_.define(each.definition));
    }

    void step() {
        if (random_.chance(1, 20)) return world_.reopen();
        if (random_.chance(1, 10)) {
            EXPECT_TRUE(world_.store().checkpoint_step().ok());
        }
        std::vector<Change> changes;
        for (Tracked& each : tables_) {
            if (random_.chance(2, 3)) changes.push_back(change(each));
        }
        EXPECT_OK(world_.step(std::span<const Change>(changes)));
    }

    void expect_equal() {
        const auto snapshot = world_.snapshot();
        for (const Tracked& each : tables_) {
            std::vector<Row> rows;
            for (const auto& [key, row] : each.rows) rows.push_back(row);
            const Batch expected = test::batch_of(each.definition, rows);
            const Batch found = World::all(*snapshot, each.definition);
            EXPECT_EQ(keys_text(found), keys_text(expected)) << each.definition.name;
            EXPECT_EQ(batch_digest(found), batch_digest(expected)) << each.definition.name;
        }
    }
    Hash128 digest() {
        Hash128 sum;
        for (const Tracked& each : tables_) sum = sum + batch_digest(world_.all(each.definition));
        return sum;
    }

private:
    Row random_row(const TableDefinition& table) {
        Row row = test::random_row(random_, table);
        for (std::size_t column = 0; column < table.key_columns;
             ++column) {  // few keys, often met again
            Value& key = row[column].value;
            const std::uint64_t number = random_.below(12);
            const bool is_text = table.columns[column].type.kind == ColumnKind::text;
            key = is_text ? Value(text::format("k{}", number)) : Value(number);
        }
        return row;
    }
    std::string key_of(const TableDefinition& table, const Row& row) {
        return *encode_key(table, std::span(row).first(table.key_columns));
    }
    std::vector<Row> some_rows(const TableDefinition& table, ModelTable& chosen) {
        for (auto left = random_.below(8); left > 0; --left) {
            const Row row = random_row(table);
            chosen.insert_or_assign(key_of(table, row), row);
        }
        std::vector<Row> rows;
        for (const auto& [key, row] : chosen) rows.push_back(row);
        return rows;
    }
    // Erased and upserted keys are distinct and sorted, as a drain gives them.
    Change change(Tracked& table) {
        ModelTable upserted;
        ModelTable erased;
        Change change = upsert_of(table.definition, some_rows(table.definition, upserted));
        some_rows(table.definition, erased);
        std::vector<Row> keys;
        for (const auto& [key, row] : erased) {
            if (upserted.contains(key)) continue;
            keys.emplace_back(row.begin(), row.begin() + table.definition.key_columns);
            table.rows.erase(key);
        }
        change.erased.push_back(test::batch_of(table.definition, keys, Operation::erase));
        for (const auto& [key, row] : upserted) table.rows.insert_or_assign(key, row);
        return change;
    }

    World& world_;
    Random random_;
    std::vector<Tracked> tables_;
};

TEST(StoreHistory, both_stores_hold_what_the_model_holds) {
    const std::uint64_t seed = test_seed();
    SCOPED_TRACE(seed);
    World in_memory(std::make_unique<MemoryBackend>());
    World in_sqlite(std::make_unique<SqliteBackend>());
    History memory(in_memory, seed);
    History sqlite(in_sqlite, seed);
    for (int step = 0; step < 150 && !testing::Test::HasFailure(); ++step) {
        memory.step();
        sqlite.step();
        if (step % 10 != 9) continue;
        memory.expect_equal();
        sqlite.expect_equal();
        EXPECT_EQ(memory.digest(), sqlite.digest());
    }
}

}  // namespace
}  // namespace perdure::store
