#include "model/key.h"

#include <bit>
#include <vector>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "model/cell.h"
#include "model/utf8.h"

namespace perdure {
namespace {

constexpr std::size_t shown_key_bytes_max = 40;  // of a text in a message

void append_big_endian(std::uint64_t value, std::size_t bytes, std::string& to) {
    const std::uint64_t swapped = __builtin_bswap64(value << (64 - 8 * bytes));
    to.append(reinterpret_cast<const char*>(&swapped), bytes);
}

template <typename Unsigned>
void append_unsigned(const std::byte* cell, std::string& to) {
    append_big_endian(load_le<Unsigned>(cell), sizeof(Unsigned), to);
}

// With the sign bit flipped, negative numbers come before the others.
template <typename Unsigned>
void append_signed(const std::byte* cell, std::string& to) {
    constexpr auto sign = static_cast<Unsigned>(Unsigned{1} << (8 * sizeof(Unsigned) - 1));
    const auto flip = seeded_bug("model: negative keys come last") ? Unsigned{0} : sign;
    append_big_endian(static_cast<Unsigned>(load_le<Unsigned>(cell) ^ flip), sizeof(Unsigned), to);
}

// A shorter one ends with 00 00, which is less than any
// byte that a longer one goes on with, 00 FF included.
void append_escaped(std::string_view bytes, std::string& to) {
    for (std::size_t zero = bytes.find('\0'); zero != std::string_view::npos;
         zero = bytes.find('\0')) {
        to.append(bytes.substr(0, zero + 1));
        if (!seeded_bug("model: a zero in a key is not escaped")) to.push_back('\xFF');
        bytes.remove_prefix(zero + 1);
    }
    to.append(bytes);
    to.append(2, '\0');
}

void append_cell_key(ColumnKind kind, ByteSpan cell, std::string& to) {
    switch (kind) {
        case ColumnKind::i8: return append_signed<std::uint8_t>(cell.data(), to);
        case ColumnKind::i16: return append_signed<std::uint16_t>(cell.data(), to);
        case ColumnKind::i32: return append_signed<std::uint32_t>(cell.data(), to);
        case ColumnKind::i64: return append_signed<std::uint64_t>(cell.data(), to);
        case ColumnKind::u16: return append_unsigned<std::uint16_t>(cell.data(), to);
        case ColumnKind::u32: return append_unsigned<std::uint32_t>(cell.data(), to);
        case ColumnKind::u64:
        case ColumnKind::id: return append_unsigned<std::uint64_t>(cell.data(), to);
        case ColumnKind::boolean:
        case ColumnKind::u8:
        case ColumnKind::uuid: to.append(as_text(cell)); return;
        case ColumnKind::text:
        case ColumnKind::bytes: return append_escaped(as_text(cell), to);
        case ColumnKind::f32:
        case ColumnKind::f64:
        case ColumnKind::json:
        case ColumnKind::array: break;
    }
    PERDURE_ASSERT(false && "a key has only key types: TableDefinition::validate");
}

std::string hex(ByteSpan bytes) {
    std::string digits;
    for (const std::byte byte : bytes.first(std::min(bytes.size(), shown_key_bytes_max))) {
        digits += text::format("{:02x}", std::to_integer<unsigned>(byte));
    }
    return bytes.size() > shown_key_bytes_max ? digits + "…" : digits;
}

std::string value_text(const Value& value) {
    if (const auto* yes = value.get_if<bool>()) return *yes ? "true" : "false";
    if (const auto* number = value.get_if<std::int64_t>()) return text::format("{}", *number);
    if (const auto* number = value.get_if<std::uint64_t>()) return text::format("{}", *number);
    if (const auto* entity = value.get_if<Entity>()) return text::format("{}", entity->id);
    if (const auto* bytes = value.get_if<Bytes>()) return hex(*bytes);
    if (const auto* uuid = value.get_if<Uuid>()) return hex(uuid->bytes);
    const auto* words = value.get_if<std::string>();
    PERDURE_ASSERT(words != nullptr);
    if (words->size() <= shown_key_bytes_max) return text::format("\"{}\"", printable(*words));
    return text::format("text of {} bytes", words->size());
}

// The cell for one key column, checked.
Result<const Value*> key_cell(const TableDefinition& table, std::size_t index,
                              std::span<const Cell> cells) {
    const Column& column = table.columns[index];
    const Value* found = nullptr;
    for (const Cell& cell : cells) {
        if (!same_name(cell.column, column.name)) continue;
        if (found != nullptr) {
            return error(Code::invalid, "table {}: column {} is given twice", table.name,
                         column.name);
        }
        found = &cell.value;
    }
    if (found == nullptr) {
        return error(Code::invalid, "table {}: no cell for {}, a column of the key", table.name,
                     column.name);
    }
    PERDURE_TRY(check_cell(column, *found).with_context("table " + table.name));
    return found;
}

}  // namespace

void encode_key(const Batch& batch, std::uint32_t row, std::string& to) {
    for (std::size_t index = 0; index < batch.table().key_columns; ++index) {
        const ColumnKind kind = batch.table().columns[index].type.kind;
        if (kind == ColumnKind::boolean) {
            to.push_back(batch.boolean(index, row) ? '\1' : '\0');
        } else {
            append_cell_key(kind, batch.cell(index, row), to);
        }
    }
}

Result<std::string> encode_key(const TableDefinition& table, std::span<const Cell> cells) {
    for (const Cell& cell : cells) {
        if (table.find_column(cell.column)) continue;
        return error(Code::invalid, "table {} has no column {}", table.name, cell.column);
    }
    std::string key;
    std::vector<std::byte> bytes;
    for (std::size_t index = 0; index < table.key_columns; ++index) {
        PERDURE_TAKE(const Value* value, key_cell(table, index, cells));
        bytes.clear();
        append_cell(table.columns[index].type, *value, bytes);
        append_cell_key(table.columns[index].type.kind, bytes, key);
    }
    return key;
}

std::string key_text(const Batch& batch, std::uint32_t row) {
    std::string text;
    for (std::size_t index = 0; index < batch.table().key_columns; ++index) {
        if (index > 0) text += ' ';
        text += batch.table().columns[index].name;
        text += '=';
        text += value_text(batch.value(index, row));
    }
    return text;
}

}  // namespace perdure
