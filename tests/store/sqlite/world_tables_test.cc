// What our own tables may not hold.
#include "store/sqlite/world_tables.h"

#include "store/sqlite/sqlite_files.h"

namespace perdure::store {
namespace {

class WorldTablesTest : public SqliteTest {
protected:
    void SetUp() override {
        World world = open();
        ASSERT_OK(world.define(positions()));
        ASSERT_OK(world.define(trades()));
    }
    // A store in which this was done, with checksums that are right.
    void expect_refused_after(const std::string& sql, Code code,
                              std::initializer_list<std::string_view> words) {
        const std::string whole = file_bytes(path());
        {
            const auto vfs = *sqlite::ChecksumVfs::make("unix");
            auto meddler =
                *sqlite::Connection::open({.path = path(), .vfs = vfs->name(), .write = true});
            ASSERT_OK(meddler.run("PRAGMA journal_mode = DELETE"));
            ASSERT_OK(meddler.run(sql));
        }
        const std::string before = file_bytes(path());
        expect_refused(refused(), code, words);
        overwrite(path(), whole);
        std::filesystem::remove(log_path());
        EXPECT_OK(refused());
    }
};

TEST_F(WorldTablesTest, a_world_row_that_is_not_ours_is_corrupt) {
    for (const char* sql :
         {"DELETE FROM _perdure_world", "UPDATE _perdure_world SET uuid = X'01'",
          "UPDATE _perdure_world SET chain = X''", "UPDATE _perdure_world SET tick_content = X'00'",
          "UPDATE _perdure_world SET safe_lsn = 3"}) {
        SCOPED_TRACE(sql);
        expect_refused_after(sql, Code::corrupt, {"_perdure_world"});
    }
}

TEST_F(WorldTablesTest, a_catalog_with_a_row_less_or_more_is_corrupt) {
    expect_refused_after("DELETE FROM _perdure_catalog WHERE sequence = 1", Code::corrupt,
                         {"row 1 of _perdure_catalog is missing"});
    expect_refused_after("DELETE FROM _perdure_catalog WHERE sequence = 2", Code::corrupt,
                         {"has 1 rows, and 2 are counted"});
    expect_refused_after("UPDATE _perdure_world SET definitions = 1", Code::corrupt,
                         {"has 2 rows, and 1 are counted"});
}

TEST_F(WorldTablesTest, a_definition_that_cannot_be_read_is_named) {
    expect_refused_after("UPDATE _perdure_catalog SET definition = X'00' WHERE sequence = 2",
                         Code::corrupt, {"row 2 of _perdure_catalog"});
    expect_refused_after(
        "UPDATE _perdure_catalog SET definition = CAST(definition || X'0000' AS "
        "BLOB)"
        " WHERE sequence = 2",
        Code::corrupt, {"row 2 of _perdure_catalog has 2 bytes behind its definition"});
}

}  // namespace
}  // namespace perdure::store
