#include "store/sqlite/query.h"

#include "base/error.h"
#include "io/posix_file_system.h"
#include "store/sqlite/pinned_store.h"
#include "store/sqlite/private_copy.h"
#include "store/sqlite/sqlite_files.h"

namespace perdure::store {
namespace {

using sqlite::QueryAnswer;
using sqlite::run_query;

class QueryTest : public SqliteTest {
protected:
    void SetUp() override {
        ASSERT_OK(world.define(positions()));
        ASSERT_OK(world.upsert(positions(), row_range(1, 3)));
    }
    Status refused(const std::string& sql) { return run_query(path(), sql).status(); }
    std::int64_t count(const std::string& file) {
        const auto answer = run_query(file, "SELECT count(*) FROM position");
        EXPECT_TRUE(answer.ok()) << answer.status().text();
        return answer.ok() ? *answer->rows[0][0].get_if<std::int64_t>() : -1;
    }

    World world = open();
};

TEST_F(QueryTest, answers_names_and_values_beside_the_running_owner) {
    const auto answer = run_query(path(),
                                  "SELECT id, x, 'words' AS name, X'0102', NULL FROM "
                                  "position ORDER BY id; -- done");
    ASSERT_TRUE(answer.ok()) << answer.status().text();
    EXPECT_EQ(answer->columns, (std::vector<std::string>{"id", "x", "name", "X'0102'", "NULL"}));
    ASSERT_EQ(answer->rows.size(), 3U);
    EXPECT_EQ(answer->rows[1],
              (std::vector<Value>{Value(2), Value(0.5), Value("words"),
                                  Value(Bytes{std::byte{1}, std::byte{2}}), Value()}));
    EXPECT_OK(world.upsert(positions(), row_range(4, 4)));
    EXPECT_EQ(count(path()), 4);
}

TEST_F(QueryTest, nothing_can_be_written_or_reached_through_it) {
    for (const char* sql :
         {"DELETE FROM position", "INSERT INTO position(id) VALUES (9)",
          "UPDATE position SET x = 1", "CREATE TABLE t(a)", "CREATE TEMP TABLE t(a)",
          "DROP TABLE position", "ATTACH 'other' AS o", "PRAGMA user_version = 7",
          "PRAGMA journal_mode = DELETE", "PRAGMA wal_checkpoint", "VACUUM", "VACUUM INTO '/tmp/x'",
          "BEGIN IMMEDIATE", "SELECT load_extension('x')", "REINDEX",
          "SELECT 1; DELETE FROM position", "SELECT 1; SELECT 2", "EXPLAIN DELETE FROM position"}) {
        expect_refused(refused(sql), Code::invalid, {});
    }
    EXPECT_EQ(world.count(positions()), 3U);
}

TEST_F(QueryTest, what_is_wrong_with_the_sql_is_said) {
    expect_refused(refused("SELEC 1"), Code::invalid, {"SELEC"});
    expect_refused(refused("SELECT nothing FROM position"), Code::invalid, {"nothing"});
    expect_refused(refused("SELECT * FROM missing"), Code::invalid, {"missing"});
    expect_refused(refused("  -- nothing"), Code::invalid, {"no statement"});
    EXPECT_EQ(run_query(directory() + "/missing.sqlite", "SELECT 1").status().code(),
              Code::not_found);
}

TEST_F(QueryTest, a_long_answer_is_cut_off_and_says_so) {
    const auto answer = run_query(path(), "SELECT id FROM position", {.rows_max = 2});
    ASSERT_TRUE(answer.ok());
    EXPECT_TRUE(answer->cut_off);
    EXPECT_EQ(answer->rows.size(), 2U);
    EXPECT_FALSE(run_query(path(), "SELECT id FROM position", {.rows_max = 3})->cut_off);
}

TEST_F(QueryTest, pragmas_that_only_look_are_answered) {
    for (const char* pragma :
         {"table_info(position)", "table_xinfo(position)", "table_list", "index_list(position)",
          "index_info(missing)", "page_count", "page_size", "user_version", "application_id",
          "integrity_check", "quick_check"}) {
        const auto answer = run_query(path(), std::string("PRAGMA ") + pragma);
        EXPECT_TRUE(answer.ok()) << pragma << ": " << answer.status().text();
    }
}

TEST_F(QueryTest, functions_are_answered) {
    const auto answer = run_query(path(), "SELECT upper('a'), date('now') > '2020-01-01'");
    ASSERT_TRUE(answer.ok()) << answer.status().text();
    EXPECT_EQ(answer->rows[0], (std::vector<Value>{Value("A"), Value(1)}));
}

TEST_F(QueryTest, a_large_answer_is_cut_off) {
    const auto answer =
        run_query(path(), "SELECT zeroblob(1000) FROM position", {.bytes_max = 1500});
    ASSERT_TRUE(answer.ok());
    EXPECT_TRUE(answer->cut_off);
    EXPECT_EQ(answer->rows.size(), 2U);
}

TEST_F(QueryTest, a_query_may_take_many_steps_and_fail_at_the_last) {
    const std::string numbers =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)";
    EXPECT_EQ(run_query(path(), numbers + " SELECT max(i) FROM n")->rows[0][0], Value(30'000));
    expect_refused(refused(numbers + " SELECT abs(max(i) - 9223372036854775807 - 30001) FROM n"),
                   Code::invalid, {"overflow"});
}

TEST_F(QueryTest, an_endless_query_ends) {
    const auto answer = run_query(path(),
                                  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
                                  "SELECT i + 1 FROM n) SELECT max(i) FROM n",
                                  {.seconds_max = 0});
    expect_refused(answer.status(), Code::expired, {"0 s"});
}

TEST_F(QueryTest, a_store_at_rest_is_asked_without_a_file_beside_it) {
    world.close();
    ASSERT_FALSE(std::filesystem::exists(log_path()));
    const auto answer = run_query(path(), "SELECT count(*) FROM position", {.at_rest = true});
    ASSERT_TRUE(answer.ok()) << answer.status().text();
    EXPECT_EQ(answer->rows[0][0], Value(3));
    EXPECT_FALSE(std::filesystem::exists(log_path()));
    EXPECT_FALSE(std::filesystem::exists(path() + "-shm"));
}

TEST_F(QueryTest, what_is_said_of_a_copy_names_the_original) {
    const Status status = error(Code::corrupt, "/tmp/c/s: bad; see /tmp/c/s-wal");
    EXPECT_EQ(sqlite::told_of_original(status, "/tmp/c/s", "w/s").message(),
              "w/s: bad; see w/s-wal");
}

TEST_F(QueryTest, a_copy_beside_the_owner_is_of_one_moment) {
    auto pinned = sqlite::PinnedStore::open(io::PosixFileSystem(), path());
    ASSERT_TRUE(pinned.ok()) << pinned.status().text();
    ASSERT_OK(world.upsert(positions(), row_range(4, 9)));
    const std::string copy = directory() + "/copy.sqlite";
    ASSERT_OK(pinned->copy_to(copy, [] { return Status(); }));
    EXPECT_EQ(count(copy), 3);
    EXPECT_EQ(count(path()), 9);
}

TEST_F(QueryTest, a_copy_of_the_files_has_what_the_log_has) {
    const std::string scratch = directory() + "/scratch";
    std::filesystem::create_directory(scratch);
    io::PosixFileSystem files;
    const auto copy = sqlite::copy_files(files, path(), scratch);
    ASSERT_TRUE(copy.ok()) << copy.status().text();
    EXPECT_EQ(count(*copy), 3);
}

}  // namespace
}  // namespace perdure::store
