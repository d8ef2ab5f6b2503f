// A log that is damaged where a checkpoint has begun to copy it is refused, and nothing else is:
// found by the simulator as rows that were missing without a word.
#include "store/sqlite/log_mark.h"

#include "io/posix_file_system.h"
#include "store/sqlite/companions.h"
#include "store/sqlite/page_checksum.h"
#include "store/sqlite/sqlite_files.h"
#include "store/sqlite/verify.h"

namespace perdure::store {
namespace {

using sqlite::frame_bytes;
using sqlite::frame_header_bytes;
using sqlite::page_bytes;
using sqlite::wal_header_bytes;

class CutLogTest : public SqliteTest {
protected:
    // What lies on the disk at some moment of a store's life, as a killed process leaves it.
    struct Disk {
        std::string file, log, mark;
        [[nodiscard]] std::uint64_t frames() const {
            return (log.size() - wal_header_bytes) / frame_bytes;
        }
    };

    // Three moments: commits, a checkpoint of them, more commits behind it in the same log. A
    // snapshot keeps the log from being begun anew.
    void live() {
        std::filesystem::create_directory(directory() + "/live");
        SqliteStoreOptions elsewhere = options();
        elsewhere.path = live_path();
        World world = open(elsewhere);
        ASSERT_OK(world.define(positions()));
        ASSERT_OK(world.upsert(positions(), row_range(1, 300)));
        ASSERT_TRUE(world.store().checkpoint_step().ok());  // the log is begun anew after it
        ASSERT_OK(world.upsert(positions(), row_range(200, 500, 1.0F)));
        const auto reader = *world.store().snapshot();
        ASSERT_OK(world.upsert(positions(), row_range(601, 900, 2.0F)));
        before_ = disk_of_live();
        // Half of it: as far as the snapshot allows.
        ASSERT_TRUE(world.store().checkpoint_step().ok());
        ASSERT_OK(world.upsert(positions(), row_range(1, 40, 3.0F)));
        after_half_ = disk_of_live();
    }
    // The same without the reader: a checkpoint that is complete.
    void live_to_the_end() {
        std::filesystem::create_directory(directory() + "/live");
        SqliteStoreOptions elsewhere = options();
        elsewhere.path = live_path();
        World world = open(elsewhere);
        ASSERT_OK(world.define(positions()));
        ASSERT_OK(world.upsert(positions(), row_range(1, 300)));
        ASSERT_OK(world.upsert(positions(), row_range(100, 500, 1.0F)));
        before_ = disk_of_live();
        ASSERT_TRUE(world.store().checkpoint_step().ok());
        complete_ = disk_of_live();
        ASSERT_OK(world.upsert(positions(), row_range(1, 3, 7.0F)));
        begun_anew_ = disk_of_live();
    }
    [[nodiscard]] std::string mark_path() const { return path() + sqlite::mark_ending; }
    [[nodiscard]] std::string live_path() const { return directory() + "/live/store.sqlite"; }
    Disk disk_of_live() const {
        return {file_bytes(live_path()), file_bytes(live_path() + "-wal"),
                file_bytes(live_path() + sqlite::mark_ending)};
    }
    void put(const Disk& disk) {
        std::filesystem::remove(path() + "-shm");
        overwrite(path(), disk.file);
        overwrite(log_path(), disk.log);
        overwrite(mark_path(), disk.mark);
    }

    static std::uint64_t frame(std::uint64_t index) {
        return wal_header_bytes + index * frame_bytes;
    }
    // What `after` has and `before` had not is half written: every other page.
    static std::string half_of(const std::string& before, const std::string& after) {
        std::string half = after;
        for (std::size_t at = 0; at < std::min(before.size(), after.size()); at += 2 * page_bytes) {
            half.replace(at, page_bytes, before.substr(at, page_bytes));
        }
        return half;
    }

