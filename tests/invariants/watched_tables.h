// Tables of a small game, as batches, and invariants on them: what the tests of this folder share.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "invariants/watcher.h"
#include "model/batch_builder.h"
#include "model/catalog.h"
#include "perdure/schema.h"

namespace perdure::invariants {

class WatchedTables {
public:
    WatchedTables() {
        add(TableBuilder("purses").key<Entity>("owner").column<std::int64_t>("gold").column<double>(
            "weight"));
        add(TableBuilder("chests")
                .key<std::string>("place")
                .column<std::optional<std::uint16_t>>("gold")
                .column<float>("weight"));
        add(TableBuilder("debts").key<Entity>("from").key<Entity>("to").column<std::int8_t>(
            "gold"));
        add(TableBuilder("mint").key<std::uint64_t>("id").column<std::int32_t>("issued"));
        add(TableBuilder("players").key<Entity>("id").column<Entity>("leader"));
        add(TableBuilder("guilds").key<std::string>("name").column<bool>("open"));
        add(TableBuilder("members")
                .key<std::uint64_t>("id")
                .column<Entity>("player")
                .column<std::optional<std::string>>("guild"));
    }

    [[nodiscard]] const TableDefinition& table(std::string_view name) const {
        return *catalog.find(name);
    }
    // One row, or its key alone.
    [[nodiscard]] Batch put(std::string_view name, const std::vector<Cell>& cells) const {
        return one(name, Operation::upsert, cells);
    }
    [[nodiscard]] Batch erase(std::string_view name, const std::vector<Cell>& key) const {
        return one(name, Operation::erase, key);
    }

    static std::vector<Invariant> invariants() {
        return {
            Invariant::conserve("gold", {{"purses", "gold"}, {"chests", "gold"}, {"debts", "gold"}},
                                {.minus = {{"mint", "issued"}}}),
            Invariant::conserve("weight", {{"purses", "weight"}, {"chests", "weight"}}, {}),
            Invariant::conserve("both", {{"purses", "weight"}, {"mint", "issued"}}, {}),
            Invariant::refer("player", {"members", "player"}, "players", {.zero_is_none = true}),
            Invariant::refer("guild", {"members", "guild"}, "guilds", {}),
            Invariant::refer("leader", {"players", "leader"}, "players", {}),
            Invariant::refer("debtor", {"debts", "from"}, "players", {})};
    }

    Catalog catalog;

private:
    void add(const TableBuilder& builder) {
        auto definition = catalog.evolve(builder.definition());
        ASSERT_TRUE(definition.ok()) << definition.status().text();
        auto id = catalog.next_id();
        ASSERT_TRUE(id.ok());
        if ((*definition)->id == 0) (*definition)->id = *id;
        const Status added = catalog.add(**definition);
        ASSERT_TRUE(added.ok()) << added.text();
    }
    [[nodiscard]] Batch one(std::string_view name, Operation operation,
                            const std::vector<Cell>& cells) const {
        BatchBuilder rows(table(name), operation);
        const Status added = rows.add(cells);
        EXPECT_TRUE(added.ok()) << added.text();
        auto batch = rows.finish();
        EXPECT_TRUE(batch.ok());
        return *std::move(batch);
    }
};

}  // namespace perdure::invariants
