// The small language in which tests of stores are written: tables in a line, rows as cells, states
// as text.
#pragma once

#include <cmath>
#include <deque>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/test_run.h"
#include "model/digest.h"
#include "model/tables.h"
#include "store/backend.h"
#include "store/store.h"

namespace perdure::store {

inline constexpr std::uint32_t every_row = 1U << 20;

// {"id", type} … ; the first `keys` of them are the key.
inline TableDefinition table_of(TableId id, std::string name, std::size_t keys,
                                std::vector<std::pair<std::string, ColumnType>> columns) {
    TableDefinition table;
    table.id = id;
    table.version = 1;
    table.name = std::move(name);
    table.key_columns = static_cast<std::uint16_t>(keys);
    for (auto& [column, type] : columns) {
        table.columns.push_back({column, table.next_column_number++, type, false, {}});
    }
    return table;
}

inline ColumnType of(ColumnKind kind) { return test::type_of(kind); }

inline TableDefinition positions() {
    return table_of(
        1, "position", 1,
        {{"id", of(ColumnKind::id)}, {"x", of(ColumnKind::f32)}, {"y", of(ColumnKind::f32)}});
}

inline TableDefinition named_values() {
    return table_of(2, "named", 2,
                    {{"collection", of(ColumnKind::text)},
                     {"name", of(ColumnKind::text)},
                     {"content", of(ColumnKind::bytes)}});
}

inline TableDefinition trades() {
    TableDefinition table = table_of(3, "trades", 2,
                                     {{"tick", of(ColumnKind::u64)},
                                      {"seq", of(ColumnKind::u32)},
                                      {"amount", of(ColumnKind::i64)}});
    table.append_only = true;
    return table;
}

inline std::string hex(std::string_view bytes) {
    std::string digits;
    for (const char byte : bytes)
        digits += text::format("{:02x}", static_cast<unsigned char>(byte));
    return digits;
}

// A cell, told apart bit for bit.
inline std::string cell_text(const Batch& batch, std::size_t column, std::uint32_t row) {
    if (batch.is_null(column, row)) return "null";
    const Value value = batch.value(column, row);
    if (const auto* number = value.get_if<std::int64_t>()) return text::format("{}", *number);
    if (const auto* number = value.get_if<std::uint64_t>()) return text::format("{}", *number);
    if (const auto* entity = value.get_if<Entity>()) return text::format("{}", entity->id);
    if (const auto* words = value.get_if<std::string>()) return *words;
    if (const auto* yes = value.get_if<bool>()) return *yes ? "true" : "false";
    if (const auto* real = value.get_if<float>(); real != nullptr && std::isfinite(*real)) {
        return text::format("{}", *real);  // "-0" for -0
    }
    return "0x" + hex(batch.text(column, row));
}

// "id=1 x=2.5 | id=2 x=3"
inline std::string rows_text(const Batch& batch) {
    std::string rows;
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        if (row > 0) rows += " | ";
        for (std::size_t column = 0; column < batch.columns(); ++column) {
            if (column > 0) rows += ' ';
            rows += batch.table().columns[column].name + "=" + cell_text(batch, column, row);
        }
    }
    return rows;
}

inline std::string keys_text(const Batch& batch) {
    std::string keys;
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        if (row > 0) keys += ' ';
        for (std::size_t column = 0; column < batch.table().key_columns; ++column) {
            if (column > 0) keys += '/';
            keys += cell_text(batch, column, row);
        }
    }
    return keys;
}

inline std::vector<Batch> batches(Batch batch) {
    std::vector<Batch> list;
    list.push_back(std::move(batch));
    return list;
}

inline Change upsert_of(const TableDefinition& table, const std::vector<Row>& rows) {
    Change change;
    change.table = &table;
    change.upserted.push_back(test::batch_of(table, rows));
    return change;
}

