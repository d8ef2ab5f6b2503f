// Random transactions of SQLite on a DiskVfs: they are there when it is opened again, and a power
// failure leaves those up to some one of them, whole.
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "base/random.h"
#include "base/test_run.h"
#include "base/text.h"
#include "simulation/database.h"

namespace perdure::simulation {
namespace {

using Pairs = std::map<std::int64_t, std::string>;

std::string text_of(const Pairs& pairs) {
    std::string all;
    for (const auto& [key, value] : pairs) all += text::format(" {}={}", key, value);
    return all;
}

class Ledger {
public:
    explicit Ledger(Random random) : random_(random) {}

    // Empty if it went well.
    static std::string make(Database& database) {
        return database.ask(
            "BEGIN; CREATE TABLE pairs(key INTEGER PRIMARY KEY, value TEXT); CREATE INDEX by_value "
            "ON pairs(value); CREATE TABLE number(n); INSERT INTO number VALUES(0); COMMIT");
    }
    // One transaction; it may be on the disk from here on.
    int step(Database& database) {
        Pairs next = states.back();
        std::string sql = "BEGIN;";
        for (std::uint64_t count = random_.range(1U, 8U); count > 0; --count) {
            const auto key = static_cast<std::int64_t>(random_.below(60));
            if (random_.chance(1, 3)) {
                sql += "DELETE FROM pairs WHERE key=" + std::to_string(key) + ";";
                next.erase(key);
            } else {
                const std::string value(random_.range(1U, 900U),
                                        static_cast<char>('a' + random_.below(26)));
                sql += "REPLACE INTO pairs VALUES(" + std::to_string(key) + ",'" + value + "');";
                next[key] = value;
            }
        }
        sql += "UPDATE number SET n=" + std::to_string(states.size()) + ";COMMIT";
        states.push_back(std::move(next));
        return database.run(sql);
    }
    // The number of the transaction after which the database is just so; a text if there is none.
    std::string judge(Database& database, std::uint64_t& found) const {
        if (const auto whole = database.ask("PRAGMA integrity_check"); whole != " ok") return whole;
        const std::string number = database.ask("SELECT n FROM number");
        if (number == "no such table: number") {  // it was never made
            found = 0;
            return {};
        }
        if (number.empty() || number[0] != ' ') return "no number: " + number;
        found = std::stoull(number);
        if (found >= states.size()) return "never offered: " + number;
        const std::string pairs =
            database.ask("SELECT key || '=' || value FROM pairs ORDER BY key");
        return pairs == text_of(states[found]) ? "" : "not as after transaction" + number;
    }

