// Damage at rest is noticed when it is read, and named by page and offset.
#include "store/sqlite/checksum_vfs.h"

#include "store/sqlite/page_checksum.h"
#include "store/sqlite/sqlite_files.h"

namespace perdure::store {
namespace {

using sqlite::frame_bytes;
using sqlite::page_bytes;

class ChecksumVfsTest : public SqliteTest {
protected:
    // A store of some pages, closed: all of it in the file.
    void make_file() {
        World world = open();
        ASSERT_OK(world.define(positions()));
        ASSERT_OK(world.define(named_values()));
        ASSERT_OK(world.upsert(positions(), row_range(1, 2000)));
        ASSERT_OK(world.upsert(named_values(),
                               {{{"collection", "a"}, {"name", "b"}, {"content", Bytes(30'000)}}}));
    }
    // Reads all of it; the first error, if there is one.
    Status read_all() {
        auto store = SqliteStore::open(options());
        if (!store.ok()) return store.status();
        auto snapshot = (*store)->snapshot();
        if (!snapshot.ok()) return snapshot.status();
        for (const TableDefinition& table : {positions(), named_values()}) {
            const auto rows = (*snapshot)->scan(table, nullptr, 0, every_row);
            if (!rows.ok()) return rows.status();
        }
        return {};
    }
};

TEST_F(ChecksumVfsTest, every_page_of_a_closed_store_is_sealed) {
    make_file();
    const std::string bytes = file_bytes(path());
    ASSERT_GT(bytes.size(), 10 * page_bytes);
    ASSERT_EQ(bytes.size() % page_bytes, 0U);
    EXPECT_TRUE(sqlite::has_page_checksums(as_bytes(bytes)));
    for (std::size_t at = 0; at < bytes.size(); at += page_bytes) {
        const ByteSpan page = as_bytes(bytes).subspan(at, page_bytes);
        EXPECT_TRUE(sqlite::page_is_whole(page, at / page_bytes + 1)) << at;
        EXPECT_FALSE(sqlite::page_is_whole(page, at / page_bytes + 2))
            << at;  // in another page's place
    }
}

TEST_F(ChecksumVfsTest, a_flipped_byte_in_any_page_is_corrupt_when_it_is_read) {
    make_file();
    const std::string whole = file_bytes(path());
    ASSERT_OK(read_all());
    std::size_t noticed = 0;
    for (std::uint64_t page = 0; page < whole.size() / page_bytes; ++page) {
        for (const std::uint64_t in_page :
             {std::uint64_t{50}, page_bytes / 2 + page * 7 % 1000, std::uint64_t{page_bytes} - 1}) {
            flip_byte(path(), page * page_bytes + in_page);
            const Status status = read_all();
            if (!status.ok()) {
                ++noticed;
                expect_refused(status, Code::corrupt,
                               {"store.sqlite",
                                text::format("page {} at offset {}", page + 1, page * page_bytes)});
            }
            overwrite(path(), whole);
        }
    }
    // All but the catalog's index, which no one reads.
    EXPECT_GE(noticed + 3, 3 * whole.size() / page_bytes);
    EXPECT_OK(read_all());
}

TEST_F(ChecksumVfsTest, a_flipped_byte_anywhere_in_the_header_is_noticed) {
    make_file();
    for (std::uint64_t at = 0; at < sqlite::header_bytes; ++at) {
        flip_byte(path(), at);
        const Status status = read_all();
        EXPECT_TRUE(status.code() == Code::corrupt || status.code() == Code::unsupported ||
                    status.code() == Code::invalid)
            << at << ' ' << status.text();
        flip_byte(path(), at);
    }
    EXPECT_OK(read_all());
}

TEST_F(ChecksumVfsTest, pages_that_changed_places_are_corrupt) {
    make_file();
    std::string bytes = file_bytes(path());
    const std::string second_to_last = bytes.substr(bytes.size() - 2 * page_bytes, page_bytes);
    bytes.replace(bytes.size() - page_bytes, page_bytes, second_to_last);
    overwrite(path(), bytes);
    EXPECT_EQ(read_all().code(), Code::corrupt);
}

TEST_F(ChecksumVfsTest, an_empty_page_is_corrupt) {
    make_file();
    std::string bytes = file_bytes(path());
    bytes.replace(bytes.size() - page_bytes, page_bytes, page_bytes, '\0');
    overwrite(path(), bytes);
    EXPECT_EQ(read_all().code(), Code::corrupt);
}

// SQLite reads zeros where a file ends, and cells of zeros are rows of key 0.
TEST_F(ChecksumVfsTest, a_page_that_the_file_ends_within_or_before_is_corrupt) {
    make_file();
    const std::string whole = file_bytes(path());
    for (const std::size_t left : {page_bytes - 1, page_bytes / 2 + 3, 100U, 0U}) {
        overwrite(path(), whole.substr(0, whole.size() - page_bytes + left));
        EXPECT_EQ(read_all().code(), Code::corrupt) << left;
    }
    overwrite(path(), whole);
    EXPECT_OK(read_all());
}

// What SQLite keeps beside a file that had no pages while its first transaction
// is under way.
std::string journal_of_an_empty_file() {
    std::string header(512, '\0');
    const std::string magic = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
    header.replace(0, magic.size(), magic);
    header[22] = 2;     // sectors of 512 bytes, big-endian at 20
    header[26] = 0x10;  // pages of 4,096 bytes, at 24
    return header;
}

// The simulator found it: a power failure in the middle of the first
// transaction left a world that nobody could open.
TEST_F(ChecksumVfsTest, a_new_file_that_is_rolled_back_to_nothing_begins_anew) {
    make_file();
    overwrite(path(), file_bytes(path()).substr(0, page_bytes));
    overwrite(path() + "-journal", journal_of_an_empty_file());
    World world = open();
    EXPECT_OK(world.define(positions()));
    EXPECT_FALSE(std::filesystem::exists(path() + "-journal"));
}

TEST_F(ChecksumVfsTest, a_page_that_goes_bad_in_the_log_is_not_read) {
    World world = open();
    ASSERT_OK(world.define(positions()));
    ASSERT_OK(world.upsert(positions(), row_range(1, 2000)));
    const std::uint64_t frames =
        (std::filesystem::file_size(log_path()) - sqlite::wal_header_bytes) / frame_bytes;
    flip_byte(log_path(), sqlite::wal_header_bytes + (frames - 2) * frame_bytes + 1000);
    const auto rows = world.snapshot()->scan(positions(), nullptr, 0, every_row);
    expect_refused(rows.status(), Code::corrupt, {"-wal", text::format("frame {}", frames - 1)});
}

TEST_F(ChecksumVfsTest, a_page_that_goes_bad_in_the_log_is_not_copied_into_the_file) {
    World world = open();
    ASSERT_OK(world.define(positions()));
    ASSERT_OK(world.upsert(positions(), row_range(1, 2000)));
    const std::uint64_t frames =
        (std::filesystem::file_size(log_path()) - sqlite::wal_header_bytes) / frame_bytes;
    flip_byte(log_path(), sqlite::wal_header_bytes + (frames - 2) * frame_bytes + 1000);
    expect_refused(world.store().checkpoint_step().status(), Code::corrupt,
                   {"-wal", text::format("frame {}", frames - 1)});
    EXPECT_EQ(world.store().watermarks()->safe, 0U);
}

TEST_F(ChecksumVfsTest, a_transaction_larger_than_the_cache_reads_its_own_frames) {
    SqliteStoreOptions tiny = options();
    tiny.cache_mib = 1;
    World world = open(tiny);
    ASSERT_OK(world.define(positions()));
    const TableDefinition table = positions();
    std::vector<Change> changes;
    for (int part = 0; part < 4; ++part) {  // the same pages again and again, in one transaction
        changes.push_back(upsert_of(table, row_range(1, 100'000, static_cast<float>(part))));
    }
    ASSERT_OK(world.step(std::span<const Change>(changes)));
    EXPECT_EQ(world.count(table), 100'000U);
    EXPECT_EQ(world.found(table, {{{"id", 77'777}}}), "id=77777 x=3 y=0");
    ASSERT_TRUE(world.store().checkpoint_step().ok());
    EXPECT_EQ(world.found(table, {{{"id", 77'777}}}), "id=77777 x=3 y=0");
}

TEST_F(ChecksumVfsTest, what_another_program_wrote_has_no_checksums) {
    make_file();
    EXPECT_EQ(PlainSqlite(path(), SQLITE_OPEN_READWRITE).ask("UPDATE position SET x = 8"), "");
    EXPECT_EQ(read_all().code(), Code::corrupt);
}

// As SQLite reads the ends of large values where its build asks for it: past its cache.
TEST_F(ChecksumVfsTest, a_part_of_a_page_is_judged_with_all_of_it) {
    make_file();
    const auto part = [&](std::uint64_t offset, int bytes) {
        const auto vfs = *sqlite::ChecksumVfs::make("unix");
        auto connection = *sqlite::Connection::open({.path = path(), .vfs = vfs->name()});
        EXPECT_GT(*connection.number("SELECT count(*) FROM sqlite_schema"), 0);
        sqlite3_file* file = nullptr;
        sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
        std::string into(static_cast<std::size_t>(bytes), '?');
        const int outcome =
            file->pMethods->xRead(file, into.data(), bytes, static_cast<sqlite3_int64>(offset));
        if (outcome == SQLITE_OK) {
            EXPECT_EQ(into, file_bytes(path()).substr(offset, into.size()));
        }
        return outcome;
    };
    const std::uint64_t size = std::filesystem::file_size(path());
    EXPECT_EQ(part(5 * page_bytes + 100, 1000), SQLITE_OK);
    EXPECT_EQ(part(5 * page_bytes, 1000), SQLITE_OK);
    EXPECT_EQ(part(5 * page_bytes + 100, page_bytes), SQLITE_OK);  // of two pages: not judged
    EXPECT_EQ(part(size + 100, 1000), SQLITE_IOERR_DATA);
    flip_byte(path(), 5 * page_bytes + 3000);
    EXPECT_EQ(part(5 * page_bytes + 100, 1000), SQLITE_IOERR_DATA);
    EXPECT_EQ(part(6 * page_bytes + 100, 1000), SQLITE_OK);
}

// Only whole pages are sealed.
TEST_F(ChecksumVfsTest, what_is_written_is_sealed_if_it_is_a_page) {
    make_file();
    const auto vfs = *sqlite::ChecksumVfs::make("unix");
    auto connection =
        *sqlite::Connection::open({.path = path(), .vfs = vfs->name(), .write = true});
    EXPECT_GT(*connection.number("SELECT count(*) FROM sqlite_schema"), 0);
    sqlite3_file* file = nullptr;
    sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
    const std::string page(page_bytes, 'p');
    const auto written = [&](std::uint64_t offset, int bytes) {
        EXPECT_EQ(
            file->pMethods->xWrite(file, page.data(), bytes, static_cast<sqlite3_int64>(offset)),
            SQLITE_OK);
        return file_bytes(path()).substr(offset, static_cast<std::size_t>(bytes));
    };
    EXPECT_NE(written(5 * page_bytes, page_bytes), page);
    EXPECT_EQ(written(5 * page_bytes + 8, page_bytes), page);
    EXPECT_EQ(written(5 * page_bytes, 100), page.substr(0, 100));
}

// Of the first version of the interface, without a clock that counts milliseconds.
TEST_F(ChecksumVfsTest, an_old_vfs_below_has_the_time_too) {
    sqlite3_vfs old = *sqlite3_vfs_find("unix");
    old.pNext = nullptr;
    old.zName = "old";
    for (const int version : {1, 2}) {
        old.iVersion = version;
        old.xCurrentTimeInt64 = nullptr;
        sqlite3_vfs_register(&old, 0);
        {
            const auto vfs = *sqlite::ChecksumVfs::make("old");
            auto connection = *sqlite::Connection::open(
                {.path = path(), .vfs = vfs->name(), .write = true, .create = true});
            EXPECT_EQ(*connection.number("SELECT abs(julianday('now') - 2440587.5 -"
                                         " strftime('%s', 'now') / 86400.0) < 0.001"),
                      1);
        }
        sqlite3_vfs_unregister(&old);
    }
}

TEST(PageChecksum, covers_all_but_the_reserved_bytes_and_knows_its_page) {
    std::vector<std::byte> page(page_bytes);
    Random(7).fill(page);
    sqlite::seal_page(page, 3);
    EXPECT_TRUE(sqlite::page_is_whole(page, 3));
    EXPECT_FALSE(sqlite::page_is_whole(page, 4));
    for (std::size_t at = 0; at < page.size(); at += 61) {
        page[at] ^= std::byte{1};
        EXPECT_FALSE(sqlite::page_is_whole(page, 3)) << at;
        page[at] ^= std::byte{1};
    }
}

}  // namespace
}  // namespace perdure::store