    // The header is whole, and one bit of it is another.
    static std::string with_header_changed(std::string log, std::size_t at) {
        log[at] = static_cast<char>(log[at] ^ 1);
        sqlite::WalChecksum sum;
        sum.add(as_bytes(log).first(sqlite::wal_header_checksum_at));
        const std::uint32_t words[] = {__builtin_bswap32(sum.first), __builtin_bswap32(sum.second)};
        std::memcpy(log.data() + sqlite::wal_header_checksum_at, words, sizeof words);
        return log;
    }
    // How many frames the log has up to each of its commits.
    static std::vector<std::uint64_t> commits(const Disk& disk) {
        std::vector<std::uint64_t> found;
        for (std::uint64_t index = 0; index < disk.frames(); ++index) {
            const std::string commit = disk.log.substr(frame(index) + sqlite::frame_commit_at, 4);
            if (commit != std::string(4, '\0')) found.push_back(index + 1);
        }
        return found;
    }
    bool is_marked(std::uint64_t frames) {
        std::filesystem::remove(mark_path());
        sqlite::LogMarker marker("unix", path(), frames);
        EXPECT_EQ(marker.before_copy(), SQLITE_OK);
        EXPECT_OK(marker.take_failure());
        return std::filesystem::exists(mark_path());
    }

    void expect_cut(const std::string& words = "begun to copy") {
        expect_refused(refused(), Code::corrupt, {log_path(), words, "perdure repair"});
        const std::string scratch = directory() + "/scratch";
        std::filesystem::remove_all(scratch);
        std::filesystem::create_directory(scratch);
        io::PosixFileSystem files;
        const auto report = sqlite::verify_store(files, path(), scratch);
        ASSERT_TRUE(report.ok()) << report.status().text();
        EXPECT_TRUE(report->log_is_cut);
        ASSERT_FALSE(report->damages.empty());
        EXPECT_EQ(report->damages[0].file, log_path());
        EXPECT_NE(report->damages[0].what.find(words), std::string::npos);
    }
    void expect_sound() {
        const std::string scratch = directory() + "/scratch";
        std::filesystem::remove_all(scratch);
        std::filesystem::create_directory(scratch);
        io::PosixFileSystem files;
        const auto report = sqlite::verify_store(files, path(), scratch);
        ASSERT_TRUE(report.ok()) << report.status().text();
        EXPECT_TRUE(report->sound()) << report->damages.front().what;
    }
    void expect_opens(Lsn at) {
        const auto store = SqliteStore::open(options());
        ASSERT_TRUE(store.ok()) << store.status().text();
        EXPECT_EQ((*store)->watermarks()->visible.lsn, at);
    }
    void expect_opens() { EXPECT_OK(refused()); }

