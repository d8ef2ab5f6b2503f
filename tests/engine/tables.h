// Tables for the tests of the engine, and change sets in few words.
//
//     Tables tables;
//     ChangeSet changes = tables.change().put("names", {"ana", 7}).erase("names", {"bob"}).at(1);
//     EXPECT_EQ(rows_of(changes.batches[1]), Rows{"ana 7"});
#pragma once

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "model/batch_builder.h"
#include "model/catalog.h"
#include "model/change_set.h"
#include "model/key.h"
#include "perdure/schema.h"

namespace perdure::engine {

using Rows = std::vector<std::string>;

inline std::string value_text(const Value& value) {
    if (value.is_null()) return "null";
    if (const auto* yes = value.get_if<bool>()) return *yes ? "true" : "false";
    if (const auto* number = value.get_if<std::int64_t>()) return std::to_string(*number);
    if (const auto* number = value.get_if<std::uint64_t>()) return std::to_string(*number);
    if (const auto* entity = value.get_if<Entity>()) return std::to_string(entity->id);
    if (const auto* text = value.get_if<std::string>()) return *text;
    return "?";
}

// "ana 7": the cells of a row, one after the other.
inline std::string row_text(const Batch& batch, std::uint32_t row) {
    std::string text;
    for (std::size_t column = 0; column < batch.columns(); ++column) {
        if (column > 0) text += ' ';
        text += value_text(batch.value(column, row));
    }
    return text;
}

inline Rows rows_of(const Batch& batch) {
    Rows rows;
    for (std::uint32_t row = 0; row < batch.rows(); ++row) rows.push_back(row_text(batch, row));
    return rows;
}

inline std::string key_of(const Batch& batch, std::uint32_t row = 0) {
    std::string key;
    encode_key(batch, row, key);
    return key;
}

// One table for each way in which a key can be kept, each with an i64 "value".
inline std::vector<TableBuilder> table_builders() {
    std::vector<TableBuilder> tables;
    tables.emplace_back("ids").key<Entity>("id");
    tables.emplace_back("numbers").key<std::uint64_t>("number");
    tables.emplace_back("counts").key<std::uint32_t>("count");
    tables.emplace_back("names").key<std::string>("name");
    tables.emplace_back("places").key<std::int32_t>("x").key<std::uint64_t>("y");
    tables.emplace_back("events").key<std::uint64_t>("at").append_only();
    tables.emplace_back("bodies").key<Entity>("entity");  // resident
    tables.emplace_back("glows").key<std::uint64_t>("number").category("fleeting");
    tables.emplace_back("drifts").key<std::uint64_t>("number").category("slow");
    for (TableBuilder& table : tables) table.column<std::int64_t>("value");
    return tables;
}

inline TableDefinition catalogued(const Catalog& catalog, TableDefinition wanted) {
    wanted.resident = wanted.name == "bodies";
    auto evolved = catalog.evolve(wanted);
    if (!evolved.ok() || !*evolved) std::abort();
    return **std::move(evolved);
}

class Change {
public:
    explicit Change(const Catalog& catalog) : catalog_(catalog) {}

    Change& put(std::string_view table, std::vector<Value> cells) {
        return add(table, Operation::upsert, cells);
    }
    Change& erase(std::string_view table, std::vector<Value> key) {
        return add(table, Operation::erase, key);
    }
    Change& tick(std::uint64_t number) {
        changes_.tick = number;
        return *this;
    }
    Change& define(TableDefinition definition) {
        changes_.definitions.push_back(std::move(definition));
        return *this;
    }
    // Rows of "glows" are ephemeral, as the engine would have sorted them.
    ChangeSet at(Lsn lsn) {
        changes_.lsn = lsn;
        for (auto& [place, builder] : builders_) {
            auto& batches = place.second.first ? changes_.ephemeral : changes_.batches;
            batches.push_back(*builder.finish());
        }
        return std::move(changes_);
    }

private:
    Change& add(std::string_view name, Operation operation, const std::vector<Value>& cells) {
        const TableDefinition* table = catalog_.find(name);
        if (table == nullptr) std::abort();
        const bool upsert = operation == Operation::upsert;  // erases come first
        BatchBuilder& builder =
            builders_.try_emplace({table->id, {table->name == "glows", upsert}}, *table, operation)
                .first->second;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (!builder.add_value(i, cells[i]).ok()) std::abort();
        }
        builder.end_row();
        return *this;
    }

    const Catalog& catalog_;
    ChangeSet changes_;
    std::map<std::pair<TableId, std::pair<bool, bool>>, BatchBuilder> builders_;
};

class Tables {
public:
    Tables() {
        for (const TableBuilder& table : table_builders()) {
            const Status added = catalog.add(catalogued(catalog, table.definition()));
            if (!added.ok()) std::abort();
        }
    }
    const TableDefinition& operator[](std::string_view name) const { return *catalog.find(name); }
    [[nodiscard]] Change change() const { return Change(catalog); }
    // The key of a row, as indexes have it.
    [[nodiscard]] std::string key(std::string_view table, const std::vector<Value>& cells) const {
        ChangeSet changes = change().erase(table, cells).at(1);
        return key_of(changes.batches.empty() ? changes.ephemeral[0] : changes.batches[0]);
    }

    Catalog catalog;
};

}  // namespace perdure::engine
