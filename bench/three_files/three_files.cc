#include "three_files/three_files.h"

#include <algorithm>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace perdure::bench {
namespace {

// Makes the tables on first use, in one transaction, so that a kill leaves a file with all of them
// or none. Returns the path: members are initialised from it.
const std::filesystem::path& prepared(const std::filesystem::path& path,
                                      const std::string& tables) {
    const SqliteDatabase database(path);
    database.execute("PRAGMA journal_mode = WAL");
    if (database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'saved'") == 0) {
        database.execute("BEGIN IMMEDIATE;" + tables +
                         "CREATE TABLE saved (tick INTEGER); INSERT INTO saved VALUES (0); COMMIT");
    }
    return path;
}

std::string balance_tables(const std::string& column, std::int64_t at_start,
                           std::uint32_t walkers) {
    return "CREATE TABLE walkers (id INTEGER PRIMARY KEY, " + column + " INTEGER);" +
           "CREATE TABLE done (tick INTEGER, trade INTEGER, times INTEGER, PRIMARY KEY (tick, "
           "trade))"
           " WITHOUT ROWID;"
           "WITH RECURSIVE number(id) AS (SELECT 0 UNION ALL SELECT id + 1 FROM number WHERE id "
           "< " +
           std::to_string(walkers - 1) + ") INSERT INTO walkers SELECT id, " +
           std::to_string(at_start) + " FROM number;";
}

void end_transaction(const SqliteDatabase& database, std::int64_t tick) {
    database.execute("UPDATE saved SET tick = " + std::to_string(tick) + "; COMMIT");
}

// Sum over walkers of |balance - what the ledger says|; `bought` and `sold` are SQL over a ledger
// row.
std::int64_t misplaced(const SqliteDatabase& all, const std::string& balances,
                       const std::string& column, std::int64_t at_start, const std::string& bought,
                       const std::string& sold) {
    return all.number("SELECT coalesce(sum(abs(" + column + " - " + std::to_string(at_start) +
                      " - coalesce(change, 0))), 0) FROM " + balances +
                      " LEFT JOIN (SELECT walker, sum(amount) AS change FROM"
                      " (SELECT buyer AS walker, " +
                      bought +
                      " AS amount FROM ledger.ledger"
                      " UNION ALL SELECT seller, " +
                      sold +
                      " FROM ledger.ledger) GROUP BY walker)"
                      " ON walker = id");
}

}  // namespace

ThreeFiles::Balances::Balances(const std::filesystem::path& path, const std::string& column,
                               std::int64_t at_start, std::uint32_t walkers,
                               const std::string& synchronous)
    : database(prepared(path, balance_tables(column, at_start, walkers))),
      change(database, "UPDATE walkers SET " + column + " = " + column + " + ? WHERE id = ?"),
      done(database,
           "INSERT INTO done VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1") {
    database.execute("PRAGMA synchronous = " + synchronous);
    if (database.number("SELECT count(*) FROM walkers") != walkers) {
        throw std::runtime_error(path.string() +
                                 " holds another number of walkers; use its own --walkers");
    }
}

void ThreeFiles::Balances::add(std::int64_t walker, std::int64_t amount) {
    change.bind(1, amount);
    change.bind(2, walker);
    change.run();
}

void ThreeFiles::Balances::commit(std::int64_t tick, const std::vector<Trade>& trades) {
    for (const Trade& trade : trades) {
        done.bind(1, tick);
        done.bind(2, trade.number);
        done.run();
    }
    end_transaction(database, tick);
}

ThreeFiles::Ledger::Ledger(const std::filesystem::path& path, const std::string& synchronous)
    : database(prepared(
          path,
          "CREATE TABLE ledger (tick INTEGER, trade INTEGER, buyer INTEGER, seller INTEGER,"
          " price INTEGER, units INTEGER, PRIMARY KEY (tick, trade)) WITHOUT ROWID;")),
      append(database, "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)") {
    database.execute("PRAGMA synchronous = " + synchronous);
}