    Disk before_, after_half_, complete_, begun_anew_;
};

TEST_F(CutLogTest, what_a_checkpoint_leaves_opens_at_every_moment) {
    live_to_the_end();
    for (const Disk& disk : {before_, complete_, begun_anew_}) {
        put(disk);
        expect_opens();
    }
    Disk cut_off = complete_;
    cut_off.file = half_of(before_.file, complete_.file);
    put(cut_off);
    expect_opens(3);
}

TEST_F(CutLogTest, a_bit_of_any_copied_frame_is_refused) {
    live_to_the_end();
    ASSERT_GT(complete_.frames(), 4U);
    for (std::uint64_t index = 0; index < complete_.frames(); ++index) {
        for (const std::uint64_t at : {std::uint64_t{1}, std::uint64_t{9}, std::uint64_t{17},
                                       std::uint64_t{frame_header_bytes + 2000}}) {
            for (const bool half : {false, true}) {
                Disk disk = complete_;
                if (half) disk.file = half_of(before_.file, complete_.file);
                put(disk);
                flip_byte(log_path(), frame(index) + at);
                expect_refused(refused(), Code::corrupt, {log_path(), "begun to copy"});
            }
        }
    }
    expect_cut();
}

TEST_F(CutLogTest, a_lost_write_of_a_copied_frame_is_refused) {
    live_to_the_end();
    Disk disk = complete_;
    const std::uint64_t last = complete_.frames() - 1;
    disk.log.replace(frame(last), frame_bytes, std::string(frame_bytes, '\0'));
    put(disk);
    expect_cut();
    disk.log.resize(frame(last));
    put(disk);
    expect_cut();
}

TEST_F(CutLogTest, a_bit_of_the_header_is_refused_if_the_file_is_half_copied) {
    live_to_the_end();
    for (const std::uint64_t at : {0U, 8U, 12U, 16U, 20U, 24U, 31U}) {
        Disk disk = complete_;
        disk.file = half_of(before_.file, complete_.file);
        put(disk);
        flip_byte(log_path(), at);
        expect_cut("header");
    }
}

TEST_F(CutLogTest, a_header_torn_where_the_log_is_begun_anew_opens) {
    live_to_the_end();
    ASSERT_FALSE(begun_anew_.log.starts_with(complete_.log.substr(0, wal_header_bytes)));
    for (std::size_t written = 0; written <= wal_header_bytes; ++written) {
        Disk disk = complete_;
        disk.log.replace(0, written, begun_anew_.log.substr(0, written));
        put(disk);
        expect_sound();
        expect_opens(3);
    }
}

TEST_F(CutLogTest, the_header_of_the_use_before_is_refused_if_the_file_is_half_copied) {
    live_to_the_end();
    Disk disk = complete_;
    disk.file = half_of(before_.file, complete_.file);
    put(disk);
    expect_opens();
    // As a lost write of the header leaves it: whole, and of other salts; each of the two may be.
    for (const std::size_t salt : {sqlite::wal_header_salts_at, sqlite::wal_header_salts_at + 4}) {
        disk.log = with_header_changed(complete_.log, salt);
        put(disk);
        expect_cut("header");
    }
}

// The file has it all, but what is left of the log does not show it.
TEST_F(CutLogTest, a_torn_header_is_refused_if_a_marked_frame_below_it_is_not_what_it_was) {
    live_to_the_end();
    Disk disk = complete_;
    disk.log[9] = static_cast<char>(disk.log[9] ^ 1);
    put(disk);
    expect_opens(3);
    const std::uint64_t last = complete_.frames() - 1;
    put(disk);
    flip_byte(log_path(), frame(last) + frame_header_bytes + 100);
    expect_cut("header");
    put(disk);
    std::filesystem::resize_file(log_path(), frame(last) + 10);
    expect_cut("header");
    put(disk);
    std::filesystem::resize_file(path(), complete_.file.size() - page_bytes);
    expect_refused(refused(), Code::corrupt, {log_path(), "header", "perdure repair"});
    std::filesystem::remove(path());
    EXPECT_FALSE(sqlite::look_at_log("unix", path())->cut.what.empty());
}

// While the store was open: what it marks then has the damaged header.
TEST_F(CutLogTest, a_header_that_was_torn_before_it_was_marked_is_judged_by_the_file) {
    live_to_the_end();
    Disk disk = complete_;
    disk.log[9] = static_cast<char>(disk.log[9] ^ 1);
    put(disk);
    ASSERT_TRUE(is_marked(complete_.frames()));
    disk.mark = file_bytes(mark_path());
    expect_sound();
    expect_opens(3);
    disk.file = half_of(before_.file, complete_.file);
    put(disk);
    expect_cut("header");
}

// Another program has copied all of the log, and begun it anew.
TEST_F(CutLogTest, what_no_longer_ends_in_a_commit_of_this_use_is_not_marked) {
    live_to_the_end();
    put(complete_);
    EXPECT_TRUE(is_marked(commits(complete_).back()));
    ASSERT_GT(commits(complete_)[0], 1U);
    EXPECT_FALSE(is_marked(1));
    put(begun_anew_);
    EXPECT_TRUE(is_marked(commits(begun_anew_)[0]));
    EXPECT_FALSE(is_marked(begun_anew_.frames()));
}

TEST_F(CutLogTest, a_mark_that_another_took_back_is_made_again) {
    live_to_the_end();
    put(complete_);
    const std::vector<std::uint64_t> at = commits(complete_);
    ASSERT_GT(at.size(), 1U);
    sqlite::LogMarker marker("unix", path(), at[0]);
    EXPECT_EQ(marker.before_copy(), SQLITE_OK);
    ASSERT_OK(sqlite::forget_mark("unix", path(), true));
    marker.committed(at.back());
    EXPECT_EQ(marker.before_copy(), SQLITE_OK);
    flip_byte(log_path(), frame(0) + frame_header_bytes + 100);
    expect_cut();
}

// A log that could not be flushed is written anew before anybody judges it.
TEST_F(CutLogTest, a_log_that_will_be_renewed_is_not_judged_at_rest) {
    live_to_the_end();
    put(complete_);
    flip_byte(log_path(), frame(0) + frame_header_bytes + 100);
    io::PosixFileSystem files;
    EXPECT_FALSE(sqlite::look_at_log(files, path())->cut.what.empty());
    overwrite(path() + sqlite::renewal_ending, "");
    EXPECT_TRUE(sqlite::look_at_log(files, path())->cut.what.empty());
}

TEST_F(CutLogTest, frames_that_no_checkpoint_has_begun_to_copy_may_be_torn) {
    live();
    const std::uint64_t frames = after_half_.frames();
    std::uint64_t opened = 0;
    bool refuses = false;
    for (std::uint64_t index = frames; index-- > 0;) {
        put(after_half_);
        flip_byte(log_path(), frame(index) + frame_header_bytes + 100);
        const bool opens = refused().ok();
        EXPECT_FALSE(opens && refuses) << index;  // once marked, all before it are
        refuses = refuses || !opens;
        if (opens) ++opened;
    }
    EXPECT_TRUE(refuses);
    EXPECT_GT(opened, 0U);
    // Nothing was copied yet: the journal has it all.
    for (std::uint64_t index = 0; index < before_.frames(); ++index) {
        Disk disk = before_;
        put(disk);
        flip_byte(log_path(), frame(index) + frame_header_bytes + 100);
        expect_opens();
    }
}

TEST_F(CutLogTest, a_mark_that_is_torn_or_gone_leaves_the_one_before) {
    live_to_the_end();
    for (std::uint64_t copy = 0; copy < sqlite::mark_copies; ++copy) {
        for (std::uint64_t slot = 0; slot < sqlite::mark_slots; ++slot) {
            const std::uint64_t from =
                copy * sqlite::mark_copy_bytes + slot * sqlite::mark_slot_bytes;
            for (std::uint64_t at = from; at < from + sqlite::mark_bytes; at += 5) {
                put(complete_);
                flip_byte(mark_path(), at);
                expect_opens();
            }
        }
    }
    Disk disk = complete_;
    disk.mark.resize(4096 + 30);  // as a power failure leaves the first one
    put(disk);
    expect_opens(3);
    put(complete_);
    std::filesystem::remove(mark_path());
    expect_opens(3);
}

// Either copy is enough: what damages the log may hit one of them as well.
TEST_F(CutLogTest, one_copy_of_a_mark_speaks_for_both) {
    live_to_the_end();
    for (std::uint64_t copy = 0; copy < sqlite::mark_copies; ++copy) {
        Disk disk = complete_;
        disk.mark.replace(copy * sqlite::mark_copy_bytes, 2 * sqlite::mark_slot_bytes,
                          std::string(2 * sqlite::mark_slot_bytes, '\x11'));
        put(disk);
        flip_byte(log_path(), frame(0) + frame_header_bytes + 100);
        expect_cut();
    }
}

// A header of the next use is flushed before its first frame, and those reach the disk in any
// order. It was taken for a damaged header of the use before, if the first one was missing.
TEST_F(CutLogTest, frames_of_the_next_use_may_reach_the_disk_in_any_order) {
    live_to_the_end();
    std::uint64_t of_next = 0;
    while (begun_anew_.log.compare(frame(of_next), frame_bytes, complete_.log, frame(of_next),
                                   frame_bytes) != 0) {
        ++of_next;
    }
    ASSERT_GE(of_next, 2U);
    ASSERT_LT(of_next, complete_.frames());
    for (std::uint64_t kept = 0; kept < std::uint64_t{1} << of_next; ++kept) {
        Disk disk = begun_anew_;
        for (std::uint64_t index = 0; index < of_next; ++index) {
            if ((kept >> index & 1) != 0) continue;
            disk.log.replace(frame(index), frame_bytes, complete_.log, frame(index), frame_bytes);
        }
        put(disk);
        expect_opens();
    }
}

// SQLite draws new salts below a header that it cannot read: they say nothing of those before.
TEST_F(CutLogTest, a_log_begun_anew_below_a_torn_header_has_no_mark) {
    live_to_the_end();
    Disk disk = complete_;
    disk.log.replace(10, 12, std::string(12, '\x5a'));
    put(disk);
    {
        World world = open();
        ASSERT_OK(world.upsert(positions(), row_range(1, 3, 7.0F)));
        disk = {file_bytes(path()), file_bytes(log_path()), file_bytes(mark_path())};
    }
    ASSERT_EQ(disk.frames(), complete_.frames());  // those of the use before lie behind
    put(disk);
    expect_opens(4);
    put(disk);
    flip_byte(log_path(), frame(0) + frame_header_bytes + 100);
    expect_opens(3);
}

TEST_F(CutLogTest, other_programs_read_the_file_beside_its_mark) {
    live_to_the_end();
    put(begun_anew_);
    PlainSqlite other(path());
    EXPECT_EQ(other.ask("SELECT count(*) FROM position"), "500");
    EXPECT_EQ(other.ask("SELECT count(*) FROM position WHERE x = 7.0"), "3");
}

TEST_F(CutLogTest, a_private_copy_marks_nothing_and_takes_back_what_it_must) {
    live_to_the_end();
    Disk disk = complete_;
    disk.log.replace(10, 12, std::string(12, '\x5a'));
    put(disk);
    SqliteStoreOptions copy = options();
    copy.throwaway = true;
    for (int life = 0; life < 2; ++life) {
        World world = open(copy);
        ASSERT_OK(world.upsert(positions(), row_range(1, 3, static_cast<float>(life))));
    }
    const std::string mark = file_bytes(mark_path());
    World world = open(copy);
    ASSERT_TRUE(world.store().checkpoint_step().ok());
    EXPECT_EQ(file_bytes(mark_path()), mark);
}

TEST_F(CutLogTest, a_mark_of_another_use_says_nothing) {
    live_to_the_end();
    put(begun_anew_);
    flip_byte(log_path(), frame(0) + frame_header_bytes + 100);
    expect_opens(3);
}

TEST_F(CutLogTest, a_copied_frame_is_refused_by_the_next_life_too) {
    live_to_the_end();
    put(complete_);
    for (int life = 0; life < 3; ++life) {
        World world = open();
        ASSERT_OK(world.upsert(positions(), row_range(1, 9, static_cast<float>(life))));
        ASSERT_TRUE(world.store().checkpoint_step().ok());
        const std::string log = file_bytes(log_path());
        const std::string file = file_bytes(path());
        const std::string mark = file_bytes(mark_path());
        const std::string other = directory() + "/other";
        std::filesystem::create_directories(other);
        SqliteStoreOptions there = options();
        there.path = other + "/store.sqlite";
        overwrite(there.path, file);
        overwrite(there.path + "-wal", log);
        overwrite(there.path + "-mark", mark);
        flip_byte(there.path + "-wal", frame(0) + frame_header_bytes + 100);
        expect_refused(SqliteStore::open(there).status(), Code::corrupt, {"begun to copy"});
        std::filesystem::remove_all(other);
    }
}

}  // namespace
}  // namespace perdure::store
