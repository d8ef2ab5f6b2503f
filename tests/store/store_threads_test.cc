// Snapshots are taken and read by any thread while one thread applies and checkpoints.
#include <atomic>
#include <thread>

#include "store/language.h"

namespace perdure::store {
namespace {

class StoreThreads : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, StoreThreads, every_backend(), backend_name);

TEST_P(StoreThreads, every_snapshot_is_of_one_moment) {
    const TableDefinition table =
        table_of(1, "numbers", 1, {{"id", of(ColumnKind::id)}, {"n", of(ColumnKind::u64)}});
    ASSERT_OK(world.define(table));
    std::atomic<bool> is_over{false};
    std::atomic<int> read{0};
    const auto reader = [&] {
        while (!is_over) {
            auto snapshot = world.store().snapshot();
            ASSERT_TRUE(snapshot.ok()) << snapshot.status().text();
            const auto rows = (*snapshot)->scan(table, nullptr, 0, every_row);
            ASSERT_TRUE(rows.ok()) << rows.status().text();
            for (std::uint32_t row = 0; row < rows->rows(); ++row) {
                ASSERT_EQ(rows->fixed<std::uint64_t>(1, row), (*snapshot)->watermark().lsn);
            }
            ++read;
        }
    };
    std::vector<std::thread> threads;
    for (int count = 0; count < 3; ++count) threads.emplace_back(reader);
    for (int round = 0; round < 100 || (read < 30 && !HasFailure()); ++round) {
        std::vector<Row> rows;
        for (std::int64_t id = 0; id < 50; ++id)
            rows.push_back({{"id", id}, {"n", world.next().lsn}});
        EXPECT_OK(world.upsert(table, rows));
        if (round % 3 == 0) {
            EXPECT_TRUE(world.store().checkpoint_step().ok());
        }
    }
    is_over = true;
    for (std::thread& thread : threads) thread.join();
}

TEST_P(StoreThreads, definitions_come_while_others_read) {
    TableDefinition table = positions();
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.upsert(table, {{{"id", 1}, {"x", 1.0F}}}));
    std::atomic<bool> is_over{false};
    std::thread reader([&] {
        const TableDefinition first = positions();
        while (!is_over) {
            auto snapshot = world.store().snapshot();
            ASSERT_TRUE(snapshot.ok()) << snapshot.status().text();
            ASSERT_EQ(rows_text(World::all(**snapshot, first)), "id=1 x=1 y=0");
        }
    });
    for (int version = 2; version < 20; ++version) {
        ++table.version;
        table.columns.push_back({text::format("c{}", version), table.next_column_number++,
                                 of(ColumnKind::f32), false, 0.1F});
        EXPECT_OK(world.define(table));
    }
    is_over = true;
    reader.join();
}

}  // namespace
}  // namespace perdure::store
