// The words of recovery tests, beyond those of test_journal.h.
#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "journal/test_journal.h"

namespace perdure::journal::test {

class RecoveryTest : public JournalTest {
protected:
    // Three groups of one block each in file 1, behind header and definitions.
    void open_with_a_b_c() {
        open();
        append("a");
        append("b");
        append("c");
    }
    static std::uint64_t offset_of_group(std::uint64_t index) { return 3 * 4096 + index * 4096; }

    // From now on that block cannot be read.
    void lose_block(std::uint64_t file, std::uint64_t offset) {
        it.faulty->on_operation = [this, path = path_of(file),
                                   offset](const io::Operation& operation) {
            if (operation.kind == io::OperationKind::read && operation.path == path &&
                operation.offset <= offset && operation.offset + operation.bytes > offset) {
                it.faulty->inject({.kind = io::OperationKind::read});
            }
        };
    }

    void change_header(std::uint64_t file, const std::function<void(FileHeader&)>& change) {
        std::vector<std::byte> head = it.disk->read_at_rest(path_of(file));
        head.resize(headers_bytes);
        auto header = load_le<FileHeader>(head.data());
        change(header);
        for (std::size_t copy = 0; copy < header_copies; ++copy) {
            std::byte* at = head.data() + copy * block_bytes;
            store_le(at, header);
            store_le(at + file_checksum_offset, checksum64({at, file_checksum_offset}));
        }
        it.disk->write_at_rest(path_of(file), 0, head);
    }

    // Changes a group at rest and seals it again, so that only its content is wrong.
    void change_group(const GroupAddress& at,
                      const std::function<void(GroupHeader&, std::span<std::byte>)>& change) {
        std::vector<std::byte> file = it.disk->read_at_rest(path_of(at.file));
        const std::span<std::byte> group(file.data() + at.offset, at.bytes);
        auto header = load_le<GroupHeader>(group.data());
        change(header, group.subspan(group_header_bytes, header.payload_bytes));
        header.payload_checksum =
            checksum64(ByteSpan(group).subspan(group_header_bytes, header.payload_bytes));
        store_le(group.data(), header);
        store_le(group.data() + group_checksum_offset,
                 checksum64(ByteSpan(group).first(group_checksum_offset)));
        it.disk->write_at_rest(path_of(at.file), at.offset, group);
    }
    // Writes "more" over a name of four letters, or "less" over "more": still a definition.
    static void rename_in(std::span<std::byte> bytes, std::string_view from, std::string_view to) {
        const auto at = std::search(
            bytes.begin(), bytes.end(), from.begin(), from.end(),
            [](std::byte left, char right) { return left == static_cast<std::byte>(right); });
        ASSERT_NE(at, bytes.end());
        std::transform(to.begin(), to.end(), at, [](char c) { return static_cast<std::byte>(c); });
    }
    TableDefinition defined(std::string_view name, std::uint32_t further = 1) {
        TableBuilder builder{std::string(name)};
        builder.key<std::uint64_t>("n");
        TableDefinition definition = perdure::test::numbered(builder.definition());
        definition.id = notes().id + further;
        return definition;
    }
    void define(std::string_view name) {
        ChangeSet changes;
        changes.lsn = it.journal->last() + 1;
        changes.definitions.push_back(defined(name));
        ASSERT_TRUE(it.append_changes(changes).ok());
    }

    void expect_torn(std::string_view list) {
        expect(list);
        EXPECT_EQ(it.recovered.findings.ending, Ending::torn);
        EXPECT_FALSE(it.recovered.findings.remarks.empty());
    }

    // Writes the group of this word as append() would, but the power fails on the way.
    void append_torn(std::string_view word, std::uint64_t bytes_that_arrive) {
        const ChangeSet changes = it.next(word);
        std::vector<std::byte> before = it.disk->read_at_rest(path_of(1));
        ASSERT_TRUE(it.append_changes(changes).ok());
        const GroupAddress at = it.last_appended.address;
        it.close();
        const std::uint64_t end = at.offset + at.bytes;
        const std::uint64_t kept = at.offset + bytes_that_arrive;
        it.disk->write_at_rest(path_of(at.file), kept, ByteSpan(before).subspan(kept, end - kept));
    }
};

}  // namespace perdure::journal::test