ThreeFiles::ThreeFiles(const std::filesystem::path& directory, std::uint32_t walkers,
                       const std::string& synchronous)
    : players_(directory / "players.sqlite", "coins", coins_at_start, walkers, synchronous),
      chests_(directory / "chests.sqlite", "goods", goods_at_start, walkers, synchronous),
      ledger_(directory / "ledger.sqlite", synchronous),
      directory_(directory),
      walkers_(walkers) {}

void ThreeFiles::save(std::int64_t tick, const std::vector<Trade>& trades) {
    players_.begin();
    for (const Trade& trade : trades) {
        players_.add(trade.buyer, -trade.price - fee_per_trade);
        players_.add(trade.seller, trade.price);
    }
    players_.commit(tick, trades);

    chests_.begin();
    for (const Trade& trade : trades) {
        chests_.add(trade.seller, -trade.units);
        chests_.add(trade.buyer, trade.units - spoiled_per_trade);
    }
    chests_.commit(tick, trades);

    ledger_.database.execute("BEGIN IMMEDIATE");
    for (const Trade& trade : trades) {
        int parameter = 0;
        for (const std::int64_t value :
             {tick, trade.number, trade.buyer, trade.seller, trade.price, trade.units}) {
            ledger_.append.bind(++parameter, value);
        }
        ledger_.append.run();
    }
    end_transaction(ledger_.database, tick);
}

ThreeFilesAudit ThreeFiles::audit() const {
    const SqliteDatabase all(":memory:");
    for (const std::string name : {"players", "chests", "ledger"}) {
        all.execute("ATTACH '" + (directory_ / (name + ".sqlite")).string() + "' AS " + name);
    }
    ThreeFilesAudit audit;
    audit.players_tick = all.number("SELECT tick FROM players.saved");
    audit.chests_tick = all.number("SELECT tick FROM chests.saved");
    audit.ledger_tick = all.number("SELECT tick FROM ledger.saved");
    audit.coins = all.number("SELECT sum(coins) FROM players.walkers");
    audit.goods = all.number("SELECT sum(goods) FROM chests.walkers");
    audit.ledger_rows = all.number("SELECT count(*) FROM ledger.ledger");
    audit.coins_expected = walkers_ * coins_at_start - audit.ledger_rows * fee_per_trade;
    audit.goods_expected = walkers_ * goods_at_start - audit.ledger_rows * spoiled_per_trade;
    audit.trades_half_done = all.number(
        "SELECT count(*) FROM (SELECT 1 FROM (SELECT tick, trade, times FROM players.done"
        " UNION ALL SELECT tick, trade, times FROM chests.done"
        " UNION ALL SELECT tick, trade, 1 FROM ledger.ledger)"
        " GROUP BY tick, trade HAVING count(*) < 3 OR min(times) <> max(times))");
    audit.coins_misplaced = misplaced(all, "players.walkers", "coins", coins_at_start,
                                      "-price - " + std::to_string(fee_per_trade), "price");
    audit.goods_misplaced = misplaced(all, "chests.walkers", "goods", goods_at_start,
                                      "units - " + std::to_string(spoiled_per_trade), "-units");
    return audit;
}

std::string ThreeFilesAudit::to_json() const {
    return nlohmann::ordered_json{{"tick", std::max({players_tick, chests_tick, ledger_tick})},
                                  {"coins", coins},
                                  {"goods", goods},
                                  {"ledger_rows", ledger_rows},
                                  {"coins_expected", coins_expected},
                                  {"goods_expected", goods_expected},
                                  {"trades_half_done", trades_half_done},
                                  {"coins_misplaced", coins_misplaced},
                                  {"goods_misplaced", goods_misplaced},
                                  {"players_tick", players_tick},
                                  {"chests_tick", chests_tick},
                                  {"ledger_tick", ledger_tick}}
        .dump();
}

}  // namespace perdure::bench
