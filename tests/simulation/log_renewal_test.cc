// A failed flush of SQLite's log, on a file system that goes on showing what the disk never got.
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "simulation/store_on_disk.h"

namespace perdure::simulation {
namespace {

constexpr const char* note_path = "world/store.sqlite-renewal";

struct LogRenewal : StoreOnDisk {
    void lose_at_next_flush() {
        faulty->inject({.kind = io::OperationKind::sync, .at = 1, .path_part = "-wal"});
        disk->lose_unsynced(log_path);
    }
};

// Four change sets, of which two are in a log that the disk does not have and everybody can read.
struct LogLost : LogRenewal {
    LogLost() {
        open();
        EXPECT_TRUE(take_over().ok());
        EXPECT_TRUE(advance().ok() && advance().ok());
        EXPECT_TRUE(store->checkpoint_step().ok());
        EXPECT_TRUE(advance().ok() && advance().ok());
        lose_at_next_flush();
        EXPECT_EQ(store->checkpoint_step().status().code(), Code::io);
        EXPECT_FALSE(store->broken().ok());
        EXPECT_EQ(store->watermarks()->safe, 2U);
    }
};

TEST_F(LogLost, a_log_whose_flush_failed_is_written_anew_before_it_is_copied) {
    std::vector<std::unique_ptr<io::MemoryFileSystem>> before_each;
    die();
    start();
    faulty->on_operation = [&](const io::Operation& operation) {
        if (operation.kind == io::OperationKind::read) return;
        before_each.push_back(disk->clone());
    };
    open();
    EXPECT_EQ(visible(), 4U);
    EXPECT_TRUE(store->checkpoint_step().ok());
    EXPECT_EQ(store->watermarks()->safe, 4U);
    before_each.push_back(disk->clone());
    EXPECT_FALSE(*disk->exists(note_path));
    EXPECT_GT(before_each.size(), 10U);
    for (const bool keep : {false, true}) {
        Lsn least = 2;
        for (const auto& left : before_each) {
            fail_power(*left, keep);
            open();
            EXPECT_GE(visible(), least);
            EXPECT_EQ(store->definitions()->size(), visible());
            least = visible();
            ASSERT_TRUE(take_over().ok());
            ASSERT_TRUE(advance().ok());
            ASSERT_TRUE(store->checkpoint_step().ok());
        }
        EXPECT_EQ(least, 4U);
    }
}

TEST_F(LogLost, closing_does_not_flush_once_more) {
    store.reset();
    const auto left = disk->clone();
    fail_power(*left);
    open();
    EXPECT_EQ(visible(), 2U);  // what the disk had; the journal brings the rest
}

TEST_F(LogRenewal, closing_that_cannot_flush_leaves_the_log_and_a_note) {
    open();
    ASSERT_TRUE(take_over().ok());
    ASSERT_TRUE(advance().ok());
    lose_at_next_flush();
    store.reset();
    EXPECT_TRUE(*disk->exists(log_path));
    EXPECT_TRUE(*disk->exists(note_path));
    open();
    EXPECT_EQ(visible(), 1U);
    EXPECT_FALSE(*disk->exists(note_path));
}

// The copy is whole, and the power failed while the log was being written from it.
TEST_F(LogLost, a_copy_that_is_there_is_what_the_log_becomes) {
    die();
    start();
    std::unique_ptr<io::MemoryFileSystem> left;
    faulty->on_operation = [&](const io::Operation& operation) {
        if (operation.kind == io::OperationKind::write && operation.path == log_path && !left) {
            left = disk->clone();
        }
    };
    open();
    ASSERT_TRUE(left);
    fail_power(*left);
    const std::vector<std::byte> garbage(5000, std::byte{0xee});
    disk->write_at_rest(log_path, 0, garbage);
    open();
    EXPECT_EQ(visible(), 4U);
    EXPECT_FALSE(*disk->exists(note_path));
}

// Half a copy: the log was not touched yet.
TEST_F(LogLost, a_copy_that_is_not_whole_is_made_again) {
    die();
    start();
    auto note = disk->open(note_path, {.write = true});
    ASSERT_TRUE(note.ok());
    const std::vector<std::byte> garbage(5000, std::byte{0xee});
    ASSERT_TRUE((*note)->write_at(0, garbage).ok());
    open();
    EXPECT_EQ(visible(), 4U);
    fail_power(*disk->clone());
    open();
    EXPECT_EQ(visible(), 4U);
}

TEST_F(LogLost, a_store_whose_log_cannot_be_written_anew_is_not_opened) {
    die();
    for (const auto kind : {io::OperationKind::read, io::OperationKind::write,
                            io::OperationKind::sync, io::OperationKind::remove}) {
        start();
        faulty->inject({.kind = kind, .at = 1});
        const auto opened =
            store::SqliteStore::open({.path = store_path, .world = {}, .base_vfs = vfs->name()});
        EXPECT_EQ(opened.status().code(), Code::io);
        EXPECT_TRUE(*disk->exists(note_path));
        EXPECT_NE(opened.status().text().find("store.sqlite"), std::string::npos);
        vfs.reset();
    }
    start();
    open();
    EXPECT_EQ(visible(), 4U);
}

}  // namespace
}  // namespace perdure::simulation
