#include "store/sqlite/store_file.h"

#include "store/sqlite/faulty_vfs.h"
#include "store/sqlite/sqlite_files.h"

namespace perdure::store {
namespace {

using sqlite::Connection;

class StoreFileTest : public SqliteTest {
protected:
    void make(const std::string& sql) {
        EXPECT_EQ(PlainSqlite(path(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).ask(sql), "");
    }
    static std::string marked_as_ours(std::uint32_t version) {
        return text::format("PRAGMA application_id = {}; PRAGMA user_version = {};",
                            sqlite::application_id, version);
    }
};

TEST_F(StoreFileTest, an_empty_file_becomes_a_store_only_if_it_may) {
    overwrite(path(), "");
    SqliteStoreOptions looking = options();
    looking.create = false;
    expect_refused(SqliteStore::open(looking).status(), Code::not_found, {"empty database"});
    EXPECT_EQ(file_bytes(path()), "");
    open();
}

TEST_F(StoreFileTest, a_database_that_only_says_that_it_is_anothers_is_left_alone) {
    make("PRAGMA application_id = 7");
    expect_refused(refused(), Code::invalid, {"another program", "0x7"});
    std::filesystem::remove(path());
    make("PRAGMA user_version = 7");
    expect_refused(refused(), Code::invalid, {"another program"});
}

TEST_F(StoreFileTest, a_format_that_never_was_is_refused) {
    make(marked_as_ours(0) + "CREATE TABLE t(a)");
    expect_refused(refused(), Code::unsupported, {"format 0"});
}

TEST_F(StoreFileTest, pages_without_room_for_checksums_are_not_ours) {
    make(marked_as_ours(1) + "CREATE TABLE t(a)");
    expect_refused(refused(), Code::corrupt, {"pages of 4096 bytes with 0 for checksums"});
}

TEST_F(StoreFileTest, pages_of_another_size_are_not_ours) {
    make("PRAGMA page_size = 8192;" + marked_as_ours(1) + "CREATE TABLE t(a)");
    expect_refused(refused(), Code::corrupt, {"pages of 8192 bytes"});
}

TEST_F(StoreFileTest, where_sqlite_cannot_keep_a_log_there_is_no_store) {
    auto memory = *Connection::open({.path = ":memory:", .write = true, .create = true});
    expect_refused(sqlite::prepare_file(memory, test_world(), true), Code::unsupported,
                   {"write-ahead log", "memory"});
}

TEST_F(StoreFileTest, a_build_of_sqlite_with_other_settings_is_refused) {
    FaultyVfs disk;
    SqliteStoreOptions on_disk = options();
    on_disk.base_vfs = "faulty";
    for (const char* pragma : {"synchronous", "wal_autocheckpoint", "foreign_keys",
                               "cell_size_check", "trusted_schema", "journal_size_limit"}) {
        disk.answer_pragma(pragma, "77");
        expect_refused(SqliteStore::open(on_disk).status(), Code::unsupported,
                       {pragma, "77", "another build"});
    }
    disk.answer_pragma("", "");
    open(on_disk);
}

}  // namespace
}  // namespace perdure::store
