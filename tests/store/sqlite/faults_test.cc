// Every disk operation fails once, and for ever: what was not applied is not
// there, and the next apply works.
#include "store/sqlite/faulty_vfs.h"
#include "store/sqlite/sqlite_files.h"

namespace perdure::store {
namespace {

class SqliteFaults : public SqliteTest {
protected:
    SqliteStoreOptions on_faulty_disk() {
        SqliteStoreOptions faulty = options();
        faulty.base_vfs = "faulty";
        faulty.cache_mib = 1;  // so that large transactions spill into the log before they commit
        return faulty;
    }
    // Some rows of each kind, all of them anew at each `round`.
    static std::vector<Row> rows_of(int round) {
        std::vector<Row> rows;
        for (std::int64_t id = 0; id < 3000; ++id) {
            rows.push_back({{"id", id}, {"x", static_cast<float>(round)}});
        }
        return rows;
    }
    void fill(World& world) {
        ASSERT_OK(world.define(positions()));
        ASSERT_OK(world.upsert(positions(), rows_of(0)));
    }

    FaultyVfs disk;
};

TEST_F(SqliteFaults, an_apply_whose_nth_write_fails_changes_nothing) {
    World world = open(on_faulty_disk());
    fill(world);
    int round = 0;
    for (const int code : {SQLITE_FULL, SQLITE_IOERR_WRITE}) {
        bool has_failed = true;
        for (std::uint64_t number = 1; has_failed; ++number) {
            const std::string before = world.rows(positions());
            disk.fail(DiskOperation::write, number, code);
            const Status status = world.upsert(positions(), rows_of(++round));
            has_failed = disk.has_failed();
            disk.heal();
            ASSERT_EQ(status.ok(), !has_failed);
            if (status.ok()) break;
            EXPECT_EQ(status.code(), code == SQLITE_FULL ? Code::no_space : Code::io)
                << status.text();
            ASSERT_EQ(world.rows(positions()), before);
            ASSERT_OK(world.upsert(positions(), rows_of(++round)));
            ASSERT_EQ(keys_text(world.all(positions())).substr(0, 9), "0 1 2 3 4");
            if (number % 8 == 0) {
                ASSERT_TRUE(world.store().checkpoint_step().ok());
            }
        }
    }
    EXPECT_GT(round, 20);
    world.reopen();
    EXPECT_EQ(world.count(positions()), 3000U);
}

TEST_F(SqliteFaults, a_disk_that_stays_full_refuses_until_it_is_not) {
    World world = open(on_faulty_disk());
    fill(world);
    disk.fail(DiskOperation::write, 1, SQLITE_FULL, true);
    for (int attempt = 0; attempt < 3; ++attempt) {
        expect_refused(world.upsert(positions(), rows_of(1)), Code::no_space, {"make space"});
    }
    disk.heal();
    EXPECT_OK(world.upsert(positions(), rows_of(1)));
}

TEST_F(SqliteFaults, a_failed_flush_is_final_until_the_store_is_opened_again) {
    for (std::uint64_t number = 1; number <= 3; ++number) {  // of the log, its mark, the file
        World world = open(on_faulty_disk());
        if (number == 1) fill(world);
        ASSERT_OK(world.upsert(positions(), rows_of(1)));
        const Lsn safe = world.store().watermarks()->safe;
        disk.fail(DiskOperation::sync, number, SQLITE_IOERR_FSYNC);
        EXPECT_EQ(world.store().checkpoint_step().status().code(), Code::io);
        EXPECT_TRUE(disk.has_failed());
        EXPECT_EQ(world.store().checkpoint_step().status().code(), Code::io);
        EXPECT_EQ(world.upsert(positions(), rows_of(2)).code(), Code::io);
        EXPECT_EQ(world.store().watermarks()->safe, safe);
        EXPECT_EQ(world.count(positions()), 3000U);
        world.reopen();
        ASSERT_TRUE(world.store().checkpoint_step().ok());
        EXPECT_EQ(world.store().watermarks()->safe, world.store().watermarks()->visible.lsn);
    }
}

TEST_F(SqliteFaults, a_checkpoint_whose_nth_write_fails_loses_nothing) {
    World world = open(on_faulty_disk());
    fill(world);
    bool has_failed = true;
    for (std::uint64_t number = 1; has_failed; ++number) {
        ASSERT_OK(world.upsert(positions(), rows_of(static_cast<int>(number))));
        const std::string before = world.rows(positions());
        disk.fail(DiskOperation::write, number, SQLITE_IOERR_WRITE);
        const bool is_done = world.store().checkpoint_step().ok();
        has_failed = disk.has_failed();
        disk.heal();
        EXPECT_EQ(is_done, !has_failed);
        world.reopen();
        ASSERT_EQ(world.rows(positions()), before);
    }
}

TEST_F(SqliteFaults, a_checkpoint_on_a_full_disk_goes_on_when_there_is_space) {
    World world = open(on_faulty_disk());
    fill(world);
    disk.fail(DiskOperation::write, 3, SQLITE_FULL, true);
    EXPECT_EQ(world.store().checkpoint_step().status().code(), Code::no_space);
    EXPECT_EQ(world.store().watermarks()->safe, 0U);
    disk.heal();
    EXPECT_TRUE(world.store().checkpoint_step().ok());
    EXPECT_EQ(world.store().watermarks()->safe, 2U);
    EXPECT_OK(world.upsert(positions(), rows_of(1)));
}

TEST_F(SqliteFaults, a_checkpoint_beside_another_programs_is_put_off) {
    World world = open(on_faulty_disk());
    fill(world);
    disk.fail(DiskOperation::lock, 1, SQLITE_BUSY);
    EXPECT_FALSE(*world.store().checkpoint_step());
    EXPECT_TRUE(disk.has_failed());
    EXPECT_EQ(world.store().watermarks()->safe, 0U);
    EXPECT_FALSE(*world.store().checkpoint_step());
    EXPECT_EQ(world.store().watermarks()->safe, 2U);
}

TEST_F(SqliteFaults, a_failed_flush_of_which_no_note_can_be_left_says_what_is_to_be_done) {
    World world = open(on_faulty_disk());
    fill(world);
    disk.fail(DiskOperation::sync, 1, SQLITE_IOERR_FSYNC);
    disk.before_next(DiskOperation::sync,
                     [&] { std::filesystem::create_directory(path() + "-renewal"); });
    EXPECT_EQ(world.store().checkpoint_step().status().code(), Code::io);
    expect_refused(world.store().broken(), Code::io, {"restart the machine"});
    std::filesystem::remove(path() + "-renewal");
}

TEST_F(SqliteFaults, a_take_over_is_flushed) {
    World world = open(on_faulty_disk());
    fill(world);
    disk.fail(DiskOperation::sync, 1, SQLITE_IOERR_FSYNC);
    EXPECT_EQ(world.store().take_over(9).code(), Code::io);
    EXPECT_EQ(world.upsert(positions(), rows_of(1)).code(), Code::io);
    world.reopen();  // whether it was taken over is only known now; the new owner
                     // may write either way
    world.owner_epoch = 9;
    EXPECT_OK(world.upsert(positions(), rows_of(1)));
}

TEST_F(SqliteFaults, a_read_that_fails_is_an_error_and_the_next_one_works) {
    World world = open(on_faulty_disk());
    fill(world);
    ASSERT_TRUE(world.store().checkpoint_step().ok());
    int failures = 0;
    for (std::uint64_t number = 1; number < 40; ++number) {
        world.reopen();
        disk.fail(DiskOperation::read, number, SQLITE_IOERR_READ);
        auto opened = world.store().snapshot();
        if (opened.ok()) {
            const auto rows = (*opened)->scan(positions(), nullptr, 0, every_row);
            if (disk.has_failed()) {
                EXPECT_EQ(rows.status().code(), Code::io);
                EXPECT_EQ((*opened)->count(positions()).status().code(), Code::io);
                ++failures;
            }
        }
        disk.heal();
        EXPECT_EQ(world.count(positions()), 3000U);
    }
    EXPECT_GT(failures, 5);
}

// SQLite answers `wal` before the change is committed, and so before it is
// flushed.
TEST_F(SqliteFaults, a_new_file_whose_change_to_the_log_cannot_be_flushed_is_no_store) {
    std::uint64_t failures = 0;
    for (bool has_failed = true; has_failed;) {
        for (const char* end : {"", "-wal", "-shm", "-journal"})
            std::filesystem::remove(path() + end);
        disk.fail(DiskOperation::sync, ++failures, SQLITE_IOERR_FSYNC);
        const auto opened = SqliteStore::open(on_faulty_disk());
        has_failed = disk.has_failed();
        disk.heal();
        EXPECT_EQ(opened.ok(), !has_failed) << failures;
        if (!has_failed) {
            EXPECT_TRUE(std::filesystem::exists(path() + "-wal"));
        }
    }
    EXPECT_GT(failures, 2U);
}

TEST_F(SqliteFaults, a_store_that_could_not_be_made_is_made_the_next_time) {
    bool has_failed = true;
    for (std::uint64_t number = 1; has_failed; ++number) {
        for (const char* end : {"", "-wal", "-shm", "-journal"})
            std::filesystem::remove(path() + end);
        disk.fail(DiskOperation::write, number, SQLITE_FULL);
        const bool is_open = SqliteStore::open(on_faulty_disk()).ok();
        has_failed = disk.has_failed();
        disk.heal();
        EXPECT_TRUE(is_open || has_failed) << number;
        World world = open(on_faulty_disk());
        fill(world);
        EXPECT_EQ(world.count(positions()), 3000U);
    }
}

}  // namespace
}  // namespace perdure::store
