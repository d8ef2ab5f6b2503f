// What SQLite's own VFS gives it, DiskVfs must: several connections, a disk that fails, the rest.
#include "simulation/disk_vfs.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "simulation/database.h"

namespace perdure::simulation {
namespace {

// --- several connections ----------------------------------------------------------------------

TEST_F(DiskVfsTest, readers_of_the_log_keep_what_they_saw_while_another_writes) {
    Database writer(vfs);
    ASSERT_EQ(writer.ask("PRAGMA journal_mode=WAL"), " wal");
    ASSERT_EQ(writer.run("CREATE TABLE t(x); INSERT INTO t VALUES(1)"), SQLITE_OK);
    Database reader(vfs, SQLITE_OPEN_READONLY);
    ASSERT_EQ(reader.run("BEGIN"), SQLITE_OK);
    ASSERT_EQ(reader.ask("SELECT x FROM t"), " 1");
    ASSERT_EQ(writer.run("UPDATE t SET x=2"), SQLITE_OK);
    EXPECT_EQ(writer.checkpoint(), SQLITE_OK);
    EXPECT_EQ(reader.ask("SELECT x FROM t"), " 1");
    ASSERT_EQ(reader.run("COMMIT"), SQLITE_OK);
    EXPECT_EQ(reader.ask("SELECT x FROM t"), " 2");
}

TEST_F(DiskVfsTest, two_do_not_write_at_once) {
    Database one(vfs);
    Database other(vfs);
    for (const char* mode : {"PRAGMA journal_mode=DELETE", "PRAGMA journal_mode=WAL"}) {
        one.ask(mode);
        ASSERT_EQ(one.run("CREATE TABLE IF NOT EXISTS t(x); BEGIN IMMEDIATE"), SQLITE_OK);
        EXPECT_EQ(other.run("BEGIN IMMEDIATE") & 0xff, SQLITE_BUSY) << mode;
        ASSERT_EQ(one.run("COMMIT"), SQLITE_OK);
        EXPECT_EQ(other.run("BEGIN IMMEDIATE; INSERT INTO t VALUES(1); COMMIT"), SQLITE_OK) << mode;
    }
}

TEST_F(DiskVfsTest, without_a_log_a_reader_holds_up_the_commit_and_no_more_may_come) {
    Database writer(vfs);
    ASSERT_EQ(writer.run("CREATE TABLE t(x); INSERT INTO t VALUES(1)"), SQLITE_OK);
    Database reader(vfs);
    ASSERT_EQ(reader.run("BEGIN"), SQLITE_OK);
    ASSERT_EQ(reader.ask("SELECT x FROM t"), " 1");
    ASSERT_EQ(writer.run("BEGIN IMMEDIATE; UPDATE t SET x=2"), SQLITE_OK);
    EXPECT_EQ(writer.run("COMMIT"), SQLITE_BUSY);
    Database late(vfs);
    EXPECT_EQ(late.ask("SELECT x FROM t"), "database is locked");
    ASSERT_EQ(reader.run("COMMIT"), SQLITE_OK);
    EXPECT_EQ(writer.run("COMMIT"), SQLITE_OK);
    EXPECT_EQ(late.ask("SELECT x FROM t"), " 2");
}

TEST_F(DiskVfsTest, the_memory_of_the_log_ends_with_its_last_connection) {
    for (int life = 0; life < 2; ++life) {
        Database database(vfs);
        database.leave_log();
        ASSERT_EQ(database.ask("PRAGMA journal_mode=WAL"), " wal");
        ASSERT_EQ(database.run("CREATE TABLE IF NOT EXISTS t(x); INSERT INTO t VALUES(1)"),
                  SQLITE_OK);
    }
    Database database(vfs);
    EXPECT_EQ(database.ask("SELECT count(*) FROM t"), " 2");
    EXPECT_EQ(*disk.list("world"), (std::vector<std::string>{"data.sqlite", "data.sqlite-wal"}));
}

// --- a disk that fails ------------------------------------------------------------------------

struct DiskVfsFaults : DiskVfsTest {
    void make() {
        ASSERT_EQ(database.ask("PRAGMA journal_mode=WAL"), " wal");
        ASSERT_EQ(database.run("CREATE TABLE t(x); INSERT INTO t VALUES(1)"), SQLITE_OK);
    }
    void fail(io::OperationKind kind, io::FaultType type = io::FaultType::fail_io) {
        faulty.inject({.kind = kind, .at = 1, .type = type});
    }

