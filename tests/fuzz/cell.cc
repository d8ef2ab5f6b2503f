// Cells: bytes as Values and back, in batches and keys. Input: kind, element, count (2 bytes), a
// piece (its length, its bytes) that is one cell, and the rest, which is another.
#include "model/cell.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/assert.h"
#include "fuzz/target.h"
#include "model/batch_builder.h"
#include "model/key.h"

namespace perdure::fuzz {
namespace {

TableDefinition table_of(const ColumnType& type) {
    TableDefinition table;
    table.id = 1;
    table.version = 1;
    table.name = "cells";
    table.key_columns = 1;
    const auto column = [&](const char* name, const ColumnType& of) {
        Column made;
        made.name = name;
        made.number = table.next_column_number++;
        made.type = of;
        table.columns.push_back(std::move(made));
    };
    column("key", type.is_key_type() ? type : ColumnType{});
    column("cell", type);
    return table;
}

// The batch of one row that holds the value; as key, too, if it may.
Batch row_of(const TableDefinition& table, const Value& value) {
    const bool is_key = table.columns[1].type.is_key_type();
    const std::array<Cell, 2> cells{{{"key", is_key ? value : Value(1)}, {"cell", value}}};
    BatchBuilder builder(table, Operation::upsert);
    PERDURE_ASSERT(builder.add(cells).ok());
    Result<Batch> batch = builder.finish();
    PERDURE_ASSERT(batch.ok());
    return *std::move(batch);
}

// What is_cell() takes goes into a Value, a batch and a key, and comes back bit for bit.
std::optional<std::string> check_cell_bytes(const TableDefinition& table, ByteSpan cell) {
    const Column& column = table.columns[1];
    if (!is_cell(column.type, cell)) return std::nullopt;
    const Value value = cell_value(column.type, cell);
    PERDURE_ASSERT(check_cell(column, value).ok());
    PERDURE_ASSERT(cell_bytes(column.type, value) == cell.size());
    std::vector<std::byte> again;
    append_cell(column.type, value, again);
    PERDURE_ASSERT(std::equal(cell.begin(), cell.end(), again.begin(), again.end()));

    const Batch batch = row_of(table, value);
    std::vector<std::byte> from_batch;
    append_cell(column.type, batch.value(1, 0), from_batch);
    PERDURE_ASSERT(from_batch == again);
    std::string key;
    encode_key(batch, 0, key);
    PERDURE_ASSERT(!key_text(batch, 0).empty());
    return key;
}

bool is_ordered_as_bytes(ColumnKind kind) {
    return kind == ColumnKind::text || kind == ColumnKind::bytes || kind == ColumnKind::uuid;
}

}  // namespace

Outcome cell(ByteSpan bytes) {
    Input input(bytes);
    ColumnType type;
    type.kind = ColumnKind{input.number<std::uint8_t>()};
    const auto element = input.number<std::uint8_t>();
    const auto count = input.number<std::uint16_t>();
    if (type.kind == ColumnKind::array) {
        type.element = ColumnKind{element};
        type.count = count;
    }
    if (!type.is_valid()) return Outcome::refused;
    const TableDefinition table = table_of(type);
    const std::vector<std::byte> one = copy_of(input.short_piece());
    const std::vector<std::byte> other = copy_of(input.rest());
    const auto first = check_cell_bytes(table, one);
    const auto second = check_cell_bytes(table, other);
    if (first && second && type.is_key_type()) {
        PERDURE_ASSERT((*first == *second) == (one == other));
        if (is_ordered_as_bytes(type.kind)) {
            PERDURE_ASSERT((*first < *second) == (as_text(one) < as_text(other)));
        }
    }
    return first || second ? Outcome::taken : Outcome::refused;
}

}  // namespace perdure::fuzz
