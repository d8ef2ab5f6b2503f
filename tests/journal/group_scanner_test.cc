#include "journal/group_scanner.h"

#include <functional>

#include "journal/file_header.h"
#include "journal/group.h"
#include "journal/test_journal.h"

namespace perdure::journal::test {
namespace {

// One file with three groups; the second one can be changed and sealed again.
class GroupScannerTest : public JournalTest {
protected:
    void SetUp() override {
        open();
        append("a");
        append("b");
        append("c");
        it.close();
    }

    void change_second(const std::function<void(GroupHeader&)>& change) {
        constexpr std::uint64_t at = std::uint64_t{4} * block_bytes;
        const std::vector<std::byte> file = it.disk->read_at_rest(path_of(1));
        std::vector<std::byte> block(file.begin() + at, file.begin() + at + block_bytes);
        auto header = load_le<GroupHeader>(block.data());
        change(header);
        store_le(block.data(), header);
        store_le(block.data() + group_checksum_offset,
                 checksum64(ByteSpan(block).first(group_checksum_offset)));
        it.disk->write_at_rest(path_of(1), at, block);
    }

    // How many groups are accepted, and why not more.
    std::pair<int, std::string> scan(std::optional<std::uint64_t> cut = std::nullopt) {
        auto reader = FileReader::open(*it.disk, path_of(1), FileReader::peek_bytes);
        EXPECT_TRUE(reader.ok());
        const HeaderFound head = read_file_header(*reader->read(0, headers_bytes));
        GroupScanner scanner(*reader, head.header, cut);
        int groups = 0;
        while (scanner.next()->has_value()) ++groups;
        return {groups, scanner.why()};
    }
};

TEST_F(GroupScannerTest, GroupsAreWalkedToTheEnd) {
    EXPECT_EQ(scan(), std::pair(3, std::string("zeros")));
}

// J-8.
TEST_F(GroupScannerTest, NothingBehindTheCutIsLookedAt) {
    EXPECT_EQ(scan(5 * block_bytes), std::pair(2, std::string("the end")));
    EXPECT_EQ(scan(4 * block_bytes), std::pair(1, std::string("the end")));
    EXPECT_EQ(scan(3 * block_bytes), std::pair(0, std::string("the end")));
}

// Somebody cut it while it was read: the header of its file still claims the rest.
TEST_F(GroupScannerTest, AFileThatEndsWithinABlockEndsThere) {
    it.disk->truncate_at_rest(path_of(1), 4 * block_bytes + 100);
    EXPECT_EQ(scan(5 * block_bytes),
              std::pair(1, std::string("the end of the file, within a block")));
}

// J-6: each of these headers is valid by itself.
TEST_F(GroupScannerTest, AHeaderThatDoesNotContinueTheJournalIsNotTaken) {
    const std::vector<std::function<void(GroupHeader&)>> changes = {
        [](GroupHeader& header) { ++header.world_tag; },
        [](GroupHeader& header) { ++header.epoch; },
        [](GroupHeader& header) { ++header.file; },
        [](GroupHeader& header) { header.offset += block_bytes; },
        [](GroupHeader& header) { ++header.group; },
        [](GroupHeader& header) { ++header.first_lsn; },
        [](GroupHeader& header) { ++header.chain_before.high; },
        [](GroupHeader& header) { header.payload_bytes = 1 << 20; },
        [](GroupHeader& header) { ++header.payload_checksum; },
    };
    for (std::size_t index = 0; index < changes.size(); ++index) {
        const auto saved = it.disk->clone();
        change_second(changes[index]);
        EXPECT_EQ(scan().first, 1) << "change " << index << ": " << scan().second;
        it.disk->write_at_rest(path_of(1), 0, saved->read_at_rest(path_of(1)));
    }
    change_second([](GroupHeader&) {});
    EXPECT_EQ(scan().first, 3);
}

TEST_F(GroupScannerTest, AHeaderChangedWhereTheJournalDoesNotLookBreaksTheChain) {
    change_second([](GroupHeader& header) { ++header.wall_us; });
    EXPECT_EQ(scan().first, 2);  // the third one knows
}

}  // namespace
}  // namespace perdure::journal::test
