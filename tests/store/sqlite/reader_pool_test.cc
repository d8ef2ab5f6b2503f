#include "store/sqlite/reader_pool.h"

#include <thread>

#include "store/sqlite/faulty_vfs.h"
#include "store/sqlite/sqlite_files.h"

namespace perdure::store {
namespace {

class ReaderPoolTest : public SqliteTest {};

TEST_F(ReaderPoolTest, a_program_may_know_more_versions_than_statements_are_kept_for) {
    World world = open();
    ASSERT_OK(world.define(positions()));
    ASSERT_OK(world.upsert(positions(), row_range(1, 3)));
    const auto snapshot = world.snapshot();
    TableDefinition table = positions();
    for (table.version = 1; table.version <= 1100; ++table.version) {
        ASSERT_EQ(*snapshot->count(table), 3U) << table.version;
    }
    EXPECT_EQ(World::all(*snapshot, positions()).rows(), 3U);
}

TEST_F(ReaderPoolTest, a_snapshot_that_is_being_read_does_not_expire_under_the_reader) {
    FaultyVfs disk;
    SqliteStoreOptions on_disk = options();
    on_disk.base_vfs = "faulty";
    World world = open(on_disk);
    ASSERT_OK(world.define(positions()));
    ASSERT_OK(world.upsert(positions(), row_range(1, 3000)));
    world.reopen();
    const auto snapshot = world.snapshot();
    ASSERT_OK(world.upsert(positions(), row_range(4000, 4000)));
    bool looked = false;
    disk.before_next(DiskOperation::read, [&] {
        world.clock().advance_ns(snapshot_age_ns_max + 1);
        std::thread([&] { EXPECT_FALSE(*world.store().checkpoint_step()); }).join();
        EXPECT_LT(world.store().watermarks()->safe, world.store().watermarks()->visible.lsn);
        looked = true;
    });
    EXPECT_EQ(World::all(*snapshot, positions()).rows(), 3000U);
    EXPECT_TRUE(looked);
    EXPECT_FALSE(*world.store().checkpoint_step());
    EXPECT_EQ(world.store().watermarks()->safe, world.store().watermarks()->visible.lsn);
    EXPECT_EQ(snapshot->count(positions()).status().code(), Code::expired);
}

}  // namespace
}  // namespace perdure::store
