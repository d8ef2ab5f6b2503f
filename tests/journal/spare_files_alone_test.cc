// The part alone: large files, a piece of 1 MiB at a time.
#include "journal/spare_files.h"
#include "journal/test_journal.h"

namespace perdure::journal::test {
namespace {

class SpareFilesAlone : public testing::Test {
protected:
    static constexpr std::uint64_t mib = SpareFiles::piece_bytes;

    std::uint64_t largest_after(std::uint64_t bytes) {
        const Status status = spare.make_file(bytes);
        EXPECT_TRUE(status.ok()) << status.text();
        return spare.largest();
    }
    void SetUp() override {
        ASSERT_TRUE(disk.create_directory(directory.substr(0, 5)).ok());
        ASSERT_TRUE(disk.create_directory(directory).ok());
    }

    io::MemoryFileSystem disk;
    io::FaultyFileSystem faulty{disk};
    SpareFiles spare{faulty, {directory, 3 * mib, 16 * mib, 1}};
};

TEST_F(SpareFilesAlone, a_file_is_filled_piece_by_piece) {
    EXPECT_FALSE(spare.take().has_value());
    for (int piece = 1; piece <= 2; ++piece) {
        const auto more = spare.step();
        ASSERT_TRUE(more.ok() && *more);
        EXPECT_EQ(spare.bytes_prepared(), static_cast<std::uint64_t>(piece) * mib);
        EXPECT_EQ(spare.largest(), 0U);
    }
    EXPECT_FALSE(*spare.step());
    EXPECT_EQ(spare.take()->bytes, 3 * mib);
}

TEST_F(SpareFilesAlone, a_piece_that_fails_ends_the_file_and_the_next_step_begins_another) {
    ASSERT_TRUE(spare.step().ok());
    faulty.inject({.kind = io::OperationKind::write});
    EXPECT_EQ(spare.step().status().code(), Code::io);
    EXPECT_EQ(spare.bytes_on_disk(), 0U);
    while (*spare.step()) {
    }
    EXPECT_EQ(joined(*disk.list(directory)), file_name(1));
}

TEST_F(SpareFilesAlone, a_file_that_is_being_filled_is_finished_for_whoever_waits) {
    ASSERT_TRUE(spare.step().ok());
    EXPECT_EQ(largest_after(2 * mib), 3 * mib);
    EXPECT_EQ(spare.bytes_on_disk(), 3 * mib);
}

TEST_F(SpareFilesAlone, a_file_that_is_being_filled_becomes_as_large_as_is_needed) {
    ASSERT_TRUE(spare.step().ok());
    EXPECT_EQ(largest_after(5 * mib), 5 * mib);
    EXPECT_EQ(spare.bytes_on_disk(), 5 * mib);
}

TEST_F(SpareFilesAlone, a_file_that_is_being_filled_stays_within_the_budget) {
    ASSERT_TRUE(spare.step().ok());
    EXPECT_EQ(spare.make_file(17 * mib).code(), Code::busy);
    EXPECT_EQ(spare.bytes_on_disk(), 3 * mib);
    EXPECT_FALSE(*spare.step() && *spare.step()) << "it goes on as it was";
}

TEST_F(SpareFilesAlone, a_file_that_is_taken_while_it_grows_is_used_as_it_was) {
    while (*spare.step()) {
    }
    std::optional<PreparedFile> taken;
    faulty.on_operation = [&](const io::Operation& operation) {
        if (operation.kind == io::OperationKind::write && !taken) taken = spare.take();
    };
    EXPECT_EQ(largest_after(4 * mib), 4 * mib);
    EXPECT_EQ(taken->bytes, 3 * mib);
    EXPECT_EQ(*(*disk.open(path_of(1), {}))->size(), 3 * mib);
    EXPECT_EQ(spare.take()->sequence, 2U);
    EXPECT_EQ(spare.bytes_on_disk(), 7 * mib);
}

TEST_F(SpareFilesAlone, a_file_that_is_taken_while_it_grows_leaves_the_next_one_as_it_is) {
    SpareFiles two(faulty, {directory, 3 * mib, 16 * mib, 2});
    while (*two.step()) {
    }
    std::optional<PreparedFile> taken;
    faulty.on_operation = [&](const io::Operation& operation) {
        if (operation.kind == io::OperationKind::write && !taken) taken = two.take();
    };
    ASSERT_TRUE(two.make_file(4 * mib).ok());
    EXPECT_EQ(*(*disk.open(path_of(1), {}))->size(), 3 * mib);
    EXPECT_EQ(two.take()->bytes, 4 * mib) << "the second one grew instead";
    EXPECT_EQ(two.bytes_on_disk(), 7 * mib);
}

}  // namespace
}  // namespace perdure::journal::test
