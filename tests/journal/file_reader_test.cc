#include "journal/file_reader.h"

#include "io/faulty_file_system.h"
#include "io/memory_file_system.h"

namespace perdure::journal::test {
namespace {

// A file whose blocks are full of their own number.
class FileReaderTest : public testing::Test {
protected:
    void make(std::uint64_t blocks) {
        auto file = disk_.open("file", {.write = true, .create = true});
        ASSERT_TRUE(file.ok());
        std::vector<std::byte> block(block_bytes);
        for (std::uint64_t number = 0; number < blocks; ++number) {
            std::fill(block.begin(), block.end(), static_cast<std::byte>(number + 1));
            ASSERT_TRUE((*file)->write_at(number * block_bytes, block).ok());
        }
        ASSERT_TRUE((*file)->sync().ok());
    }
    FileReader reader(std::uint64_t chunk_bytes = block_bytes) {
        return *FileReader::open(faulty_, "file", chunk_bytes);
    }
    // The numbers of the blocks that are read there.
    static std::vector<int> read(FileReader& from, std::uint64_t block, std::uint64_t blocks) {
        const auto bytes = from.read(block * block_bytes, blocks * block_bytes);
        EXPECT_TRUE(bytes.ok()) << bytes.status().text();
        std::vector<int> numbers;
        for (std::size_t at = 0; bytes.ok() && at < bytes->size(); at += block_bytes) {
            numbers.push_back(std::to_integer<int>((*bytes)[at]));
            EXPECT_EQ((*bytes)[at], (*bytes)[at + block_bytes - 1]);
        }
        return numbers;
    }

    io::MemoryFileSystem disk_;
    io::FaultyFileSystem faulty_{disk_};
};

TEST_F(FileReaderTest, reads_no_byte_twice_when_it_goes_on) {
    make(8);
    FileReader from = reader(2 * block_bytes);
    EXPECT_EQ(read(from, 0, 1), (std::vector{1}));
    EXPECT_EQ(read(from, 1, 3), (std::vector{2, 3, 4}));
    EXPECT_EQ(from.bytes_read(), 4 * block_bytes);
    EXPECT_EQ(read(from, 6, 1), (std::vector{7}));
    EXPECT_EQ(read(from, 3, 2), (std::vector{4, 5}));  // back again
    EXPECT_EQ(read(from, 7, 5), (std::vector{8})) << "fewer at the end";
    EXPECT_EQ(read(from, 8, 1), std::vector<int>{});
}

TEST_F(FileReaderTest, passes_over_a_bad_block_and_says_which) {
    make(4);
    faulty_.on_operation = [&](const io::Operation& operation) {
        if (operation.kind == io::OperationKind::read && operation.offset <= block_bytes &&
            operation.offset + operation.bytes > block_bytes) {
            faulty_.inject({.kind = io::OperationKind::read});
        }
    };
    FileReader from = reader(4 * block_bytes);
    EXPECT_EQ(read(from, 0, 4), (std::vector{1, 0xdb, 3, 4}));
    EXPECT_TRUE(from.unreadable(0, 2 * block_bytes));
    EXPECT_FALSE(from.unreadable(0, block_bytes));
    EXPECT_FALSE(from.unreadable(2 * block_bytes, 2 * block_bytes));
}

TEST_F(FileReaderTest, gives_up_on_a_disk_that_is_gone) {
    make(FileReader::unreadable_blocks_max + 1);
    faulty_.inject({.kind = io::OperationKind::read, .from_then_on = true});
    FileReader all_but_one = reader();
    EXPECT_TRUE(all_but_one.read(0, FileReader::unreadable_blocks_max * block_bytes).ok());
    FileReader all = reader();
    EXPECT_EQ(all.read(0, (FileReader::unreadable_blocks_max + 1) * block_bytes).status().code(),
              Code::io);
}

TEST_F(FileReaderTest, counts_a_block_that_is_cut_off_meanwhile_as_bad) {
    make(2);
    FileReader from = reader(2 * block_bytes);
    faulty_.inject({.kind = io::OperationKind::read});
    int reads = 0;
    faulty_.on_operation = [&](const io::Operation&) {
        if (++reads == 2) disk_.truncate_at_rest("file", block_bytes);
    };
    EXPECT_EQ(read(from, 0, 2), (std::vector{1, 0xdb}));
    EXPECT_TRUE(from.unreadable(block_bytes, block_bytes));
}

}  // namespace
}  // namespace perdure::journal::test
