// What SQLite's log, its mark and the file are after a power failure at any operation: never taken
// for damage; and what they are when the log is damaged on top of it: never a store that lacks
// something without a word.
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "simulation/store_on_disk.h"

namespace perdure::simulation {
namespace {

constexpr const char* mark_path = "world/store.sqlite-mark";
constexpr std::size_t log_header = 32;
constexpr std::size_t frame = 24 + 4096;
constexpr std::uint64_t powers_failed = 16;  // of each disk

struct LogMarkOnDisk : StoreOnDisk {
    struct Moment {
        std::unique_ptr<io::MemoryFileSystem> disk;
        Lsn safe;  // what no power failure takes away
    };

    // Each operation from now on that is no read: what is on the disk before it.
    void watch() {
        moments.clear();
        faulty->on_operation = [this](const io::Operation& operation) {
            if (operation.kind == io::OperationKind::read) return;
            moments.push_back({disk->clone(), safe});
        };
    }
    void checkpoint() {
        ASSERT_TRUE(store->checkpoint_step().ok());
        safe = store->watermarks()->safe;
    }
    // The log is begun anew, and what is in it copied.
    void use_log(int change_sets) {
        for (int made = 0; made < change_sets; ++made) ASSERT_TRUE(advance().ok());
        checkpoint();
    }
    // Two uses of the log and half of a third one, which a snapshot keeps from being copied whole.
    void live() {
        open();
        ASSERT_TRUE(take_over().ok());
        use_log(3);
        use_log(1);
        ASSERT_TRUE(advance().ok());
        const auto reader = *store->snapshot();
        ASSERT_TRUE(advance().ok());
        ASSERT_TRUE(store->checkpoint_step().ok());
        ASSERT_TRUE(advance().ok());
    }
    void expect_whole(Lsn least) {
        open();
        ASSERT_TRUE(store);
        EXPECT_GE(visible(), least);
        EXPECT_EQ(store->definitions()->size(), visible());
    }
    // Refused, or nothing is missing.
    bool is_refused(Lsn least) {
        auto opened =
            store::SqliteStore::open({.path = store_path, .world = {}, .base_vfs = vfs->name()});
        if (opened.ok()) {
            EXPECT_GE((*opened)->watermarks()->visible.lsn, least);
            EXPECT_EQ((*opened)->definitions()->size(), (*opened)->watermarks()->visible.lsn);
            return false;
        }
        EXPECT_EQ(opened.status().code(), Code::corrupt) << opened.status().text();
        return true;
    }
    // A disk at rest, again and again.
    void put(const io::MemoryFileSystem& rest) {
        die();
        faulty.reset();
        disk = rest.clone();
        start();
    }
    // The power has failed while a new header was being written, above a log that is all copied.
    void tear_header() {
        open();
        ASSERT_TRUE(take_over().ok());
        use_log(3);
        fail_power(*disk->clone());
        const std::vector<std::byte> half(20, std::byte{0x5a});
        disk->write_at_rest(log_path, 12, half);
    }