inline Change erase_of(const TableDefinition& table, const std::vector<Row>& keys) {
    Change change;
    change.table = &table;
    change.erased.push_back(test::batch_of(table, keys, Operation::erase));
    return change;
}

// A store that is driven as a drain drives it: each step names where it stands and where it goes.
class World {
public:
    explicit World(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) { reopen(); }

    void reopen() {
        store_.reset();
        auto opened = backend_->open();
        ASSERT_TRUE(opened.ok()) << opened.status().text();
        store_ = *std::move(opened);
        at_ = store_->watermarks()->visible;
    }

    Store& store() { return *store_; }
    io::ManualClock& clock() { return backend_->clock; }
    // Closes the store; nothing else may be asked for until reopen().
    void close() { store_.reset(); }

    [[nodiscard]] Watermark next() const {
        Watermark after = at_;
        after.epoch = 1;
        ++after.lsn;
        after.chain = {after.lsn * 7, ~after.lsn};
        return after;
    }
    [[nodiscard]] Fence fence() const { return {owner_epoch, at_}; }

    template <typename What>
    Status step(std::span<const What> what) {
        const Watermark after = next();
        Status status = store_->apply(fence(), after, what);
        if (status.ok()) at_ = after;
        return status;
    }
    Status define(const TableDefinition& table) { return step(std::span(&table, 1)); }
    Status apply(const Change& change) { return step(std::span<const Change>(&change, 1)); }
    Status upsert(const TableDefinition& table, const std::vector<Row>& rows) {
        return apply(upsert_of(table, rows));
    }
    Status erase(const TableDefinition& table, const std::vector<Row>& keys) {
        return apply(erase_of(table, keys));
    }

    std::unique_ptr<Snapshot> snapshot() {
        auto opened = store_->snapshot();
        EXPECT_TRUE(opened.ok()) << opened.status().text();
        return opened.ok() ? *std::move(opened) : nullptr;
    }
    Batch all(const TableDefinition& table) { return all(*snapshot(), table); }
    static Batch all(Snapshot& snapshot, const TableDefinition& table) {
        auto rows = snapshot.scan(table, nullptr, 0, every_row);
        EXPECT_TRUE(rows.ok()) << rows.status().text();
        return rows.ok() ? *std::move(rows) : Batch();
    }
    std::string rows(const TableDefinition& table) { return rows_text(all(table)); }
    std::string found(const TableDefinition& table, const std::vector<Row>& keys) {
        auto rows = snapshot()->find(table, test::batch_of(table, keys, Operation::erase));
        EXPECT_TRUE(rows.ok()) << rows.status().text();
        return rows.ok() ? rows_text(*rows) : rows.status().text();
    }
    std::uint64_t count(const TableDefinition& table) { return *snapshot()->count(table); }

    std::uint64_t owner_epoch = 1;

private:
    std::unique_ptr<Backend> backend_;
    std::unique_ptr<Store> store_;
    Watermark at_;
};

#define EXPECT_OK(expression)                                          \
    do {                                                               \
        const ::perdure::Status status_of_expect = (expression);       \
        EXPECT_TRUE(status_of_expect.ok()) << status_of_expect.text(); \
    } while (false)
#define ASSERT_OK(expression)                                          \
    do {                                                               \
        const ::perdure::Status status_of_assert = (expression);       \
        ASSERT_TRUE(status_of_assert.ok()) << status_of_assert.text(); \
    } while (false)
// The code, and that the message says each of these words.
inline void expect_refused(const Status& status, Code code,
                           std::initializer_list<std::string_view> words) {
    EXPECT_EQ(code_name(status.code()), code_name(code)) << status.text();
    for (const std::string_view word : words) {
        EXPECT_NE(status.text().find(word), std::string::npos)
            << status.text() << " lacks " << word;
    }
}

class StoreTest : public testing::TestWithParam<BackendMaker> {
protected:
    World world{GetParam().make()};
};

}  // namespace perdure::store
