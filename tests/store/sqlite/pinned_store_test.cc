#include "store/sqlite/pinned_store.h"

#include "base/error.h"
#include "io/posix_file_system.h"
#include "store/sqlite/sqlite_files.h"

namespace perdure::store {
namespace {

using sqlite::page_bytes;
using sqlite::PinnedStore;

class PinnedStoreTest : public SqliteTest {
protected:
    [[nodiscard]] std::string copy() const { return directory() + "/copy.sqlite"; }
    static Status go_on() { return {}; }
};

TEST_F(PinnedStoreTest, there_is_no_store_before_its_owner_has_made_it) {
    expect_refused(PinnedStore::open(io::PosixFileSystem(), path()).status(), Code::not_found,
                   {"store.sqlite"});
    overwrite(path(), "");
    expect_refused(PinnedStore::open(io::PosixFileSystem(), path()).status(), Code::not_found,
                   {"only just begun"});
}

TEST_F(PinnedStoreTest, says_what_it_holds) {
    World world = open();
    ASSERT_OK(world.define(positions()));
    const auto pinned = *PinnedStore::open(io::PosixFileSystem(), path());
    ASSERT_OK(world.define(trades()));
    EXPECT_EQ(pinned.row().watermark.lsn, 1U);
    EXPECT_EQ(pinned.definitions(), std::vector{positions()});
}

TEST_F(PinnedStoreTest, copying_ends_when_it_is_told_to) {
    World world = open();
    auto pinned = *PinnedStore::open(io::PosixFileSystem(), path());
    expect_refused(pinned.copy_to(copy(), [] { return error(Code::expired, "enough"); }),
                   Code::expired, {"enough"});
    EXPECT_OK(pinned.copy_to(copy(), go_on));
}

TEST_F(PinnedStoreTest, a_copy_without_a_place_is_refused) {
    World world = open();
    auto pinned = *PinnedStore::open(io::PosixFileSystem(), path());
    EXPECT_FALSE(pinned.copy_to(directory() + "/missing/copy.sqlite", go_on).ok());
}

TEST_F(PinnedStoreTest, a_bad_page_is_named_and_not_copied) {
    {
        World world = open();
        ASSERT_OK(world.define(positions()));
        ASSERT_OK(world.upsert(positions(), row_range(1, 2000)));
    }
    flip_byte(path(), 9 * page_bytes + 1000);
    World world = open();
    auto pinned = *PinnedStore::open(io::PosixFileSystem(), path());
    expect_refused(pinned.copy_to(copy(), go_on), Code::corrupt,
                   {"store.sqlite page 10 at offset 36864"});
}

}  // namespace
}  // namespace perdure::store
