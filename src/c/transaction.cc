#include "perdure/transaction.h"

#include <utility>
#include <vector>

#include "base/error.h"
#include "c/answer.h"
#include "c/cells.h"
#include "c/handles.h"
#include "c/sized.h"
#include "engine/engine.h"
#include "engine/staging.h"

using perdure::Batch;
using perdure::Row;
using perdure::Status;
using perdure::TableDefinition;
using perdure::c::answer;
using perdure::c::clear;
using perdure::c::GivenCells;
using perdure::c::need;

namespace perdure::c {

Result<const TableDefinition*> find_table(const perdure_world& world, const char* name) {
    PERDURE_TRY(need(name, "the table's name"));
    const TableDefinition* table = world.world->engine().catalog().find(name);
    if (table != nullptr) return table;
    return error(Code::not_found, "there is no table '{}' in this world", name);
}

namespace {

enum class Change : std::uint8_t { put, append, erase };

struct GivenRows {
    const char* table;
    const perdure_cells* cells;
    std::uint64_t cell_count;
    std::uint64_t rows;
};

Status stage_one(Transaction& to, Change change, const char* table, std::span<const Cell> cells,
                 const Condition& condition) {
    switch (change) {
        case Change::put: return to.put(table, cells, condition);
        case Change::append: return to.append(table, cells);
        case Change::erase: return to.erase(table, cells, condition);
    }
    return {};
}

// All rows, or none.
Status stage_all(perdure_transaction* transaction, Change change, const GivenRows& given,
                 const perdure_condition* condition) {
    PERDURE_TRY(need(transaction, "the transaction"));
    PERDURE_TAKE(const TableDefinition* table, find_table(*transaction->world, given.table));
    PERDURE_TAKE(GivenCells cells,
                 GivenCells::make(*table, given.cells, given.cell_count, given.rows));
    PERDURE_TAKE(GivenCondition must_hold, GivenCondition::make(*table, condition, given.rows));
    engine::Staging& staging = transaction->changes->staging();
    const engine::Staging::Mark before = staging.mark();
    for (std::uint64_t row = 0; row < given.rows; ++row) {
        Status staged = stage_one(*transaction->changes, change, given.table, cells.row(row),
                                  must_hold.row(row));
        if (staged.ok()) continue;
        staging.back_to(before);
        return given.rows == 1 ? staged : staged.with_context(text::format("row {}", row));
    }
    return {};
}

}  // namespace
}  // namespace perdure::c

using perdure::c::Change;
using perdure::c::find_table;
using perdure::c::stage_all;

perdure_code perdure_world_begin(perdure_world* world, perdure_transaction** transaction,
                                 perdure_error* error) {
    clear(transaction);
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(world, "the world"));
        PERDURE_TRY(need(transaction, "where the transaction goes"));
        auto made = std::make_unique<perdure_transaction>();
        made->world = world;
        made->changes = &made->own.emplace(world->world->begin());
        world->transactions.fetch_add(1);
        *transaction = made.release();
        return {};
    });
}

void perdure_transaction_free(perdure_transaction* transaction) {
    if (transaction == nullptr || !transaction->own) return;  // the tick is the world's
    perdure_world* const world = transaction->world;
    delete transaction;
    world->transactions.fetch_sub(1);
}

perdure_code perdure_transaction_put(perdure_transaction* transaction, const char* table,
                                     const perdure_cells* cells, uint64_t cell_count, uint64_t rows,
                                     const perdure_condition* condition, perdure_error* error) {
    return answer(error, [&] {
        return stage_all(transaction, Change::put, {table, cells, cell_count, rows}, condition);
    });
}

perdure_code perdure_transaction_append(perdure_transaction* transaction, const char* table,
                                        const perdure_cells* cells, uint64_t cell_count,
                                        uint64_t rows, perdure_error* error) {
    return answer(error, [&] {
        return stage_all(transaction, Change::append, {table, cells, cell_count, rows}, nullptr);
    });
}

perdure_code perdure_transaction_erase(perdure_transaction* transaction, const char* table,
                                       const perdure_cells* key, uint64_t key_count, uint64_t rows,
                                       const perdure_condition* condition, perdure_error* error) {
    return answer(error, [&] {
        return stage_all(transaction, Change::erase, {table, key, key_count, rows}, condition);
    });
}

perdure_code perdure_transaction_find(perdure_transaction* transaction, const char* table,
                                      const perdure_cells* key, uint64_t key_count,
                                      perdure_batch** row, perdure_error* error) {
    clear(row);
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(transaction, "the transaction"));
        PERDURE_TRY(need(row, "where the row goes"));
        PERDURE_TAKE(const TableDefinition* there, find_table(*transaction->world, table));
        PERDURE_TAKE(GivenCells cells, GivenCells::make(*there, key, key_count, 1));
        PERDURE_TAKE(auto found, transaction->changes->find(table, cells.row(0)));
        if (found) *row = perdure::c::give_out(*transaction->world, *std::move(found));
        return {};
    });
}

perdure_code perdure_transaction_prefetch(perdure_transaction* transaction, const char* table,
                                          const perdure_cells* key, uint64_t key_count,
                                          uint64_t rows, perdure_error* error) {
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(transaction, "the transaction"));
        PERDURE_TAKE(const TableDefinition* there, find_table(*transaction->world, table));
        PERDURE_TAKE(GivenCells cells, GivenCells::make(*there, key, key_count, rows));
        for (std::uint64_t at = 0; at < rows; ++at) {
            const auto one = cells.row(at);
            const Row wanted(one.begin(), one.end());
            PERDURE_TRY(transaction->changes->prefetch(table, {&wanted, 1}));
        }
        return {};
    });
}

perdure_code perdure_transaction_commit(perdure_transaction* transaction,
                                        const perdure_commit_options* options,
                                        perdure_token** token, perdure_error* error) {
    clear(token);
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(transaction, "the transaction"));
        perdure::CommitOptions asked;
        PERDURE_TRY(perdure::c::read_commit_options(options, asked));
        PERDURE_TAKE(perdure::Token saved, transaction->changes->commit(asked));
        if (token != nullptr) *token = perdure::c::give_out(std::move(saved));
        return {};
    });
}
