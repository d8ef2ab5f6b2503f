// Those who only look, with a disk or an SQLite that fails at every place where
// it is asked: what they answer is an error or right.
#include <functional>
#include <set>

#include "io/faulty_file_system.h"
#include "io/posix_file_system.h"
#include "store/sqlite/faulty_sql.h"
#include "store/sqlite/faulty_vfs.h"
#include "store/sqlite/pinned_store.h"
#include "store/sqlite/query.h"
#include "store/sqlite/salvage.h"
#include "store/sqlite/sqlite_files.h"
#include "store/sqlite/verify.h"

namespace perdure::store {
namespace {

class ReaderSweep : public SqliteTest {
protected:
    void SetUp() override {
        std::filesystem::create_directory(directory() + "/live");
        SqliteStoreOptions elsewhere = options();
        elsewhere.path = directory() + "/live/store.sqlite";
        World world = open(elsewhere);
        ASSERT_OK(world.define(positions()));
        ASSERT_OK(world.define(named_values()));
        ASSERT_OK(world.upsert(positions(), row_range(1, 300)));
        ASSERT_TRUE(world.store().checkpoint_step().ok());
        ASSERT_OK(world.upsert(positions(), row_range(290, 310)));
        std::filesystem::copy_file(elsewhere.path, path());
        std::filesystem::copy_file(elsewhere.path + "-wal", log_path());
        file_ = file_bytes(path());
        log_ = file_bytes(log_path());
    }
    // As it was made; nothing beside it.
    void make_anew() const {
        std::filesystem::remove(path() + "-shm");
        overwrite(path(), file_);
        overwrite(log_path(), log_);
        std::filesystem::remove_all(scratch());
        std::filesystem::create_directory(scratch());
    }
    [[nodiscard]] std::string scratch() const { return directory() + "/scratch"; }

    // `look` says whether it answered; what it answered it judges itself.
    template <typename Fail, typename HasFailed, typename Heal, typename Look>
    void sweep(Fail fail, HasFailed has_failed, Heal heal, Look look) {
        std::uint64_t refused = 0;
        for (const bool for_ever : {false, true}) {
            bool met = true;
            for (std::uint64_t number = 1; met; ++number) {
                SCOPED_TRACE(text::format("number {}{}", number, for_ever ? ", for ever" : ""));
                make_anew();
                fail(number, for_ever);
                const bool is_answered = look();
                met = has_failed();
                heal();
                if (is_answered && judge_) judge_();
                EXPECT_TRUE(is_answered || met);
                if (!is_answered) ++refused;
                if (HasFailure()) return;
            }
        }
        EXPECT_GT(refused, 5U);
    }
    template <typename Look>
    void sweep_all(Look look) {
        {
            FaultyVfs disk("unix");
            sweep([&](std::uint64_t number, bool for_ever) { disk.fail_any(number, for_ever); },
                  [&] { return disk.has_failed(); }, [&] { disk.heal(); }, look);
            EXPECT_EQ(disk.open_files(), 0);
        }
        if (HasFailure()) return;
        FaultySql sql;
        for (const FaultySql::Where where : {FaultySql::Where::prepare, FaultySql::Where::run}) {
            sweep([&](std::uint64_t number, bool for_ever) { sql.fail(where, number, for_ever); },
                  [&] { return sql.has_failed(); }, [&] { sql.heal(); }, look);
        }
    }

    io::PosixFileSystem files_;
    std::function<void()> judge_;  // of what was left, by a disk that works
    std::string file_;
    std::string log_;
};

TEST_F(ReaderSweep, of_a_copy_beside_the_owner) {
    const std::string copy = scratch() + "/copy.sqlite";
    judge_ = [&] { EXPECT_EQ(PlainSqlite(copy).ask("SELECT count(*) FROM position"), "310"); };
    sweep_all([&] {
        auto pinned = sqlite::PinnedStore::open(files_, path());
        if (!pinned.ok()) return false;
        EXPECT_EQ(pinned->row().watermark.lsn, 4U);
        EXPECT_EQ(pinned->definitions().size(), 2U);
        return pinned->copy_to(copy, [] { return Status(); }).ok();
    });
}

TEST_F(ReaderSweep, of_a_query) {
    sweep_all([&] {
        const auto answer = sqlite::run_query(path(), "SELECT count(*), max(id) FROM position");
        if (!answer.ok()) return false;
        EXPECT_EQ(answer->rows, (std::vector<std::vector<Value>>{{Value(310), Value(310)}}));
        return true;
    });
}

TEST_F(ReaderSweep, of_a_salvage) {
    sweep_all([&] {
        auto salvage = sqlite::Salvage::open(files_, path());
        if (!salvage.ok()) return false;
        std::set<std::int64_t> found;
        const auto report = (*salvage)->read(positions(), [&](Batch&& batch) -> Status {
            for (std::uint32_t row = 0; row < batch.rows(); ++row) {
                EXPECT_TRUE(found.insert(batch.fixed<std::int64_t>(0, row)).second);
            }
            return {};
        });
        if (!report.ok()) return false;
        EXPECT_EQ(report->rows, found.size());
        EXPECT_TRUE(found.size() == 310 || !report->whole());
        return report->whole() && (*salvage)->knows_tables();
    });
}

// A disk that cannot be read says nothing of what it holds.
TEST_F(ReaderSweep, of_a_verification) {
    const auto look = [&](io::FileSystem& files) {
        const auto report = sqlite::verify_store(files, path(), scratch());
        if (!report.ok()) {
            EXPECT_EQ(report.status().code(), Code::io) << report.status().text();
            return false;
        }
        EXPECT_TRUE(report->sound());
        EXPECT_EQ(report->watermark.lsn, 4U);
        return true;
    };
    {
        FaultyVfs disk("unix");
        sweep([&](std::uint64_t number, bool for_ever) { disk.fail_any(number, for_ever); },
              [&] { return disk.has_failed(); }, [&] { disk.heal(); },
              [&] { return look(files_); });
    }
    if (HasFailure()) return;
    io::FaultyFileSystem faulty(files_);
    bool met = false;
    std::uint64_t at = 0;
    faulty.on_operation = [&](const io::Operation&) { met = met || --at == 0; };
    sweep(
        [&](std::uint64_t number, bool for_ever) {
            met = false;
            at = number;
            faulty.inject({.at = number, .from_then_on = for_ever});
        },
        [&] { return met; }, [&] { faulty.clear_faults(); }, [&] { return look(faulty); });
}

// What SQLite does not do is never taken for sound.
TEST_F(ReaderSweep, of_a_verification_by_an_sqlite_that_fails) {
    FaultySql sql;
    for (const FaultySql::Where where : {FaultySql::Where::prepare, FaultySql::Where::run}) {
        sweep([&](std::uint64_t number, bool for_ever) { sql.fail(where, number, for_ever); },
              [&] { return sql.has_failed(); }, [&] { sql.heal(); },
              [&] {
                  const auto report = sqlite::verify_store(files_, path(), scratch());
                  return report.ok() && report->sound();
              });
    }
}

}  // namespace
}  // namespace perdure::store
