// The log is written anew after a failed flush, whatever becomes of the
// attempt.
#include "store/sqlite/log_renewal.h"

#include "store/sqlite/companions.h"
#include "store/sqlite/faulty_vfs.h"
#include "store/sqlite/sqlite_files.h"

namespace perdure::store {
namespace {

class LogRenewalTest : public SqliteTest {
protected:
    [[nodiscard]] std::string note_path() const { return path() + sqlite::renewal_ending; }
    // Longer than a mebibyte: that much at once SQLite's own VFS took for nothing, and the disk for
    // full, so that no store with such a log could be opened after a failed flush.
    void SetUp() override {
        log.assign(1'200'000, '\0');
        Random(5).fill(std::as_writable_bytes(std::span(log)));
        overwrite(log_path(), log);
    }
    Status renew() { return sqlite::renew_log("faulty", path()); }
    void expect_renewed() {
        EXPECT_OK(renew());
        EXPECT_TRUE(file_bytes(log_path()) == log);
        EXPECT_FALSE(std::filesystem::exists(note_path()));
        EXPECT_EQ(disk.open_files(), 0);
    }
    // The note as an attempt leaves it that fails when the log itself is flushed.
    std::string whole_copy() {
        EXPECT_OK(sqlite::leave_renewal_note("faulty", path()));
        disk.fail(DiskOperation::sync, 2, SQLITE_IOERR_FSYNC);
        EXPECT_EQ(renew().code(), Code::io);
        disk.heal();
        return file_bytes(note_path());
    }

    FaultyVfs disk;
    std::string log;
};

TEST_F(LogRenewalTest, without_a_note_nothing_is_done) {
    disk.fail(DiskOperation::open, 1, SQLITE_CANTOPEN, true);
    EXPECT_OK(renew());
    EXPECT_FALSE(disk.has_failed());
}

TEST_F(LogRenewalTest, fails_at_every_operation_and_loses_nothing) {
    log.resize(3 * std::size_t{65'536} + 7);
    overwrite(log_path(), log);
    for (const bool for_ever : {false, true}) {
        bool has_failed = true;
        for (std::uint64_t number = 1; has_failed; ++number) {
            SCOPED_TRACE(number);
            ASSERT_OK(sqlite::leave_renewal_note("faulty", path()));
            disk.fail_any(number, for_ever);
            const Status status = renew();
            has_failed = disk.has_failed();
            disk.heal();
            EXPECT_EQ(status.ok(), !has_failed) << status.text();
            if (!status.ok()) {
                EXPECT_EQ(status.code(), Code::io);
            }
            expect_renewed();
            if (HasFailure()) return;
        }
    }
}

TEST_F(LogRenewalTest, a_full_disk_is_said_and_the_log_is_as_it_was) {
    ASSERT_OK(sqlite::leave_renewal_note("faulty", path()));
    disk.fail(DiskOperation::write, 1, SQLITE_FULL);
    expect_refused(renew(), Code::no_space, {"store.sqlite-renewal", "after a failed flush"});
    disk.heal();
    EXPECT_TRUE(file_bytes(log_path()) == log);
    expect_renewed();
}

TEST_F(LogRenewalTest, a_note_that_cannot_be_left_is_said) {
    for (const DiskOperation operation : {DiskOperation::open, DiskOperation::write}) {
        disk.fail(operation, 1, SQLITE_IOERR);
        expect_refused(sqlite::leave_renewal_note("faulty", path()), Code::io, {"-renewal"});
    }
}

TEST_F(LogRenewalTest, a_whole_copy_is_worth_more_than_half_a_log) {
    const std::string copy = whole_copy();
    EXPECT_EQ(copy.size(), log.size() + sqlite::renewal_end_bytes);
    overwrite(log_path(), log.substr(0, log.size() / 2));
    expect_renewed();
}

TEST_F(LogRenewalTest, what_is_no_whole_copy_is_not_believed) {
    const std::string copy = whole_copy();
    ASSERT_EQ(copy.size(), log.size() + sqlite::renewal_end_bytes);
    std::string bad = copy;
    bad[log.size() + sqlite::renewal_magic_at] ^= 1;
    overwrite(note_path(), bad);
    expect_renewed();
    bad = copy;
    bad[log.size() + sqlite::renewal_checksum_at] ^= 1;
    overwrite(note_path(), bad);
    expect_renewed();
    bad = copy;
    bad[log.size() / 2] ^= 1;
    overwrite(note_path(), bad);
    expect_renewed();
    overwrite(note_path(), copy.substr(0, copy.size() - 1));
    expect_renewed();
}

}  // namespace
}  // namespace perdure::store
