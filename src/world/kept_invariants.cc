#include "world/kept_invariants.h"

#include <array>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "invariants/tables.h"
#include "model/batch_builder.h"
#include "model/key.h"
#include "world/own_rows.h"

namespace perdure {
namespace {

constexpr std::uint32_t page_rows = 16'384;

// A table of the program's: what is in the store, and over it what is pending. Nobody commits
// meanwhile, so a view that has expired is opened again and goes on where it was.
Status take_table(engine::Engine& engine, const TableDefinition& table,
                  invariants::Invariants& into) {
    PERDURE_TAKE(auto view, engine.view(false));
    Batch page;
    while (true) {
        auto next = view->scan(table, page.rows() == 0 ? nullptr : &page, page_rows);
        if (next.status().code() == Code::expired) {
            PERDURE_TAKE(view, engine.view(false));
            continue;
        }
        PERDURE_TRY(next.status());
        PERDURE_TRY(into.take(*next));
        if (next->rows() < page_rows) return {};
        page = *std::move(next);
    }
}

Status take_rows(engine::Engine& engine, invariants::Invariants& into) {
    const auto watched = [&](const TableDefinition& table) {
        return into.watcher().watches(table.id);
    };
    const auto take = [&](const Batch& batch) { return into.take(batch); };
    PERDURE_TRY(engine.hydrate_stored(watched, take));
    PERDURE_TRY(engine.hydrate_pending(take));
    for (const TableDefinition* table : engine.catalog().tables()) {
        if (table->resident || !watched(*table)) continue;
        PERDURE_TRY(take_table(engine, *table, into));
    }
    return {};
}

// What an invariant expects is what it was when the world first had it: a world that was opened
// with gold missing goes on missing it.
Status keep(engine::Engine& engine, invariants::Invariants& all,
            std::vector<std::string>& remarks) {
    const TableDefinition* table = engine.catalog().find(invariants::invariants_definition().name);
    PERDURE_ASSERT(table != nullptr);
    BatchBuilder changed(*table, Operation::upsert);
    {
        PERDURE_TAKE(const auto view, engine.view(false));
        for (std::size_t at = 0; at < all.size(); ++at) {
            const Invariant& invariant = all.invariant(at);
            const std::string& identity = all.watcher().identity(at);
            const std::array<Cell, 1> key{{{"name", invariant.name}}};
            PERDURE_TAKE(const std::string encoded, encode_key(*table, key));
            PERDURE_TAKE(const auto known, view->find(*table, encoded, key));
            std::optional<invariants::Amount> kept;
            if (known && !seeded_bug("world: what an invariant expected is forgotten")) {
                PERDURE_TAKE(
                    kept, invariants::read_expected(*known, identity, all.watcher().is_real(at)));
                if (!kept) {
                    remarks.push_back(text::format(
                        "invariant {} looks at other columns than before; it was: {}, expected {}",
                        invariant.name, known->text(1, 0), known->text(3, 0)));
                }
            }
            const invariants::Amount& expected = all.expect(at, kept);
            PERDURE_TAKE(const Batch row,
                         invariants::invariant_row(*table, invariant, identity, expected));
            if (!known || !invariants::is_same_row(*known, row)) changed.add(row, 0);
        }
    }
    return commit_own_rows(engine, changed);
}

}  // namespace

Result<std::unique_ptr<invariants::Invariants>> open_invariants(
    engine::Engine& engine, const Schema& schema, std::function<void(std::string_view)> log,
    std::vector<std::string>& remarks) {
    if (schema.invariants().empty()) return std::unique_ptr<invariants::Invariants>();
    const auto level_of = [&](const TableDefinition& table) {
        const Category* category = engine.find_category(table.category);
        return category ? category->durability : Category{}.durability;
    };
    PERDURE_TAKE(auto all, invariants::Invariants::make(schema.invariants(), engine.catalog(),
                                                        level_of, std::move(log)));
    PERDURE_TRY(take_rows(engine, *all));
    PERDURE_TRY(keep(engine, *all, remarks));
    all->begin();
    return all;
}

}  // namespace perdure
