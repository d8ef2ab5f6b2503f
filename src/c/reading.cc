#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "c/answer.h"
#include "c/cells.h"
#include "c/handles.h"
#include "c/sized.h"
#include "engine/read_view.h"
#include "model/key.h"
#include "model/rows.h"

using perdure::Code;
using perdure::Snapshot;
using perdure::SnapshotOptions;
using perdure::Status;
using perdure::TableDefinition;
using perdure::c::answer;
using perdure::c::clear;
using perdure::c::find_table;
using perdure::c::GivenCells;
using perdure::c::need;

namespace perdure::c {
namespace {

constexpr std::uint32_t scan_rows_default = 10'000;

// The first rows of a page.
Result<Batch> beginning(const Batch& page, std::uint32_t rows) {
    std::vector<RowOf> kept;
    for (std::uint32_t row = 0; row < rows; ++row) kept.push_back({&page, row});
    return gather_rows(page.table(), Operation::upsert, kept);
}

// How many rows of a page, which is in key order, lie before a key.
std::uint32_t rows_before(const Batch& page, const std::string& key) {
    std::uint32_t low = 0;
    std::uint32_t high = page.rows();
    std::string other;
    while (low < high) {
        const std::uint32_t middle = low + (high - low) / 2;
        other.clear();
        encode_key(page, middle, other);
        if (other < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// A page that begins with the row of this key, if it is there; else with the next one.
Result<Batch> scan_from(Snapshot& snapshot, const TableDefinition& table, std::span<const Cell> key,
                        std::uint32_t limit) {
    PERDURE_TAKE(const Batch behind, engine::key_batch(table, key));
    PERDURE_TAKE(const auto first, snapshot.find(table.name, key));
    if (!first) return snapshot.scan(table.name, &behind, limit);
    std::vector<RowOf> rows{{&first->batch(), 0}};
    Batch more;
    if (limit > 1) {
        PERDURE_TAKE(more, snapshot.scan(table.name, &behind, limit - 1));
        for (std::uint32_t row = 0; row < more.rows(); ++row) rows.push_back({&more, row});
    }
    return gather_rows(table, Operation::upsert, rows);
}

Status check_page_before(const perdure_batch& after, const perdure_snapshot& snapshot,
                         const TableDefinition& table) {
    if (after.world == snapshot.world && after.batch.table().id == table.id) return {};
    return error(Code::invalid, "`after` is no page of table {} of this world", table.name);
}

Result<Batch> read_page(perdure_snapshot& from, const TableDefinition& table,
                        const perdure_scan& asked) {
    const std::uint32_t limit = asked.limit == 0 ? scan_rows_default : asked.limit;
    Snapshot& snapshot = from.snapshot;
    if (asked.after != nullptr) {
        PERDURE_TRY(check_page_before(*asked.after, from, table));
        const Batch& before = asked.after->batch;
        if (before.rows() == 0) return beginning(before, 0);  // it was the end
        return snapshot.scan(table.name, &before, limit);
    }
    if (asked.from_count == 0) return snapshot.scan(table.name, nullptr, limit);
    PERDURE_TAKE(GivenCells key, GivenCells::make(table, asked.from, asked.from_count, 1));
    return scan_from(snapshot, table, key.row(0), limit);
}

Result<Batch> scan(perdure_snapshot& snapshot, const TableDefinition& table,
                   const perdure_scan& asked) {
    PERDURE_TAKE(Batch page, read_page(snapshot, table, asked));
    if (asked.until_count == 0) return page;
    PERDURE_TAKE(GivenCells cells, GivenCells::make(table, asked.until, asked.until_count, 1));
    PERDURE_TAKE(const std::string until, encode_key(table, cells.row(0)));
    const std::uint32_t rows = rows_before(page, until);
    if (rows == page.rows()) return page;
    return beginning(page, rows);
}

}  // namespace
}  // namespace perdure::c

perdure_code perdure_world_snapshot(perdure_world* world, uint32_t flags,
                                    perdure_snapshot** snapshot, perdure_error* error) {
    clear(snapshot);
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(world, "the world"));
        PERDURE_TRY(need(snapshot, "where the snapshot goes"));
        PERDURE_TRY(perdure::c::check_flags(flags, PERDURE_DURABLE_ONLY, "snapshot flags"));
        const SnapshotOptions asked{.durable_only = (flags & PERDURE_DURABLE_ONLY) != 0};
        PERDURE_TAKE(Snapshot taken, world->world->snapshot(asked));
        world->snapshots.fetch_add(1);
        *snapshot = new perdure_snapshot{world, std::move(taken)};
        return {};
    });
}