    Database database{vfs};
};

TEST_F(DiskVfsFaults, a_write_that_fails_is_undone) {
    make();
    using io::FaultType;
    const std::vector<std::pair<FaultType, int>> ways = {
        {FaultType::fail_io, SQLITE_IOERR_WRITE},
        {FaultType::short_write, SQLITE_IOERR_WRITE},
        {FaultType::fail_no_space, SQLITE_FULL}};
    for (const auto& [type, code] : ways) {
        fail(io::OperationKind::write, type);
        EXPECT_EQ(database.run("UPDATE t SET x=2"), code);
        EXPECT_EQ(database.ask("SELECT x FROM t"), " 1");
    }
    EXPECT_EQ(database.run("UPDATE t SET x=2"), SQLITE_OK);
    EXPECT_EQ(database.ask("PRAGMA integrity_check"), " ok");
}

TEST_F(DiskVfsFaults, flushes_that_fail_are_told_apart) {
    make();
    fail(io::OperationKind::sync);
    EXPECT_EQ(database.checkpoint(), SQLITE_IOERR_FSYNC);
    ASSERT_EQ(database.ask("PRAGMA journal_mode=DELETE"), " delete");
    fail(io::OperationKind::sync_directory);  // a journal is new: its name is flushed with it
    EXPECT_EQ(database.run("UPDATE t SET x=2"), SQLITE_IOERR_DIR_FSYNC);
}

TEST_F(DiskVfsFaults, a_read_that_fails_is_an_error) {
    make();
    ASSERT_EQ(database.checkpoint(), SQLITE_OK);
    Database other(vfs);
    fail(io::OperationKind::read);
    EXPECT_EQ(other.ask("SELECT x FROM t"), "disk I/O error");
    EXPECT_EQ(other.ask("SELECT x FROM t"), " 1");
}

TEST_F(DiskVfsFaults, a_disk_that_is_full_stays_as_it_is) {
    make();
    disk.set_capacity_bytes(64 * 1024);
    EXPECT_EQ(database.run("INSERT INTO t VALUES(zeroblob(200000))"), SQLITE_FULL);
    EXPECT_EQ(database.ask("SELECT count(*) FROM t"), " 1");
    disk.set_capacity_bytes(io::MemoryFileSystem::capacity_bytes_default);
    EXPECT_EQ(database.run("INSERT INTO t VALUES(zeroblob(200000))"), SQLITE_OK);
}

// --- the rest ---------------------------------------------------------------------------------

TEST_F(DiskVfsTest, what_is_missing_is_missing) {
    Database database(vfs, SQLITE_OPEN_READWRITE);
    EXPECT_EQ(database.opened(), SQLITE_CANTOPEN);
    sqlite3_vfs* const found = sqlite3_vfs_find(vfs.name().c_str());
    EXPECT_EQ(found->xDelete(found, data_path, 0), SQLITE_IOERR_DELETE_NOENT);
    int there = 1;
    EXPECT_EQ(found->xAccess(found, data_path, SQLITE_ACCESS_EXISTS, &there), SQLITE_OK);
    EXPECT_EQ(there, 0);
    EXPECT_TRUE(disk.open(data_path, {.write = true, .create = true}).ok());  // empty
    EXPECT_EQ(found->xAccess(found, data_path, SQLITE_ACCESS_EXISTS, &there), SQLITE_OK);
    EXPECT_EQ(there, 0);
}

TEST_F(DiskVfsTest, temporary_files_are_on_no_disk) {
    Database database(vfs);
    ASSERT_EQ(database.run("PRAGMA temp_store=FILE; PRAGMA cache_size=-8; CREATE TEMP TABLE t(x);"
                           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE "
                           "i<3000) INSERT INTO t SELECT hex(zeroblob(100)) || i FROM n"),
              SQLITE_OK);
    EXPECT_EQ(database.ask("SELECT count(*) FROM (SELECT x FROM t ORDER BY x DESC)"), " 3000");
    EXPECT_EQ(*disk.list("world"), (std::vector<std::string>{"data.sqlite"}));
}

TEST_F(DiskVfsTest, a_dead_process_does_nothing) {
    DiskVfs dying(disk, clock, 2);
    {
        Database database(dying);
        ASSERT_EQ(database.ask("PRAGMA journal_mode=WAL"), " wal");
        ASSERT_EQ(database.run("CREATE TABLE t(x); INSERT INTO t VALUES(1); BEGIN; INSERT INTO t "
                               "VALUES(2)"),
                  SQLITE_OK);
        dying.end();
        EXPECT_NE(database.run("COMMIT"), SQLITE_OK);
    }  // closing would have copied the log and removed it
    EXPECT_TRUE(*disk.exists("world/data.sqlite-wal"));
    Database next(vfs);
    EXPECT_EQ(next.ask("SELECT x FROM t"), " 1");
}

TEST_F(DiskVfsTest, same_seeds_write_same_bytes) {
    std::vector<std::vector<std::byte>> logs;
    for (int time = 0; time < 2; ++time) {
        io::MemoryFileSystem own;
        ASSERT_TRUE(own.create_directory("world").ok());
        DiskVfs one(own, clock, 3);
        seed_sqlite(11);
        Database database(one);
        database.leave_log();
        ASSERT_EQ(database.ask("PRAGMA journal_mode=WAL"), " wal");
        ASSERT_EQ(database.run("PRAGMA synchronous=FULL; CREATE TABLE t(x);"
                               "INSERT INTO t VALUES(random())"),
                  SQLITE_OK);
        logs.push_back(own.read_at_rest("world/data.sqlite-wal"));
    }
    EXPECT_GT(logs[0].size(), 4096U);
    EXPECT_EQ(logs[0], logs[1]);
}

}  // namespace
}  // namespace perdure::simulation
