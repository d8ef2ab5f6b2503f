#include "store/sqlite/connection.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "io/temporary_directory.h"
#include "model/utf8.h"
#include "store/language.h"

namespace perdure::store::sqlite {
namespace {

TEST(Connection, failures_show_nothing_that_a_terminal_would_obey) {
    auto connection = Connection::open({.path = ":memory:", .write = true, .create = true});
    ASSERT_TRUE(connection.ok());
    const Status status = connection->run("SELECT * FROM \"\x1B[2J\"");
    ASSERT_EQ(status.code(), Code::invalid);
    EXPECT_NE(status.message().find("no such table: \\x1b[2J"), std::string_view::npos)
        << status.message();
    EXPECT_EQ(printable(status.message()), status.message());
}

TEST(Connection, every_code_of_sqlite_has_a_meaning) {
    const std::pair<int, Code> meanings[] = {
        {SQLITE_BUSY, Code::busy},           {SQLITE_LOCKED, Code::busy},
        {SQLITE_FULL, Code::no_space},       {SQLITE_TOOBIG, Code::no_space},
        {SQLITE_CORRUPT, Code::corrupt},     {SQLITE_NOTADB, Code::corrupt},
        {SQLITE_IOERR_DATA, Code::corrupt},  {SQLITE_IOERR_CORRUPTFS, Code::corrupt},
        {SQLITE_CONSTRAINT, Code::conflict}, {SQLITE_INTERRUPT, Code::expired},
        {SQLITE_ERROR, Code::invalid},       {SQLITE_AUTH, Code::invalid},
        {SQLITE_IOERR_READ, Code::io},       {SQLITE_NOMEM, Code::io},
    };
    for (const auto& [code, meaning] : meanings) {
        store::expect_refused(failure_of(nullptr, code, "trying"), meaning,
                              {"SQLite: trying: ", sqlite3_errstr(code)});
    }
}

// The last failure of the connection may be another one.
TEST(Connection, a_code_that_the_connection_did_not_give_is_told_by_its_own_words) {
    auto connection = *Connection::open({.path = ":memory:", .write = true, .create = true});
    ASSERT_EQ(connection.run("SELEC").code(), Code::invalid);
    store::expect_refused(connection.failure(SQLITE_FULL, "copying"), Code::no_space,
                          {sqlite3_errstr(SQLITE_FULL)});
}

class ConnectionAnswers : public testing::Test {
protected:
    Connection connection = *Connection::open({.path = ":memory:", .write = true, .create = true});
};

constexpr const char* no_row = "SELECT 7 WHERE 0";
constexpr const char* failing = "SELECT abs(-9223372036854775807 - 1)";
constexpr const char* failing_later = "SELECT 7 UNION ALL SELECT abs(-9223372036854775807 - 1)";

TEST_F(ConnectionAnswers, a_number_is_the_first_cell_or_nothing) {
    EXPECT_EQ(*connection.number("SELECT 7, 8 UNION ALL SELECT 9, 10"), 7);
    EXPECT_EQ(*connection.number(no_row), 0);
    EXPECT_EQ(connection.number("SELEC").status().code(), Code::invalid);
    EXPECT_EQ(connection.number(failing).status().code(), Code::invalid);
    EXPECT_EQ(connection.number(failing_later).status().code(), Code::invalid);
}

TEST_F(ConnectionAnswers, a_word_is_the_first_cell_or_nothing) {
    EXPECT_EQ(*connection.word("SELECT 'seven', 8"), "seven");
    EXPECT_EQ(*connection.word(no_row), "");
    EXPECT_EQ(connection.word("SELEC").status().code(), Code::invalid);
    EXPECT_EQ(connection.word(failing).status().code(), Code::invalid);
    EXPECT_EQ(connection.word(failing_later).status().code(), Code::invalid);
}

TEST_F(ConnectionAnswers, rows_of_a_statement_that_is_run_are_passed_over) {
    Statement statement = *connection.prepare("SELECT 7 UNION ALL SELECT 8");
    EXPECT_OK(statement.run());
    EXPECT_OK(statement.run());
}

TEST(Connection, a_file_at_rest_may_have_any_name) {
    const io::TemporaryDirectory directory;
    for (const char* name : {"/plain", "/a%41b", "/what?mode=memory", "/part#1", "/a b"}) {
        const std::string path = directory.path() + name;
        ASSERT_OK(Connection::open({.path = path, .write = true, .create = true})
                      ->run("CREATE TABLE t(a); INSERT INTO t VALUES (7)"));
        for (const std::string& said : {path, std::filesystem::relative(path).string()}) {
            auto at_rest = Connection::open({.path = said, .at_rest = true});
            ASSERT_TRUE(at_rest.ok()) << at_rest.status().text();
            EXPECT_EQ(*at_rest->number("SELECT a FROM t"), 7) << said;
        }
    }
}

}  // namespace
}  // namespace perdure::store::sqlite