    std::vector<Pairs> states{{}};

private:
    Random random_;
};

TEST_F(DiskVfsTest, random_transactions_are_all_there_after_reopening) {
    for (const char* mode : {"wal", "delete", "truncate", "persist"}) {
        io::MemoryFileSystem own;
        ASSERT_TRUE(own.create_directory("world").ok());
        DiskVfs on_own(own, clock, 1);
        Ledger ledger{Random(test_seed())};
        {
            Database database(on_own);
            ASSERT_EQ(database.ask(std::string("PRAGMA journal_mode=") + mode),
                      std::string(" ") + mode);
            ASSERT_EQ(Ledger::make(database), "");
        }
        for (int life = 0; life < 4; ++life) {
            Database database(on_own);
            if (life % 2 == 1) database.leave_log();
            std::uint64_t found = 0;
            ASSERT_EQ(ledger.judge(database, found), "");
            ASSERT_EQ(found, ledger.states.size() - 1);
            for (int step = 0; step < 60; ++step) {
                ASSERT_EQ(ledger.step(database), SQLITE_OK);
                if (step % 20 == 0) {
                    ASSERT_EQ(database.checkpoint(), SQLITE_OK);
                }
            }
            ASSERT_EQ(ledger.judge(database, found), "");
        }
    }
}

// The power fails before every operation that follows a change; SQLite alone recovers.
struct CrashRun {
    const char* mode;
    bool flush_commits;  // synchronous=FULL: what was committed is there
};

class DiskVfsCrash : public DiskVfsTest, public ::testing::WithParamInterface<CrashRun> {
protected:
    void crash_here() {
        for (int state = 0; state < 3; ++state) {
            auto left = disk.clone();
            Random random(random_.next());
            io::CrashPlan plan = io::CrashPlan::draw(random);
            plan.powersafe_overwrite = true;
            if (state == 0) plan = io::CrashPlan::losing_everything();
            if (state == 1) plan = io::CrashPlan::keeping_everything();
            left->crash(random, plan);
            DiskVfs other(*left, clock, random.next());
            std::uint64_t found = 0;
            Database database(other);
            ASSERT_EQ(ledger_.judge(database, found), "") << "operation " << operations_;
            ASSERT_GE(found, durable_) << "operation " << operations_;
            if (state == 1) {
                ASSERT_GE(found, committed_) << "operation " << operations_;
            }
            found_.insert(ledger_.states.size() - 1 - found);
            ++crashes_;
            // It goes on from there.
            ASSERT_EQ(database.run("CREATE TABLE more(x); INSERT INTO more VALUES(1)"), SQLITE_OK);
        }
    }

    const std::uint64_t seed_ = test_seed();
    Ledger ledger_{Random(seed_)};
    Random random_{seed_ + 1};
    std::uint64_t durable_ = 0;    // this transaction must be there
    std::uint64_t committed_ = 0;  // and this one if nothing is lost
    std::uint64_t crashes_ = 0;
    std::uint64_t operations_ = 0;
    std::set<std::uint64_t> found_;  // how many transactions were lost
};

TEST_P(DiskVfsCrash, leaves_a_committed_prefix) {
    bool changed = false;
    faulty.on_operation = [&](const io::Operation& operation) {
        ++operations_;
        if (std::exchange(changed, false) && operations_ % test_stride() == 0) crash_here();
        using Kind = io::OperationKind;
        changed = operation.kind == Kind::write || operation.kind == Kind::resize ||
                  operation.kind == Kind::sync || operation.kind == Kind::sync_directory ||
                  operation.kind == Kind::remove;
    };
    Database database(vfs);
    database.ask(std::string("PRAGMA journal_mode=") + GetParam().mode);
    database.run(GetParam().flush_commits
                     ? "PRAGMA synchronous=EXTRA"  // FULL leaves the removal of a journal to chance
                     : "PRAGMA synchronous=NORMAL");
    ASSERT_EQ(Ledger::make(database), "");
    for (std::uint64_t step = 1; step <= 30; ++step) {
        ASSERT_EQ(ledger_.step(database), SQLITE_OK);
        committed_ = step;
        if (GetParam().flush_commits) durable_ = step;
        if (step % 6 != 0) continue;
        ASSERT_EQ(database.checkpoint(), SQLITE_OK);
        durable_ = step;
    }
    faulty.on_operation = nullptr;
    EXPECT_GT(crashes_ * test_stride(), 300U);
    EXPECT_TRUE(found_.contains(0) || test_stride() > 1);
    EXPECT_TRUE(found_.contains(1) || test_stride() > 1);
    if (!GetParam().flush_commits) {
        EXPECT_GT(*found_.rbegin() * test_stride(), 3U);
    }
}

INSTANTIATE_TEST_SUITE_P(all, DiskVfsCrash,
                         ::testing::Values(CrashRun{"wal", true}, CrashRun{"wal", false},
                                           CrashRun{"delete", true}, CrashRun{"persist", true}),
                         [](const auto& run) {
                             return std::string(run.param.mode) +
                                    (run.param.flush_commits ? "_full" : "_normal");
                         });

}  // namespace
}  // namespace perdure::simulation
