#include "store/sqlite/exact.h"

#include <algorithm>

#include <sqlite3.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "model/kinds.h"
#include "model/widen.h"

namespace perdure::store::sqlite {
namespace {

bool is_inexact_cell(const CellView& view, std::uint32_t row) noexcept {
    return view.kind == ColumnKind::f32 ? is_inexact(view.fixed<float>(row))
                                        : is_inexact(view.fixed<double>(row));
}

// Nulls are zeros, and so exact.
bool has_inexact(const CellView& view, std::uint32_t rows) noexcept {
    bool found = false;
    if (view.kind == ColumnKind::f32) {
        for (std::uint32_t row = 0; row < rows; ++row) found |= is_inexact(view.fixed<float>(row));
    } else {
        for (std::uint32_t row = 0; row < rows; ++row) found |= is_inexact(view.fixed<double>(row));
    }
    return found;
}

// The entries of the first argument, and where the one of a column begins, or their end.
struct Entries {
    std::vector<std::byte> bytes;
    std::size_t at = 0;

    Entries(sqlite3_value* blob, std::uint16_t number) {
        const auto* first = static_cast<const std::byte*>(sqlite3_value_blob(blob));
        const int size = sqlite3_value_bytes(blob);
        if (first != nullptr) bytes.assign(first, first + size);
        while (at + exact_entry_bytes <= bytes.size() &&
               load_le<std::uint16_t>(bytes.data() + at) != number) {
            at += exact_entry_bytes;
        }
    }
    [[nodiscard]] bool found() const noexcept { return at + exact_entry_bytes <= bytes.size(); }
    void answer(sqlite3_context* context) const {
        if (bytes.empty()) return sqlite3_result_null(context);
        sqlite3_result_blob64(context, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
    }
};

std::uint16_t number_argument(sqlite3_value* value) {
    return static_cast<std::uint16_t>(sqlite3_value_int(value));
}

void widen_exact(sqlite3_context* context, int, sqlite3_value** arguments) {
    Entries entries(arguments[0], number_argument(arguments[1]));
    if (entries.found()) {
        std::byte* const bits = entries.bytes.data() + entries.at + sizeof(std::uint16_t);
        store_le(bits, widened_float_bits(load_le<std::uint32_t>(bits)));
    }
    entries.answer(context);
}

void set_exact(sqlite3_context* context, int, sqlite3_value** arguments) {
    const std::uint16_t number = number_argument(arguments[1]);
    Entries entries(arguments[0], number);
    if (!entries.found() && sqlite3_value_bytes(arguments[2]) == sizeof(std::uint64_t)) {
        const std::size_t end = entries.bytes.size();
        entries.bytes.resize(end + exact_entry_bytes);
        store_le(entries.bytes.data() + end, number);
        std::copy_n(static_cast<const std::byte*>(sqlite3_value_blob(arguments[2])),
                    sizeof(std::uint64_t), entries.bytes.data() + end + sizeof number);
    }
    entries.answer(context);
}

}  // namespace

Status add_exact_functions(Connection& connection) {
    const auto add = [&](const char* name, int arguments, auto* function) -> Status {
        const int outcome = sqlite3_create_function_v2(connection.handle(), name, arguments,
                                                       SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                                                       function, nullptr, nullptr, nullptr);
        return outcome == SQLITE_OK ? Status() : connection.failure(outcome, "adding a function");
    };
    PERDURE_TRY(add("perdure_widen_exact", 2, &widen_exact));
    return add("perdure_set_exact", 3, &set_exact);
}

bool has_reals(const TableDefinition& table) noexcept {
    return std::any_of(table.columns.begin(), table.columns.end(),
                       [](const Column& column) { return is_real(column.type.kind); });
}

ExactCells::ExactCells(const Batch& batch) {
    for (std::size_t index = 0; index < batch.columns(); ++index) {
        const Column& column = batch.table().columns[index];
        if (!is_real(column.type.kind)) continue;
        const CellView view = CellView::of(batch, index);
        if (has_inexact(view, batch.rows())) reals_.push_back({column.number, view});
    }
}

ByteSpan ExactCells::of_row(std::uint32_t row) {
    entries_.clear();
    if (seeded_bug("sqlite: -0 and NaN are not kept")) return entries_;
    for (const Real& real : reals_) {
        if (real.view.is_null(row) || !is_inexact_cell(real.view, row)) continue;
        const std::uint64_t bits = real.view.kind == ColumnKind::f32
                                       ? real.view.fixed<std::uint32_t>(row)
                                       : real.view.fixed<std::uint64_t>(row);
        entries_.resize(entries_.size() + exact_entry_bytes);
        std::byte* const entry = entries_.data() + entries_.size() - exact_entry_bytes;
        store_le(entry, real.number);
        store_le(entry + sizeof real.number, bits);
    }
    return entries_;
}

}  // namespace perdure::store::sqlite
