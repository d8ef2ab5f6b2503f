#include "store/sqlite/connection.h"

#include <gtest/gtest.h>

#include "model/utf8.h"

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

}  // namespace
}  // namespace perdure::store::sqlite
