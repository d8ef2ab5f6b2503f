// A game saved the usual way: coins, goods and the ledger of trades in a file each, each with a
// transaction of its own per tick. Whoever is killed between two of them has saved half a tick.
//
//   players.sqlite   walkers (id, coins),  done (tick, trade, times), saved (tick)
//   chests.sqlite    walkers (id, goods),  done (tick, trade, times), saved (tick)
//   ledger.sqlite    ledger (tick, trade, buyer, seller, price, units),   saved (tick)
//
// `done` is for the audit only: which trades this file's balances contain, and how many times.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "peers/sqlite_database.h"
#include "three_files/trades.h"

namespace perdure::bench {

struct ThreeFilesAudit {
    std::int64_t players_tick = 0;
    std::int64_t chests_tick = 0;
    std::int64_t ledger_tick = 0;
    std::int64_t coins = 0;
    std::int64_t goods = 0;
    std::int64_t ledger_rows = 0;
    std::int64_t coins_expected = 0;  // by the ledger, which is what the game would be judged by
    std::int64_t goods_expected = 0;
    std::int64_t trades_half_done = 0;  // not equally often in all three files
    std::int64_t coins_misplaced = 0;   // sum over walkers of |has - should have by the ledger|
    std::int64_t goods_misplaced = 0;

    std::string to_json() const;  // one line
};

class ThreeFiles {
public:
    // Creates or reopens. `synchronous` is NORMAL or FULL.
    ThreeFiles(const std::filesystem::path& directory, std::uint32_t walkers,
               const std::string& synchronous);

    // Three commits, one after the other: players, chests, ledger.
    void save(std::int64_t tick, const std::vector<Trade>& trades);

    // The last tick each file has, the totals, and what is half there. Reads all of the ledger.
    ThreeFilesAudit audit() const;

private:
    // One of the two files with balances.
    struct Balances {
        Balances(const std::filesystem::path& path, const std::string& column,
                 std::int64_t at_start, std::uint32_t walkers, const std::string& synchronous);
        void begin() { database.execute("BEGIN IMMEDIATE"); }
        void add(std::int64_t walker, std::int64_t amount);
        void commit(std::int64_t tick, const std::vector<Trade>& trades);

        SqliteDatabase database;
        SqliteStatement change;
        SqliteStatement done;
    };
    struct Ledger {
        Ledger(const std::filesystem::path& path, const std::string& synchronous);

        SqliteDatabase database;
        SqliteStatement append;
    };

    Balances players_;
    Balances chests_;
    Ledger ledger_;
    std::filesystem::path directory_;
    std::int64_t walkers_;
};

}  // namespace perdure::bench
