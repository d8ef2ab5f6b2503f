#include "model/change_set.h"

#include <gtest/gtest.h>

#include "model/tables.h"

namespace perdure {
namespace {

TEST(ChangeSet, counts_the_bytes_of_all_its_batches) {
    const TableDefinition table = test::everything();
    ChangeSet changes;
    EXPECT_EQ(changes.bytes(), 0U);
    changes.batches.push_back(test::batch_of(table, {{{"id", 1}}}));
    changes.ephemeral.push_back(test::batch_of(table, {{{"id", 2}}}, Operation::erase));
    EXPECT_EQ(changes.bytes(), changes.batches[0].bytes() + changes.ephemeral[0].bytes());
}

}  // namespace
}  // namespace perdure
