// StoredTables: what a store would hold, as plain maps. The tests' idea of the truth on disk.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/checksum.h"
#include "model/batch_builder.h"
#include "model/change_set.h"
#include "model/digest.h"
#include "perdure/batch.h"
#include "perdure/value.h"

namespace perdure::entities {

class StoredTables {
public:
    using Cells = std::vector<Value>;
    using Table = std::map<std::uint64_t, Cells>;  // by key
    using Pair = std::pair<std::uint64_t, std::uint64_t>;
    using Edges = std::map<Pair, Cells>;  // of tables with two keys

    void apply(const ChangeSet& changes) {
        for (const Batch& batch : changes.batches) apply(batch);
        for (const Batch& batch : changes.ephemeral) apply(batch);
    }

    void apply(const Batch& batch) {
        definitions_[batch.table().name] = &batch.table();
        Table& table = tables_[batch.table().name];
        for (std::uint32_t row = 0; row < batch.rows(); ++row) {
            Cells cells;
            for (std::size_t column = 0; column < batch.columns(); ++column) {
                cells.push_back(batch.value(column, row));
            }
            if (batch.table().key_columns == 2) {
                Edges& edges = edges_[batch.table().name];
                const Pair pair(key_of(cells[0]), key_of(cells[1]));
                edges.erase(pair);
                if (batch.operation() == Operation::upsert) edges[pair] = cells;
            } else if (batch.operation() == Operation::erase) {
                table.erase(key_of(cells[0]));
            } else {
                table[key_of(cells[0])] = cells;
            }
        }
    }

    [[nodiscard]] Table table(const std::string& name) const {
        const auto found = tables_.find(name);
        return found == tables_.end() ? Table() : found->second;
    }
    [[nodiscard]] Edges edges(const std::string& name) const {
        const auto found = edges_.find(name);
        return found == edges_.end() ? Edges() : found->second;
    }
    [[nodiscard]] const std::map<std::string, Table>& tables() const { return tables_; }

    // All rows, in batches of at most `rows_max`, by ascending key.
    [[nodiscard]] std::vector<Batch> scan(std::uint32_t rows_max = 1000) const {
        std::vector<Batch> batches;
        const auto add = [&](const std::string& name, const auto& rows) {
            BatchBuilder builder(*definitions_.at(name), Operation::upsert);
            for (const auto& [key, cells] : rows) {
                for (std::size_t column = 0; column < cells.size(); ++column) {
                    EXPECT_TRUE(builder.add_value(column, cells[column]).ok());
                }
                builder.end_row();
                if (builder.rows() == rows_max) batches.push_back(*builder.finish());
            }
            if (builder.rows() > 0) batches.push_back(*builder.finish());
        };
        for (const auto& [name, rows] : tables_) add(name, rows);
        for (const auto& [name, rows] : edges_) add(name, rows);
        return batches;
    }

    // The sum over all rows of all tables but these.
    [[nodiscard]] Hash128 digest(const std::string& without = {}) const {
        Hash128 sum;
        for (const Batch& batch : scan()) {
            if (batch.table().name != without) sum = sum + batch_digest(batch);
        }
        return sum;
    }

    void drop(const std::string& name) {
        tables_.erase(name);
        edges_.erase(name);
    }
    // As somebody might who writes the database by hand.
    Edges& edges_by_hand(const std::string& name) { return edges_.at(name); }
    Cells& row(const std::string& name, std::uint64_t key) { return tables_.at(name).at(key); }
    void erase_row(const std::string& name, std::uint64_t key) { tables_.at(name).erase(key); }

private:
    static std::uint64_t key_of(const Value& value) {
        if (const auto* entity = value.get_if<Entity>()) return entity->id;
        return *value.get_if<std::uint64_t>();
    }

    std::map<std::string, Table> tables_;
    std::map<std::string, Edges> edges_;
    std::map<std::string, const TableDefinition*> definitions_;
};

}  // namespace perdure::entities
