#include "store/memory_table.h"

#include <algorithm>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "model/batch_builder.h"
#include "model/cell.h"
#include "model/key.h"
#include "model/widen.h"

namespace perdure::store {
namespace {

// A row's cells, one after the other: for each column a byte that says whether it is there, then
// its bytes, behind their length (4 bytes) where cells differ in it.
void encode_cells(const Batch& batch, std::uint32_t row, std::string& to) {
    for (std::size_t column = 0; column < batch.columns(); ++column) {
        const bool is_null = batch.is_null(column, row);
        to.push_back(is_null ? '\0' : '\1');
        if (is_null) continue;
        const ColumnType& type = batch.table().columns[column].type;
        if (type.kind == ColumnKind::boolean) {
            to.push_back(batch.boolean(column, row) ? '\1' : '\0');
            continue;
        }
        const std::string_view cell = batch.text(column, row);
        if (type.is_variable()) {
            const auto bytes = static_cast<std::uint32_t>(cell.size());
            to.append(reinterpret_cast<const char*>(&bytes), sizeof bytes);
        }
        to.append(cell);
    }
}

// Where each cell is; nullopt for null.
std::vector<std::optional<ByteSpan>> split_cells(const TableDefinition& version, ByteSpan cells) {
    std::vector<std::optional<ByteSpan>> split;
    const auto take = [&](std::size_t bytes) {
        PERDURE_ASSERT(bytes <= cells.size());
        const ByteSpan taken = cells.first(bytes);
        cells = cells.subspan(bytes);
        return taken;
    };
    for (const Column& column : version.columns) {
        if (take(1)[0] == std::byte{0}) {
            split.emplace_back();
        } else if (column.type.is_variable()) {
            split.emplace_back(take(load_le<std::uint32_t>(take(4).data())));
        } else {
            const bool is_boolean = column.type.kind == ColumnKind::boolean;
            split.emplace_back(take(is_boolean ? 1 : column.type.width()));
        }
    }
    PERDURE_ASSERT(cells.empty());
    PERDURE_ASSERT(split.size() == version.columns.size());
    return split;
}

// Builds a batch of one version from rows of any version.
class RowReader {
public:
    RowReader(const TableDefinition& wanted, const TableDefinition& in_force)
        : wanted_(wanted), in_force_(in_force), builder_(wanted, Operation::upsert) {}

    void add(const TableDefinition& version, const std::string& cells) {
        if (&version != version_) match(version);
        PERDURE_ASSERT(sources_.size() == wanted_.columns.size());
        const auto split = split_cells(version, as_bytes(cells));
        for (std::size_t index = 0; index < wanted_.columns.size(); ++index) {
            const auto source = sources_[index];
            if (!source) {
                add_cell(index, missing(index));
            } else {
                add_cell(index, as_wanted(index, version.columns[*source].type, split[*source]));
            }
        }
        builder_.end_row();
    }
    Result<Batch> finish() { return builder_.finish(); }

private:
    void match(const TableDefinition& version) {
        version_ = &version;
        sources_.clear();
        for (const Column& column : wanted_.columns) {
            const bool is_known = in_force_.find_number(column.number).has_value();
            sources_.push_back(is_known ? version.find_number(column.number) : std::nullopt);
        }
    }
    std::optional<ByteSpan> missing(std::size_t index) {
        if (is_null_by_default(wanted_.columns[index])) return std::nullopt;
        default_.clear();
        append_default(wanted_.columns[index], default_);
        return ByteSpan(default_);
    }
    std::optional<ByteSpan> as_wanted(std::size_t index, const ColumnType& written,
                                      std::optional<ByteSpan> cell) {
        const ColumnType& type = wanted_.columns[index].type;
        if (!cell || written == type) return cell;
        widened_.clear();
        append_widened(written, type, *cell, widened_);
        return ByteSpan(widened_);
    }
    void add_cell(std::size_t index, std::optional<ByteSpan> cell) {
        if (!cell) return builder_.add_null(index);
        if (wanted_.columns[index].type.kind == ColumnKind::boolean) {
            return builder_.add_boolean(index, (*cell)[0] != std::byte{0});
        }
        builder_.add_bytes(index, *cell);
    }

