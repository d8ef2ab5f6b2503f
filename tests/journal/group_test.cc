#include "journal/group.h"

#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "journal/frame.h"
#include "journal/test_journal.h"

namespace perdure::journal::test {
namespace {

GroupHeader header_of(std::uint32_t frames) {
    GroupHeader header;
    header.group = 3;
    header.epoch = 2;
    header.file = 1;
    header.offset = 8192;
    header.first_lsn = 7;
    header.durable_lsn = 6;
    header.frames = frames;
    return header;
}

std::vector<std::byte> sealed_notes(std::uint32_t count) {
    GroupBuilder builder;
    for (std::uint32_t index = 0; index < count; ++index) {
        const ChangeSet changes = note(notes(), 7 + index, "word");
        builder.add(changes, frame_bytes_max(changes));
    }
    const ByteSpan bytes = builder.seal(header_of(count));
    return {bytes.begin(), bytes.end()};
}

TEST(Group, WhatIsSealedIsValid) {
    for (const std::uint32_t count : {1U, 10U, 100U}) {
        const std::vector<std::byte> bytes = sealed_notes(count);
        EXPECT_EQ(bytes.size() % block_bytes, 0U);
        const auto header = read_group_header(bytes.data());
        ASSERT_TRUE(header.has_value());
        EXPECT_EQ(header->last_lsn(), 6U + count);
        EXPECT_EQ(header->group_bytes(), bytes.size());
        EXPECT_TRUE(payload_holds(*header, bytes));
    }
}

TEST(Group, EveryFlippedBitIsNoticed) {
    std::vector<std::byte> bytes = sealed_notes(3);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            bytes[at] ^= static_cast<std::byte>(1U << bit);
            const auto header = read_group_header(bytes.data());
            EXPECT_FALSE(header && payload_holds(*header, bytes)) << at << "." << bit;
            if (at < group_header_bytes) {
                EXPECT_FALSE(header.has_value()) << at << "." << bit;
            }
            bytes[at] ^= static_cast<std::byte>(1U << bit);
        }
    }
}

// J-5: a right checksum is not enough.
TEST(Group, AHeaderThatContradictsItselfIsInvalid) {
    const std::vector<std::function<void(GroupHeader&)>> changes = {
        [](GroupHeader& header) { header.version = 2; },
        [](GroupHeader& header) { header.header_bytes = 64; },
        [](GroupHeader& header) { header.kind = static_cast<GroupKind>(3); },
        [](GroupHeader& header) { header.kind = GroupKind::attest; },
        [](GroupHeader& header) { header.flags = 0x80; },
        [](GroupHeader& header) { header.zero_1[1] = 1; },
        [](GroupHeader& header) { header.zero_2 = 1; },
        [](GroupHeader& header) { header.frames = 0; },
        [](GroupHeader& header) { header.frames = 1'000'000; },
        [](GroupHeader& header) { header.first_lsn = 0; },
        [](GroupHeader& header) { header.first_lsn = ~Lsn{0}; },
        [](GroupHeader& header) { header.durable_lsn = 7; },
        [](GroupHeader& header) { header.offset = 100; },
        [](GroupHeader& header) { header.payload_bytes = ~std::uint64_t{0}; },
    };
    for (std::size_t index = 0; index < changes.size(); ++index) {
        std::vector<std::byte> bytes = sealed_notes(1);
        auto header = load_le<GroupHeader>(bytes.data());
        changes[index](header);
        store_le(bytes.data(), header);
        store_le(bytes.data() + group_checksum_offset,
                 checksum64(ByteSpan(bytes).first(group_checksum_offset)));
        EXPECT_FALSE(read_group_header(bytes.data()).has_value()) << index;
    }
}

TEST(Group, TheChainDependsOnTheHeaderAndOnEverythingBefore) {
    const auto header = *read_group_header(sealed_notes(1).data());
    GroupHeader other = header;
    other.chain_before.low = 1;
    EXPECT_NE(chain_after(header), chain_after(other));
    other = header;
    other.payload_checksum ^= 1;
    EXPECT_NE(chain_after(header), chain_after(other));
}

TEST(Group, AnAttestGroupLeavesTheChain) {
    GroupBuilder builder;
    GroupHeader header = header_of(0);
    header.kind = GroupKind::attest;
    header.chain_before = {5, 6};
    const ByteSpan bytes = builder.seal(header);
    EXPECT_EQ(bytes.size(), block_bytes);
    const auto sealed = read_group_header(bytes.data());
    ASSERT_TRUE(sealed.has_value());
    EXPECT_EQ(chain_after(*sealed), (Hash128{5, 6}));
}

TEST(Group, AGiantLeavesNoMemoryBehind) {
    GroupBuilder builder;
    const ChangeSet giant = note(notes(), 7, std::string(1 << 20, 'g'));
    builder.add(giant, frame_bytes_max(giant));
    EXPECT_GT(builder.bytes(), 1U << 20);
    builder.clear(8192);
    const ChangeSet small = note(notes(), 7, "s");
    builder.add(small, frame_bytes_max(small));
    EXPECT_EQ(builder.seal(header_of(1)).size(), block_bytes);
}

}  // namespace
}  // namespace perdure::journal::test
