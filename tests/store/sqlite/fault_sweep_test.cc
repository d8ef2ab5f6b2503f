// Anything that can fail fails, at every place where it is asked for, once and
// from then on: the answer is an error or right, nothing that was acknowledged
// is lost, and nothing is left open.
#include <iostream>
#include <optional>

#include "io/posix_file_system.h"
#include "store/sqlite/faulty_memory.h"
#include "store/sqlite/faulty_sql.h"
#include "store/sqlite/faulty_vfs.h"
#include "store/sqlite/pinned_store.h"
#include "store/sqlite/query.h"
#include "store/sqlite/salvage.h"
#include "store/sqlite/store_life.h"
#include "store/sqlite/verify.h"

namespace perdure::store {
namespace {

class FaultSweep : public SqliteTest {
protected:
    SqliteStoreOptions on_faulty_disk() {
        SqliteStoreOptions faulty = options();
        faulty.base_vfs = "faulty";
        faulty.cache_mib = 1;
        faulty.reader_cache_mib = 1;
        return faulty;
    }
    // `fail(number, for_ever)` arms the fault, `has_failed()` says whether it was
    // met. After each `number` the next is further away by a `step`-th of it; 0:
    // all are tried.
    template <typename Fail, typename HasFailed, typename Heal>
    void sweep(Fail fail, HasFailed has_failed, Heal heal, std::uint64_t step = 0) {
        if (step == 0 && test_stride() > 1) step = 200;
        StoreLife life(on_faulty_disk());
        life.rehearse();
        ASSERT_FALSE(HasFailure());
        const sqlite3_int64 memory_used = sqlite3_memory_used();
        for (const bool for_ever : {false, true}) {
            std::uint64_t refused = 0;
            bool met = true;
            for (std::uint64_t number = 1; met; number += step == 0 ? 1 : 1 + number / step) {
                SCOPED_TRACE(text::format("number {}{}", number, for_ever ? ", for ever" : ""));
                fail(number, for_ever);
                const Status status = life.live(!for_ever);
                life.close();
                met = has_failed();
                heal();
                EXPECT_TRUE(status.ok() || met) << status.text();
                if (!status.ok()) ++refused;
                EXPECT_EQ(disk->open_files(), 0);
                EXPECT_EQ(sqlite3_memory_used(), memory_used);
                life.expect_nothing_lost();
                if (HasFailure()) {
                    std::cout << status.text() << '\n';
                    return;
                }
            }
            EXPECT_TRUE(!for_ever || refused > 20) << refused;
        }
    }
    void sweep_sql(FaultySql::Where where) {
        disk.emplace();
        FaultySql sql;
        sweep([&](std::uint64_t number, bool for_ever) { sql.fail(where, number, for_ever); },
              [&] { return sql.has_failed(); }, [&] { sql.heal(); });
    }

    std::optional<FaultyMemory> memory;  // first: SQLite is begun anew with it
    std::optional<FaultyVfs> disk;
};

TEST_F(FaultSweep, of_the_disk) {
    disk.emplace();
    sweep([&](std::uint64_t number, bool for_ever) { disk->fail_any(number, for_ever); },
          [&] { return disk->has_failed(); }, [&] { disk->heal(); });
}

TEST_F(FaultSweep, of_statements_that_cannot_be_prepared) { sweep_sql(FaultySql::Where::prepare); }

TEST_F(FaultSweep, of_statements_that_are_interrupted) { sweep_sql(FaultySql::Where::run); }

TEST_F(FaultSweep, of_memory) {
    memory.emplace();
    disk.emplace();
    sweep([&](std::uint64_t number, bool for_ever) { memory->fail(number, for_ever); },
          [&] { return memory->has_failed(); }, [&] { memory->heal(); }, 24);
}

TEST_F(FaultSweep, of_memory_before_there_is_a_store) {
    { open(); }
    const std::string scratch = directory() + "/scratch";
    std::filesystem::create_directory(scratch);
    io::PosixFileSystem files;
    memory.emplace();
    memory->fail(1, true);
    for (const Status& status : {refused(), sqlite::PinnedStore::open(files, path()).status(),
                                 sqlite::Salvage::open(files, path()).status(),
                                 sqlite::run_query(path(), "SELECT 1").status(),
                                 sqlite::verify_store(files, path(), scratch).status()}) {
        expect_refused(status, Code::io, {"initialised"});
    }
}

}  // namespace
}  // namespace perdure::store
