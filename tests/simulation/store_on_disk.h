// StoreOnDisk: SQLite's store on a disk in memory, through lives that end in a killed process or a
// power failure. The language of the tests about what such a disk may leave.
//
// Thread rule: one thread.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "io/crash_plan.h"
#include "io/faulty_file_system.h"
#include "perdure/schema.h"
#include "simulation/disk_vfs.h"
#include "store/sqlite/sqlite_store.h"

namespace perdure::simulation {

inline constexpr const char* store_path = "world/store.sqlite";
inline constexpr const char* log_path = "world/store.sqlite-wal";

struct StoreOnDisk : ::testing::Test {
    StoreOnDisk() {
        EXPECT_TRUE(disk->create_directory("world").ok());
        EXPECT_TRUE(disk->sync_directory("").ok());
        start();
    }
    ~StoreOnDisk() override { die(); }

    void start() {
        faulty = std::make_unique<io::FaultyFileSystem>(*disk);
        vfs = std::make_unique<DiskVfs>(*faulty, clock, 1);
    }
    void open() {
        store::SqliteStoreOptions options{.path = store_path, .world = {}, .base_vfs = vfs->name()};
        auto opened = store::SqliteStore::open(options);
        ASSERT_TRUE(opened.ok()) << opened.status().text();
        store = *std::move(opened);
    }
    // What a new life of the world does first; it is flushed.
    [[nodiscard]] Status take_over() { return store->take_over(++epoch); }
    // The watermark goes on by one, with a table that fills some pages.
    [[nodiscard]] Status advance() {
        const store::Watermarks marks = *store->watermarks();
        Watermark after = marks.visible;
        ++after.lsn;
        TableBuilder builder("table_" + std::to_string(after.lsn));
        builder.key<std::uint32_t>("id").column<std::int64_t>("amount");
        TableDefinition table = builder.definition();
        table.id = static_cast<TableId>(after.lsn);
        table.version = 1;
        for (Column& column : table.columns) column.number = table.next_column_number++;
        return store->apply({epoch, marks.visible}, after, std::span(&table, 1));
    }
    [[nodiscard]] Lsn visible() { return store->watermarks()->visible.lsn; }
    // The process dies, and starts again on the same machine.
    void die() {
        if (vfs) vfs->end();
        store.reset();
        vfs.reset();
    }
    // `keep`: what was not flushed, too, but for what was lost by a failed flush.
    void fail_power(const io::MemoryFileSystem& as, bool keep = false) {
        auto left = as.clone();
        die();
        keep ? left->crash_keeping_everything() : left->crash_losing_everything();
        faulty.reset();
        disk = std::move(left);
        start();
    }

    // Of what was not flushed something is kept, as this random number likes.
    void fail_power(const io::MemoryFileSystem& as, Random& random) {
        auto left = as.clone();
        die();
        io::CrashPlan plan = io::CrashPlan::draw(random);
        plan.powersafe_overwrite = true;
        left->crash(random, plan);
        faulty.reset();
        disk = std::move(left);
        start();
    }

    std::unique_ptr<io::MemoryFileSystem> disk = std::make_unique<io::MemoryFileSystem>();
    io::ManualClock clock;
    std::unique_ptr<io::FaultyFileSystem> faulty;
    std::unique_ptr<DiskVfs> vfs;
    std::unique_ptr<store::SqliteStore> store;
    std::uint64_t epoch = 0;
};

}  // namespace perdure::simulation