    const TableDefinition& wanted_;
    const TableDefinition& in_force_;
    BatchBuilder builder_;
    const TableDefinition* version_ = nullptr;
    std::vector<std::optional<std::size_t>> sources_;
    std::vector<std::byte> default_;
    std::vector<std::byte> widened_;
};

std::string key_of(const Batch& batch, std::uint32_t row) {
    std::string key;
    encode_key(batch, row, key);
    return key;
}

}  // namespace

std::optional<std::uint32_t> MemoryTable::find_duplicate(const Batch& batch) const {
    std::set<std::string> seen;
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        std::string key = key_of(batch, row);
        if (rows_.contains(key) || !seen.insert(std::move(key)).second) return row;
    }
    return std::nullopt;
}

void MemoryTable::upsert(const Batch& batch, const TableDefinition& version) {
    PERDURE_ASSERT(batch.operation() == Operation::upsert);
    PERDURE_ASSERT(batch.table().id == version.id);
    PERDURE_ASSERT(batch.table().version == version.version);
    Rows::iterator hint = rows_.end();
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        std::string key = key_of(batch, row);
        std::string cells;
        encode_cells(batch, row, cells);
        const std::size_t rows_before = rows_.size();
        hint = rows_.try_emplace(hint, std::move(key), Row{&version, {}});
        const bool is_new = rows_.size() > rows_before;
        bytes_ += cells.size() + (is_new ? hint->first.size() : 0);
        PERDURE_ASSERT(bytes_ >= hint->second.cells.size());
        bytes_ -= hint->second.cells.size();
        hint->second = {&version, std::move(cells)};
        ++hint;
    }
}

void MemoryTable::erase(const Batch& keys) {
    PERDURE_ASSERT(keys.operation() == Operation::erase);
    for (std::uint32_t row = 0; row < keys.rows(); ++row) {
        const auto found = rows_.find(key_of(keys, row));
        if (found == rows_.end()) continue;
        const std::uint64_t bytes = found->first.size() + found->second.cells.size();
        PERDURE_ASSERT(bytes_ >= bytes);
        bytes_ -= bytes;
        rows_.erase(found);
    }
    PERDURE_ASSERT(bytes_ == 0 || !rows_.empty());
}

void MemoryTable::clear() {
    rows_.clear();
    bytes_ = 0;
}

Status MemoryTable::rewrite(const TableDefinition& in_force) {
    RowReader reader(in_force, in_force);
    for (const auto& [key, row] : rows_) reader.add(*row.version, row.cells);
    PERDURE_TAKE(const Batch all, reader.finish());
    upsert(all, in_force);
    return {};
}

Result<Batch> MemoryTable::find(const TableDefinition& wanted, const TableDefinition& in_force,
                                const Batch& keys) const {
    PERDURE_ASSERT(keys.operation() == Operation::erase);
    std::set<std::string> ordered;
    for (std::uint32_t row = 0; row < keys.rows(); ++row) ordered.insert(key_of(keys, row));
    RowReader reader(wanted, in_force);
    for (const std::string& key : ordered) {
        const auto found = rows_.find(key);
        if (found != rows_.end()) reader.add(*found->second.version, found->second.cells);
    }
    return reader.finish();
}

Result<Batch> MemoryTable::scan(const TableDefinition& wanted, const TableDefinition& in_force,
                                const Batch* after, std::uint32_t after_row,
                                std::uint32_t limit) const {
    PERDURE_ASSERT(after == nullptr || after_row < after->rows());
    auto row = after == nullptr ? rows_.begin() : rows_.upper_bound(key_of(*after, after_row));
    if (seeded_bug("store: a page skips its first row") && after && row != rows_.end()) ++row;
    RowReader reader(wanted, in_force);
    for (std::uint32_t count = 0; count < limit && row != rows_.end(); ++count, ++row) {
        reader.add(*row->second.version, row->second.cells);
    }
    return reader.finish();
}

Result<Batch> MemoryTable::last(const TableDefinition& wanted,
                                const TableDefinition& in_force) const {
    RowReader reader(wanted, in_force);
    if (!rows_.empty()) {
        const Row& row = rows_.rbegin()->second;
        reader.add(*row.version, row.cells);
    }
    return reader.finish();
}

}  // namespace perdure::store
