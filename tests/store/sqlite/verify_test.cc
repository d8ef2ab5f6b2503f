#include "store/sqlite/verify.h"

#include "io/posix_file_system.h"
#include "store/sqlite/log_mark.h"
#include "store/sqlite/page_checksum.h"
#include "store/sqlite/sqlite_files.h"

namespace perdure::store {
namespace {

using sqlite::frame_bytes;
using sqlite::page_bytes;
using sqlite::StoreReport;

class VerifyTest : public SqliteTest {
protected:
    static void fill(World& world) {
        ASSERT_OK(world.define(positions()));
        ASSERT_OK(world.define(trades()));
        ASSERT_OK(world.upsert(positions(), row_range(1, 500)));
        ASSERT_OK(world.erase(positions(), {{{"id", 3}}}));
    }
    // A store as a killed process leaves it: a file and a log.
    void make_files_with_log() {
        const std::string live = directory() + "/live";
        std::filesystem::create_directory(live);
        SqliteStoreOptions elsewhere = options();
        elsewhere.path = live + "/store.sqlite";
        World world = open(elsewhere);
        fill(world);
        ASSERT_TRUE(world.store().checkpoint_step().ok());
        ASSERT_OK(world.upsert(positions(), row_range(200, 900)));
        ASSERT_OK(world.upsert(positions(), row_range(1, 40, 9.0F)));
        std::filesystem::copy_file(elsewhere.path, path());
        std::filesystem::copy_file(elsewhere.path + "-wal", log_path());
    }
    [[nodiscard]] std::string scratch() const { return directory() + "/scratch"; }
    void make_scratch() {
        std::filesystem::remove_all(scratch());
        std::filesystem::create_directory(scratch());
    }
    Status failure() { return sqlite::verify_store(files_, path(), scratch()).status(); }
    void meddle(const std::string& sql) {
        const auto vfs = *sqlite::ChecksumVfs::make("unix");
        auto meddler =
            *sqlite::Connection::open({.path = path(), .vfs = vfs->name(), .write = true});
        ASSERT_OK(meddler.run(sql));
    }
    StoreReport verify() {
        make_scratch();
        auto report = sqlite::verify_store(files_, path(), scratch());
        EXPECT_TRUE(report.ok()) << report.status().text();
        return report.ok() ? *std::move(report) : StoreReport();
    }
    // The rest is from before the log was begun anew, and means nothing.
    std::uint64_t used_log_bytes() {
        return sqlite::wal_header_bytes + verify().log_frames * frame_bytes;
    }
    static std::string text_of(const StoreReport& report) {
        std::string all;
        for (const auto& damage : report.damages) {
            all += text::format("{} page {} at {}: {}\n", damage.file, damage.page, damage.offset,
                                damage.what);
        }
        for (const std::string& note : report.notes) all += note + "\n";
        return all;
    }

private:
    io::PosixFileSystem files_;
};

TEST_F(VerifyTest, a_closed_store_is_sound) {
    {
        World world = open();
        fill(world);
    }
    const StoreReport report = verify();
    EXPECT_TRUE(report.sound()) << text_of(report);
    EXPECT_TRUE(report.notes.empty());
    EXPECT_EQ(report.pages, std::filesystem::file_size(path()) / page_bytes);
    EXPECT_EQ(report.world, test_world());
    EXPECT_EQ(report.watermark.lsn, 4U);
}

TEST_F(VerifyTest, a_store_with_a_log_is_sound_and_stays_as_it_is) {
    make_files_with_log();
    const std::string file = file_bytes(path());
    const std::string log = file_bytes(log_path());
    const StoreReport report = verify();
    EXPECT_TRUE(report.sound()) << text_of(report);
    EXPECT_GT(report.log_frames, 0U);
    EXPECT_EQ(report.watermark.lsn, 6U);
    EXPECT_EQ(file_bytes(path()), file);
    EXPECT_EQ(file_bytes(log_path()), log);
    EXPECT_FALSE(std::filesystem::exists(path() + "-shm"));
}

TEST_F(VerifyTest, every_flipped_byte_of_the_file_is_found_at_its_page) {
    {
        World world = open();
        fill(world);
    }
    const std::uint64_t bytes = std::filesystem::file_size(path());
    for (std::uint64_t at = 0; at < bytes; at += 397) {
        flip_byte(path(), at);
        const StoreReport report = verify();
        ASSERT_FALSE(report.sound()) << at;
        EXPECT_EQ(report.damages[0].page, at / page_bytes + 1);
        EXPECT_EQ(report.damages[0].offset, at / page_bytes * page_bytes);
        flip_byte(path(), at);
    }
}

TEST_F(VerifyTest, every_flipped_byte_of_the_log_is_said) {
    make_files_with_log();
    const std::uint64_t bytes = used_log_bytes();
    std::uint64_t tails = 0;
    for (std::uint64_t at = 0; at < bytes; at += 211) {
        flip_byte(log_path(), at);
        const StoreReport report = verify();
        ASSERT_TRUE(!report.sound() || !report.notes.empty()) << at << '\n' << text_of(report);
        if (report.sound()) ++tails;
        flip_byte(log_path(), at);
    }
    // What is not called damage is the last transaction, which a crash may tear.
    EXPECT_LT(tails, bytes / 211 / 2);
}

TEST_F(VerifyTest, half_a_page_at_the_end_is_damage) {
    {
        World world = open();
        fill(world);
    }
    std::filesystem::resize_file(path(), std::filesystem::file_size(path()) - 100);
    const StoreReport report = verify();
    EXPECT_FALSE(report.sound());
    EXPECT_NE(text_of(report).find("ends within the page"), std::string::npos) << text_of(report);
}

// What is left of the file may all be pages that the log has too.
TEST_F(VerifyTest, pages_that_neither_file_nor_log_has_are_damage) {
    make_files_with_log();
    const std::string whole = file_bytes(path());
    io::PosixFileSystem files;
    const sqlite::LogSurvey log = (*sqlite::look_at_log(files, path())).log;
    std::uint64_t last = whole.size() / page_bytes;
    while (log.pages.contains(static_cast<std::uint32_t>(last))) --last;
    ASSERT_GT(last, 2U);
    for (std::uint64_t left = 1; left < last; ++left) {
        for (const std::uint64_t more : {std::uint64_t{0}, std::uint64_t{700}}) {
            if (left == last - 1 && more > 0) continue;  // a part of that page is there
            overwrite(path(), whole.substr(0, left * page_bytes + more));
            const StoreReport report = verify();
            EXPECT_FALSE(report.sound()) << left << " pages and " << more;
            EXPECT_NE(text_of(report).find("the file ends before"), std::string::npos)
                << text_of(report);
        }
    }
}

TEST_F(VerifyTest, a_checkpoint_that_was_cut_off_is_no_damage) {
    make_files_with_log();
    const std::string log = file_bytes(log_path());
    const ByteSpan frame = as_bytes(log).subspan(sqlite::wal_header_bytes, frame_bytes);
    const std::uint64_t page = sqlite::load_big_endian(frame.data());
    flip_byte(path(), (page - 1) * page_bytes + 100);
    const StoreReport report = verify();
    EXPECT_TRUE(report.sound()) << text_of(report);
    EXPECT_NE(text_of(report).find("half written"), std::string::npos);
    World world = open();
    EXPECT_EQ(world.count(positions()), 900U);
}

TEST_F(VerifyTest, a_torn_tail_of_the_log_is_said_but_no_damage) {
    make_files_with_log();
    std::filesystem::resize_file(log_path(), used_log_bytes() - 10);
    const StoreReport report = verify();
    EXPECT_TRUE(report.sound()) << text_of(report);
    EXPECT_EQ(report.notes.size(), 1U);
    EXPECT_EQ(report.watermark.lsn, 5U);
}

TEST_F(VerifyTest, a_table_that_is_gone_is_damage) {
    {
        World world = open();
        fill(world);
    }
    meddle("DROP TABLE trades");
    const StoreReport report = verify();
    EXPECT_FALSE(report.sound());
    EXPECT_NE(text_of(report).find("trades"), std::string::npos) << text_of(report);
    EXPECT_EQ(text_of(report).find(scratch()), std::string::npos) << text_of(report);
}

TEST_F(VerifyTest, a_newer_format_is_no_damage) {
    { open(); }
    meddle("PRAGMA user_version = 2");
    make_scratch();
    expect_refused(failure(), Code::unsupported, {path() + " has format 2"});
}

TEST_F(VerifyTest, a_copy_that_cannot_be_read_is_no_damage) {
    { open(); }
    make_scratch();
    std::filesystem::create_directory(scratch() + "/store.sqlite-wal");
    const Status status = failure();
    expect_refused(status, Code::io, {path()});
    EXPECT_EQ(status.text().find("scratch"), std::string::npos) << status.text();
}

TEST_F(VerifyTest, a_damaged_page_is_said_once) {
    {
        World world = open();
        fill(world);
    }
    flip_byte(path(), 100);
    EXPECT_EQ(verify().damage_count, 1U);
}

TEST_F(VerifyTest, garbage_is_damage_and_not_an_endless_list) {
    std::string garbage(5'000'000, '\0');
    Random random(3);
    random.fill(std::as_writable_bytes(std::span(garbage)));
    overwrite(path(), garbage);
    const StoreReport report = verify();
    EXPECT_EQ(report.damages.size(), sqlite::damages_listed_max);
    EXPECT_GT(report.damage_count, sqlite::damages_listed_max);
}

}  // namespace
}  // namespace perdure::store
