#include "cli/demo/books.h"

#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "cli/demo/components.h"
#include "cli/demo/rules.h"
#include "cli/demo/trades.h"

namespace perdure::cli::demo {

namespace {

// What the rows of `trades` up to some tick come to.
struct Ledger {
    std::uint64_t trades = 0;
    std::int64_t coins = 0;
    std::uint64_t hash = 0;

    friend bool operator==(const Ledger&, const Ledger&) = default;
};

template <typename T>
T cell(const FoundRow& row, std::string_view column) {
    const Batch& batch = row.batch();
    return batch.fixed<T>(*batch.table().find_column(column), 0);
}

// Where reading begins: what came before, and the last row that it covers.
struct Beginning {
    Ledger before;
    std::optional<FoundRow> last_row;
};

// The first tick of the window at whose end there is a trade to read on from; none: from the very
// first row.
Result<Beginning> find_beginning(Snapshot& view, std::uint64_t tick) {
    if (tick <= audit_ticks_max) return Beginning{};
    for (std::uint64_t at = tick - audit_ticks_max; at < tick; ++at) {
        PERDURE_TAKE(const auto summary, view.find("tick_summaries", {{"tick", at}}));
        if (!summary) return error(Code::corrupt, "tick_summaries has no row for tick {}", at);
        const auto trades = cell<std::uint32_t>(*summary, "trades");
        if (trades == 0) continue;
        PERDURE_TAKE(auto row, view.find("trades", {{"tick", at}, {"seq", trades - 1}}));
        if (!row)
            return error(Code::corrupt, "trades has no row for tick {} seq {}", at, trades - 1);
        return Beginning{{cell<std::uint64_t>(*summary, "trades_so_far"),
                          cell<std::int64_t>(*summary, "coins_traded_so_far"),
                          cell<std::uint64_t>(*summary, "ledger")},
                         std::move(row)};
    }
    return Beginning{};  // a window without trades: all of the table is read
}

void add_rows(Ledger& ledger, const Batch& page) {
    const TableDefinition& table = page.table();
    const auto column = [&](std::string_view name) { return *table.find_column(name); };
    const auto tick = column("tick");
    const auto seq = column("seq");
    const auto buyer = column("buyer");
    const auto seller = column("seller");
    const auto goods_column = column("goods");
    const auto amount = column("amount");
    const auto coins = column("coins");
    for (std::uint32_t row = 0; row < page.rows(); ++row) {
        const Trade trade{static_cast<std::uint64_t>(page.fixed<std::int64_t>(tick, row)),
                          page.fixed<std::uint32_t>(seq, row),
                          Entity{page.fixed<std::uint64_t>(buyer, row)},
                          Entity{page.fixed<std::uint64_t>(seller, row)},
                          page.text(goods_column, row),
                          page.fixed<std::uint32_t>(amount, row),
                          page.fixed<std::int64_t>(coins, row)};
        ledger.trades += 1;
        ledger.coins += trade.coins;
        ledger.hash += ledger_hash(trade);
    }
}

Status audit_trades(World& world, const Totals& totals, Audit& found) {
    PERDURE_TAKE(Snapshot view, world.snapshot());
    PERDURE_TAKE(Beginning beginning, find_beginning(view, found.tick));
    Ledger ledger = beginning.before;
    const Batch* after = beginning.last_row ? &beginning.last_row->batch() : nullptr;
    Batch page;
    for (;;) {
        PERDURE_TAKE(Batch next, view.scan("trades", after));
        if (next.rows() == 0) break;
        page = std::move(next);
        after = &page;
        add_rows(ledger, page);
    }
    found.trades_read = ledger.trades - beginning.before.trades;
    const Ledger expected{totals.trades, totals.coins_traded, totals.ledger};
    if (ledger != expected) {
        found.faults.push_back(text::format(
            "trades: {} rows moving {} coins, ledger {:016x}; the totals say {}, {} and {:016x}",
            ledger.trades, ledger.coins, ledger.hash, expected.trades, expected.coins,
            expected.hash));
    }
    return {};
}

void audit_purses(Entities& entities, const Totals& totals, const Settings& settings,
                  Audit& found) {
    entities.each<Purse>([&](const Purse& purse) { found.coins += purse.coins; });
    found.coins_expected = coins_at_first * std::int64_t{settings.walkers};
    if (found.coins != found.coins_expected || totals.coins != found.coins_expected) {
        found.faults.push_back(
            text::format("coins: {} in purses, {} in the totals; {} were handed out", found.coins,
                         totals.coins, found.coins_expected));
    }
}

void audit_bags(Entities& entities, const Totals& totals, Audit& found) {
    for (const Good& good : goods) {
        std::int64_t held = 0;
        entities.each<Bag>([&](const Bag& bag) { held += bag.*good.held; });
        const auto expected = static_cast<std::int64_t>(totals.*good.produced - totals.*good.eaten);
        found.goods += held;
        found.goods_expected += expected;
        if (held != expected) {
            found.faults.push_back(text::format("{}: {} in bags; {} were produced and not eaten",
                                                good.name, held, expected));
        }
    }
}

}  // namespace

Result<Audit> audit(World& world) {
    PERDURE_ASSERT(is_founded(world));
    Entities& entities = world.entities();
    const Totals totals = *entities.get<Totals>(world_entity);
    const Settings settings = *entities.get<Settings>(world_entity);
    Audit found;
    found.tick = world.next_tick() - 1;
    found.trades = totals.trades;
    audit_purses(entities, totals, settings, found);
    audit_bags(entities, totals, found);
    if (entities.count_of<Walker>() != settings.walkers) {
        found.faults.push_back(text::format("walkers: {} are there; {} were founded",
                                            entities.count_of<Walker>(), settings.walkers));
    }
    PERDURE_TRY(audit_trades(world, totals, found));
    return found;
}

}  // namespace perdure::cli::demo
