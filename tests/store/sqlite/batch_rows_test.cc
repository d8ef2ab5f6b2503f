#include "store/sqlite/batch_rows.h"

#include <gtest/gtest.h>

namespace perdure::store::sqlite {
namespace {

TEST(BatchRowsFunction, has_no_rows_but_those_it_is_given) {
    auto connection = *Connection::open({.path = ":memory:", .write = true, .create = true});
    ASSERT_TRUE(add_batch_rows(connection).ok());
    EXPECT_FALSE(connection.number("SELECT c0 FROM perdure_batch").ok());
    EXPECT_FALSE(connection.number("SELECT c0 FROM perdure_batch(7)").ok());
    EXPECT_FALSE(connection.number("SELECT c0 FROM perdure_batch(NULL) WHERE c1 = 5").ok());
    auto select = *connection.prepare("SELECT count(*) FROM perdure_batch(?1) WHERE c1 = 5");
    BatchRows nothing;
    bind_rows(select, 1, nothing);
    EXPECT_TRUE(*select.step());
    EXPECT_EQ(select.integer(0), 0);
}

}  // namespace
}  // namespace perdure::store::sqlite