    std::vector<Moment> moments;
    Lsn safe = 0;
};

TEST_F(LogMarkOnDisk, a_power_failure_at_any_operation_is_not_taken_for_damage) {
    watch();
    live();
    ASSERT_GT(moments.size(), 60U);
    const std::vector<Moment> all = std::move(moments);
    for (std::size_t index = 0; index < all.size(); ++index) {
        for (std::uint64_t seed = 1; seed <= powers_failed; ++seed) {
            SCOPED_TRACE(testing::Message() << "operation " << index << ", seed " << seed);
            Random random(index * 1000 + seed);
            safe = all[index].safe;
            fail_power(*all[index].disk, random);
            watch();
            expect_whole(all[index].safe);
            if (HasFailure()) return;
            // Once more, in the recovery and what follows it.
            ASSERT_TRUE(take_over().ok());
            use_log(1);
            ASSERT_TRUE(advance().ok());
            const Moment& again = moments[random.below(moments.size())];
            const Lsn least = again.safe;
            const auto left = again.disk->clone();
            fail_power(*left, random);
            expect_whole(least);
            if (HasFailure()) return;
        }
    }
}

TEST_F(LogMarkOnDisk, a_log_damaged_after_a_power_failure_lacks_nothing_without_a_word) {
    watch();
    live();
    const std::vector<Moment> all = std::move(moments);
    std::uint64_t refused = 0;
    for (std::size_t index = 0; index < all.size(); ++index) {
        SCOPED_TRACE(testing::Message() << "operation " << index);
        Random random(index + 1);
        fail_power(*all[index].disk, random);
        if (!*disk->exists(log_path)) continue;
        const auto rest = disk->clone();
        const std::size_t bytes = rest->read_at_rest(log_path).size();
        for (std::size_t at = 0; at + 8 < bytes; at += random.range<std::size_t>(64, 2000)) {
            put(*rest);
            disk->flip_bit(log_path, at, static_cast<unsigned>(random.below(8)));
            if (is_refused(all[index].safe)) ++refused;
        }
        if (HasFailure()) return;
    }
    EXPECT_GT(refused, 100U);
}

// One event that takes a frame away and a copy of its mark with it: a page of the log that is
// written to the same place of the mark.
TEST_F(LogMarkOnDisk, a_frame_that_was_written_over_the_mark_instead_is_missed) {
    live();
    fail_power(*disk->clone());
    const auto rest = disk->clone();
    const std::vector<std::byte> log = rest->read_at_rest(log_path);
    const std::size_t mark_bytes = rest->read_at_rest(mark_path).size();
    std::uint64_t refused = 0;
    for (std::size_t at = log_header; at + frame <= log.size(); at += frame) {
        put(*rest);
        disk->write_at_rest(log_path, at, std::vector<std::byte>(frame));
        if (at + frame > mark_bytes) break;
        disk->write_at_rest(mark_path, at, ByteSpan(log).subspan(at, frame));
        if (is_refused(safe)) ++refused;
    }
    EXPECT_GT(refused, 3U);
}

TEST_F(LogMarkOnDisk, a_header_torn_above_copied_frames_is_begun_anew_at_any_operation) {
    tear_header();
    watch();
    expect_whole(3);
    ASSERT_TRUE(take_over().ok());
    ASSERT_TRUE(advance().ok());
    const std::vector<Moment> all = std::move(moments);
    ASSERT_GT(all.size(), 5U);
    for (std::size_t index = 0; index < all.size(); ++index) {
        for (std::uint64_t seed = 1; seed <= powers_failed; ++seed) {
            SCOPED_TRACE(testing::Message() << "operation " << index << ", seed " << seed);
            Random random(index * 1000 + seed);
            fail_power(*all[index].disk, random);
            expect_whole(3);
            if (HasFailure()) return;
        }
    }
}

// The flush fails, the disk goes on showing what it does not have, and calls it flushed.
TEST_F(LogMarkOnDisk, a_mark_whose_taking_back_was_not_flushed_is_taken_back_again) {
    tear_header();
    faulty->inject({.kind = io::OperationKind::sync, .at = 1, .path_part = "-mark"});
    faulty->on_operation = [&](const io::Operation& operation) {
        if (operation.kind == io::OperationKind::sync && operation.path == mark_path) {
            disk->lose_unsynced(mark_path);
        }
    };
    const auto opened =
        store::SqliteStore::open({.path = store_path, .world = {}, .base_vfs = vfs->name()});
    EXPECT_EQ(opened.status().code(), Code::io);
    EXPECT_NE(opened.status().text().find("taking back the mark"), std::string::npos);
    die();
    start();
    expect_whole(3);
    ASSERT_TRUE(take_over().ok());
    ASSERT_TRUE(advance().ok());
    const auto left = disk->clone();
    for (std::uint64_t seed = 1; seed <= powers_failed; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        Random random(seed);
        fail_power(*left, random);
        expect_whole(3);
    }
}

TEST_F(LogMarkOnDisk, a_mark_costs_one_flush_of_a_checkpoint_and_none_of_a_commit) {
    open();
    ASSERT_TRUE(take_over().ok());
    use_log(1);
    std::uint64_t flushes = 0;
    faulty->on_operation = [&](const io::Operation& operation) {
        if (operation.kind == io::OperationKind::sync && operation.path == mark_path) ++flushes;
    };
    for (int use = 1; use <= 4; ++use) {
        ASSERT_TRUE(advance().ok() && advance().ok());
        EXPECT_EQ(flushes, static_cast<std::uint64_t>(use - 1));
        checkpoint();
        checkpoint();
        EXPECT_EQ(flushes, static_cast<std::uint64_t>(use));
    }
}

}  // namespace
}  // namespace perdure::simulation
