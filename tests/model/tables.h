// Tables and values for the tests of the model.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "model/batch_builder.h"
#include "model/catalog.h"
#include "perdure/schema.h"

namespace perdure::test {

inline constexpr ColumnType type_of(ColumnKind kind) { return {kind, ColumnKind::u8, 0}; }

// The definition as a catalog that did not know it would give it.
inline TableDefinition numbered(const TableDefinition& wanted) {
    const Catalog catalog;
    auto evolved = catalog.evolve(wanted);
    if (!evolved.ok()) std::abort();
    return **std::move(evolved);
}

inline const std::vector<ColumnType>& every_type() {
    static const std::vector<ColumnType> types = [] {
        std::vector<ColumnType> all;
        for (int kind = 1; kind <= 16; ++kind)
            all.push_back(type_of(static_cast<ColumnKind>(kind)));
        all.push_back({ColumnKind::array, ColumnKind::f32, 3});
        all.push_back({ColumnKind::array, ColumnKind::i16, 1});
        return all;
    }();
    return types;
}

// "everything": an id as key, then for every type a column c_… and a column n_… that may be null.
inline TableDefinition everything() {
    TableBuilder table("everything");
    table.key<std::uint64_t>("id");
    for (const ColumnType& type : every_type()) {
        std::string name = type.name();
        std::replace_if(
            name.begin(), name.end(), [](char c) { return c == '<' || c == ','; }, '_');
        std::erase(name, '>');
        table.column(text::format("c_{}", name), type);
        table.column(text::format("n_{}", name), type, true);
    }
    return numbered(table.definition());
}

inline std::string random_text(Random& random) {
    static const std::vector<std::string> pieces{"a", "Z", "7", " ", "é", "€", "𝄞", "\x7F", "\x01"};
    std::string text;
    for (auto left = random.below(12); left > 0; --left)
        text += pieces[random.below(pieces.size())];
    return text;
}

inline Bytes random_bytes(Random& random, std::size_t size) {
    Bytes bytes(size);
    random.fill(bytes);
    return bytes;
}

// Any bits of an integer type, often one of its edges.
template <typename T>
T random_integer(Random& random) {
    if (random.chance(1, 3)) {
        const T edges[]{std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), T{0}, T{1}};
        return edges[random.below(4)];
    }
    return static_cast<T>(random.next());
}

// A value that fits the type, in the alternative that reading gives back. Never null.
inline Value random_value(Random& random, const ColumnType& type) {
    switch (type.kind) {
        case ColumnKind::boolean: return Value(random.chance(1, 2));
        case ColumnKind::i8: return Value(std::int64_t{random_integer<std::int8_t>(random)});
        case ColumnKind::i16: return Value(std::int64_t{random_integer<std::int16_t>(random)});
        case ColumnKind::i32: return Value(std::int64_t{random_integer<std::int32_t>(random)});
        case ColumnKind::i64: return Value(random_integer<std::int64_t>(random));
        case ColumnKind::u8: return Value(std::uint64_t{random_integer<std::uint8_t>(random)});
        case ColumnKind::u16: return Value(std::uint64_t{random_integer<std::uint16_t>(random)});
        case ColumnKind::u32: return Value(std::uint64_t{random_integer<std::uint32_t>(random)});
        case ColumnKind::u64: return Value(random_integer<std::uint64_t>(random));
        case ColumnKind::id: return Value(Entity{random.next() >> 1});
        case ColumnKind::f32:
            return Value(std::bit_cast<float>(static_cast<std::uint32_t>(random.next())));
        case ColumnKind::f64: return Value(std::bit_cast<double>(random.next()));
        case ColumnKind::text: return Value(random_text(random));
        case ColumnKind::json: return Value(Json{random_text(random)});
        case ColumnKind::bytes: return Value(random_bytes(random, random.below(20)));
        case ColumnKind::uuid: {
            Uuid uuid;
            random.fill(uuid.bytes);
            return Value(uuid);
        }
        case ColumnKind::array: return Value(random_bytes(random, type.width()));
    }
    return {};
}

// Equal bit for bit: NaN with the same payload is equal, -0 and 0 are not.
inline bool same_bits(const Value& one, const Value& other) {
    if (const auto* left = one.get_if<float>()) {
        const auto* right = other.get_if<float>();
        return right != nullptr &&
               std::bit_cast<std::uint32_t>(*left) == std::bit_cast<std::uint32_t>(*right);
    }
    if (const auto* left = one.get_if<double>()) {
        const auto* right = other.get_if<double>();
        return right != nullptr &&
               std::bit_cast<std::uint64_t>(*left) == std::bit_cast<std::uint64_t>(*right);
    }
    return one == other;
}

// A row for every column of the table; nullable ones are null one time in three.
inline Row random_row(Random& random, const TableDefinition& table) {
    Row row;
    for (const Column& column : table.columns) {
        const bool null = column.nullable && random.chance(1, 3);
        row.push_back({column.name, null ? Value() : random_value(random, column.type)});
    }
    return row;
}

inline Batch batch_of(const TableDefinition& table, const std::vector<Row>& rows,
                      Operation operation = Operation::upsert) {
    BatchBuilder builder(table, operation);
    for (const Row& row : rows) {
        const Status added = builder.add(row);
        if (!added.ok()) std::abort();
    }
    return *builder.finish();
}

}  // namespace perdure::test