void perdure_snapshot_free(perdure_snapshot* snapshot) {
    if (snapshot == nullptr) return;
    perdure_world* const world = snapshot->world;
    delete snapshot;
    world->snapshots.fetch_sub(1);
}

uint64_t perdure_snapshot_lsn(const perdure_snapshot* snapshot) {
    return snapshot == nullptr ? 0 : snapshot->snapshot.lsn();
}

perdure_code perdure_snapshot_find(perdure_snapshot* snapshot, const char* table,
                                   const perdure_cells* key, uint64_t key_count,
                                   perdure_batch** row, perdure_error* error) {
    clear(row);
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(snapshot, "the snapshot"));
        PERDURE_TRY(need(row, "where the row goes"));
        PERDURE_TAKE(const TableDefinition* there, find_table(*snapshot->world, table));
        PERDURE_TAKE(GivenCells cells, GivenCells::make(*there, key, key_count, 1));
        PERDURE_TAKE(auto found, snapshot->snapshot.find(table, cells.row(0)));
        if (!found) return {};
        const perdure::RowOf only{&found->batch(), 0};
        PERDURE_TAKE(perdure::Batch copy,
                     gather_rows(*there, perdure::Operation::upsert, {&only, 1}));
        *row = perdure::c::give_out(*snapshot->world, std::move(copy));
        return {};
    });
}

perdure_code perdure_snapshot_scan(perdure_snapshot* snapshot, const char* table,
                                   const perdure_scan* scan, perdure_batch** page,
                                   perdure_error* error) {
    clear(page);
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(snapshot, "the snapshot"));
        PERDURE_TRY(need(page, "where the page goes"));
        PERDURE_TAKE(const TableDefinition* there, find_table(*snapshot->world, table));
        perdure_scan asked;
        PERDURE_TRY(perdure::c::take_options(scan, "perdure_scan", asked));
        PERDURE_TAKE(perdure::Batch read, perdure::c::scan(*snapshot, *there, asked));
        *page = perdure::c::give_out(*snapshot->world, std::move(read));
        return {};
    });
}

void perdure_batch_free(perdure_batch* batch) {
    if (batch == nullptr) return;
    perdure_world* const world = batch->world;
    delete batch;
    world->batches.fetch_sub(1);
}

uint64_t perdure_batch_rows(const perdure_batch* batch) {
    return batch == nullptr ? 0 : batch->batch.rows();
}

uint64_t perdure_batch_columns(const perdure_batch* batch) {
    return batch == nullptr ? 0 : batch->batch.columns();
}

perdure_code perdure_batch_column(const perdure_batch* batch, uint64_t index, perdure_cells* cells,
                                  perdure_error* error) {
    clear(cells);
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(batch, "the batch"));
        PERDURE_TRY(need(cells, "where the cells go"));
        if (index >= batch->batch.columns()) {
            return perdure::error(Code::not_found, "table '{}' has {} columns, and no column {}",
                                  batch->batch.table().name, batch->batch.columns(), index);
        }
        *cells = perdure::c::cells_of(batch->batch, static_cast<std::size_t>(index));
        return {};
    });
}

perdure_code perdure_batch_find_column(const perdure_batch* batch, const char* name,
                                       perdure_cells* cells, perdure_error* error) {
    clear(cells);
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(batch, "the batch"));
        PERDURE_TRY(need(name, "the column's name"));
        PERDURE_TRY(need(cells, "where the cells go"));
        const auto column = batch->batch.table().find_column(name);
        if (!column) {
            return perdure::error(Code::not_found, "table '{}' has no column '{}'",
                                  batch->batch.table().name, name);
        }
        *cells = perdure::c::cells_of(batch->batch, *column);
        return {};
    });
}
