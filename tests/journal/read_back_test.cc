// Journal::read(): a group is given back as it was written, or it is said why not.
#include "journal/group.h"
#include "journal/recovery_fixture.h"

namespace perdure::journal::test {
namespace {

TEST_F(JournalTest, AGroupCanBeReadBack) {
    open();
    append_group("a b");
    const GroupAddress first = it.last_appended.address;
    append("c");
    const auto changes = it.journal->read(first, *it.catalog);
    ASSERT_TRUE(changes.ok()) << changes.status().text();
    ASSERT_EQ(changes->size(), 2U);
    EXPECT_EQ(word_of(changes->front()), "a");
    EXPECT_EQ(changes->back().lsn, 2U);
}

TEST_F(JournalTest, AGroupOfAnEarlierOwnerCanBeReadBack) {
    open();
    append("a");
    const GroupAddress address = it.last_appended.address;
    crash();
    reopen();
    const auto changes = it.journal->read(address, *it.catalog);
    ASSERT_TRUE(changes.ok()) << changes.status().text();
    EXPECT_EQ(word_of(changes->front()), "a");
}

TEST_F(JournalTest, ReadingBackADamagedGroupSaysSo) {
    open();
    append("a");
    const GroupAddress at = it.last_appended.address;
    for (const std::uint64_t offset :
         {std::uint64_t{0}, std::uint64_t{16}, std::uint64_t{140}, at.bytes - 1}) {
        it.disk->flip_bit(path_of(at.file), at.offset + offset, 3);
        EXPECT_EQ(it.journal->read(at, *it.catalog).status().code(), Code::corrupt) << offset;
        it.disk->flip_bit(path_of(at.file), at.offset + offset, 3);
    }
    EXPECT_TRUE(it.journal->read(at, *it.catalog).ok());
}

TEST_F(JournalTest, ReadingBackFromTheWrongPlaceSaysSo) {
    open();
    append("a");
    append("b");
    const GroupAddress at = it.last_appended.address;
    EXPECT_EQ(it.journal->read({at.file, at.offset + 4096, at.bytes}, *it.catalog).status().code(),
              Code::corrupt);
    EXPECT_EQ(it.journal->read({at.file, at.offset, 2 * at.bytes}, *it.catalog).status().code(),
              Code::corrupt);
    EXPECT_EQ(it.journal->read({at.file, ~std::uint64_t{4095}, 8192}, *it.catalog).status().code(),
              Code::corrupt);
    EXPECT_EQ(it.journal->read({9, at.offset, at.bytes}, *it.catalog).status().code(),
              Code::not_found);
}

TEST_F(JournalTest, ReadingBackFromWhereNoGroupCanBeSaysSo) {
    open();
    append("a");
    const GroupAddress at = it.last_appended.address;
    const std::uint64_t file_bytes = it.disk->read_at_rest(path_of(at.file)).size();
    for (const GroupAddress& wrong :
         {GroupAddress{at.file, at.offset, 0}, GroupAddress{at.file, at.offset, at.bytes + 1},
          GroupAddress{at.file, file_bytes + block_bytes, block_bytes},
          GroupAddress{at.file, file_bytes - block_bytes, 2 * block_bytes}}) {
        const Status status = it.journal->read(wrong, *it.catalog).status();
        EXPECT_EQ(status.code(), Code::corrupt) << status.text();
        EXPECT_NE(status.text().find("no group can be there"), std::string::npos) << status.text();
    }
    it.disk->truncate_at_rest(path_of(at.file), at.offset + 1);
    EXPECT_NE(it.journal->read(at, *it.catalog).status().text().find("it ends after 1 bytes"),
              std::string::npos);
}

class ReadBack : public RecoveryTest {};

TEST_F(ReadBack, of_another_group_than_was_written_there_says_so) {
    open();
    append("a");
    const GroupAddress at = it.last_appended.address;
    const std::vector<std::byte> before = it.disk->read_at_rest(path_of(at.file));
    using Change = std::function<void(GroupHeader&, std::span<std::byte>)>;
    const std::vector<Change> changes{
        [](GroupHeader& header, std::span<std::byte>) { ++header.file; },
        [](GroupHeader& header, std::span<std::byte>) { header.offset += block_bytes; },
        [](GroupHeader& header, std::span<std::byte>) { ++header.world_tag; },
        [](GroupHeader& header, std::span<std::byte>) { header.payload_bytes = 1 << 20; },
        [](GroupHeader&, std::span<std::byte> payload) { payload[0] ^= std::byte{1}; },
    };
    for (const Change& change : changes) {
        if (&change == &changes[3]) {
            // A length that is not there cannot be summed; the header alone is sealed.
            std::vector<std::byte> file = before;
            auto header = load_le<GroupHeader>(file.data() + at.offset);
            change(header, {});
            store_le(file.data() + at.offset, header);
            store_le(file.data() + at.offset + group_checksum_offset,
                     checksum64(ByteSpan(file).subspan(at.offset, group_checksum_offset)));
            it.disk->write_at_rest(path_of(at.file), 0, file);
        } else {
            change_group(at, change);
        }
        EXPECT_EQ(it.journal->read(at, *it.catalog).status().code(), Code::corrupt)
            << &change - changes.data();
        it.disk->write_at_rest(path_of(at.file), 0, before);
    }
    EXPECT_TRUE(it.journal->read(at, *it.catalog).ok());
}

}  // namespace
}  // namespace perdure::journal::test
