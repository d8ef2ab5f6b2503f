// docs/format/journal.md has a worked example: the bytes must be those.
#include "model/format_page.h"

#include "journal/file_header.h"
#include "journal/frame.h"
#include "journal/group.h"
#include "journal/test_journal.h"

namespace perdure::journal::test {
namespace {

// File 3 of the world 01…10, begun at LSN 8 under epoch 2, without definitions.
std::vector<std::byte> example_head() {
    FileHeader header;
    header.world = world_of(16);
    header.epoch = 2;
    header.sequence = 3;
    header.first_group = 5;
    header.first_lsn = 8;
    header.chain = {0x1111111111111111, 0x2222222222222222};
    header.previous_file = 2;
    header.previous_bytes = 16384;
    header.durable_lsn = 7;
    header.file_bytes = 65536;
    header.wall_us = 1'700'000'000'000'000;
    IoBuffer buffer;
    const ByteSpan head = encode_file_head(header, 0, {}, buffer);
    return {head.begin(), head.end()};
}

// Its first group: LSN 8, tick 20, one row of table 7, version 1: key 300, text "hi".
std::vector<std::byte> example_group() {
    TableDefinition table = notes();
    table.id = 7;
    ChangeSet changes = note(table, 300, "hi");
    changes.lsn = 8;
    changes.tick = 20;
    GroupHeader header;
    header.group = 5;
    header.epoch = 2;
    header.world_tag = world_tag(world_of(16));
    header.file = 3;
    header.offset = 8192;
    header.first_lsn = 8;
    header.frames = 1;
    header.durable_lsn = 7;
    header.wall_us = 1'700'000'000'000'100;
    header.chain_before = {0x1111111111111111, 0x2222222222222222};
    GroupBuilder builder;
    builder.add(changes, frame_bytes_max(changes));
    const ByteSpan group = builder.seal(header);
    return {group.begin(), group.end()};
}

std::vector<std::byte> part(const std::vector<std::byte>& bytes, std::size_t begin,
                            std::size_t end) {
    return {bytes.begin() + static_cast<std::ptrdiff_t>(begin),
            bytes.begin() + static_cast<std::ptrdiff_t>(end)};
}

TEST(JournalFormatPage, TheWorkedExampleIsWhatIsWritten) {
    const std::vector<std::byte> head = example_head();
    const std::vector<std::byte> group = example_group();
    const std::uint64_t payload = read_group_header(group.data())->payload_bytes;

    std::vector<std::byte> expected = part(head, 0, sizeof(FileHeader));
    const std::vector<std::byte> checksum = part(head, file_checksum_offset, block_bytes);
    const std::vector<std::byte> frames = part(group, 0, group_header_bytes + payload);
    expected.insert(expected.end(), checksum.begin(), checksum.end());
    expected.insert(expected.end(), frames.begin(), frames.end());
    EXPECT_EQ(
        perdure::test::hex(perdure::test::hex_block(perdure::test::format_page("journal.md"))),
        perdure::test::hex(expected));
    EXPECT_TRUE(is_zero(part(head, sizeof(FileHeader), file_checksum_offset)));
    EXPECT_TRUE(is_zero(part(group, group_header_bytes + payload, group.size())));
    EXPECT_EQ(part(head, 0, block_bytes), part(head, block_bytes, headers_bytes));
}

TEST(JournalFormatPage, TheChainOfTheWorkedExample) {
    const std::string chain = chain_after(*read_group_header(example_group().data())).hex();
    EXPECT_NE(perdure::test::format_page("journal.md").find(chain), std::string::npos) << chain;
}

}  // namespace
}  // namespace perdure::journal::test
