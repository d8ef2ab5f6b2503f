#include "journal/file_header.h"

#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "journal/test_journal.h"

namespace perdure::journal::test {
namespace {

FileHeader header_of_file() {
    FileHeader header;
    header.world = world_of(16);
    header.epoch = 2;
    header.sequence = 3;
    header.first_group = 5;
    header.first_lsn = 8;
    header.previous_file = 2;
    header.previous_bytes = 16384;
    header.durable_lsn = 7;
    header.file_bytes = 65536;
    return header;
}

std::vector<std::byte> head_of(const FileHeader& header) {
    IoBuffer buffer;
    const std::vector<std::byte> definitions(100, std::byte{7});
    const ByteSpan bytes = encode_file_head(header, 2, definitions, buffer);
    return {bytes.begin(), bytes.end()};
}

HeaderFound read(const std::vector<std::byte>& head) {
    return read_file_header(ByteSpan(head).first(headers_bytes));
}

// Both copies, checksummed anew.
std::vector<std::byte> changed_head(const std::function<void(FileHeader&)>& change) {
    std::vector<std::byte> head = head_of(header_of_file());
    auto header = load_le<FileHeader>(head.data());
    change(header);
    for (std::size_t copy = 0; copy < header_copies; ++copy) {
        std::byte* at = head.data() + copy * block_bytes;
        store_le(at, header);
        store_le(at + file_checksum_offset, checksum64({at, file_checksum_offset}));
    }
    return head;
}

TEST(FileHead, WhatIsWrittenIsRead) {
    const std::vector<std::byte> head = head_of(header_of_file());
    EXPECT_EQ(head.size(), 3 * block_bytes);
    const HeaderFound found = read(head);
    EXPECT_EQ(found.state, HeaderFound::State::valid);
    EXPECT_EQ(found.remark, "");
    EXPECT_EQ(found.header.sequence, 3U);
    EXPECT_EQ(found.header.definitions_bytes, 100U);
    EXPECT_EQ(found.header.groups_offset(), 3 * block_bytes);
}

// J-1.
TEST(FileHead, OneWholeCopyIsEnough) {
    for (std::size_t at = 0; at < headers_bytes; at += 61) {
        std::vector<std::byte> head = head_of(header_of_file());
        head[at] ^= std::byte{0x10};
        const HeaderFound found = read(head);
        EXPECT_EQ(found.state, HeaderFound::State::valid) << at;
        EXPECT_NE(found.remark, "") << at;
        EXPECT_EQ(found.header.sequence, 3U) << at;
    }
}

TEST(FileHead, WithoutAWholeCopyItIsInvalid) {
    std::vector<std::byte> head = head_of(header_of_file());
    head[70] ^= std::byte{1};
    head[block_bytes + 4000] ^= std::byte{1};
    EXPECT_EQ(read(head).state, HeaderFound::State::invalid);
}

TEST(FileHead, ZerosAreAPreparedFile) {
    EXPECT_EQ(read(std::vector<std::byte>(headers_bytes)).state, HeaderFound::State::zero);
}

TEST(FileHead, ANewerFormatIsToldFromDamage) {
    EXPECT_EQ(read(changed_head([](FileHeader& header) { header.major = 2; })).state,
              HeaderFound::State::newer);
    EXPECT_EQ(read(changed_head([](FileHeader& header) { header.incompat = 4; })).state,
              HeaderFound::State::newer);
    EXPECT_EQ(read(changed_head([](FileHeader& header) { header.compat = 4; })).state,
              HeaderFound::State::valid);
    EXPECT_EQ(read(changed_head([](FileHeader& header) { header.minor = 9; })).state,
              HeaderFound::State::valid);
}

TEST(FileHead, AHeaderThatContradictsItselfIsInvalid) {
    const std::vector<std::function<void(FileHeader&)>> changes = {
        [](FileHeader& header) { header.major = 0; },
        [](FileHeader& header) { header.endian = 0x0807060504030201; },
        [](FileHeader& header) { header.header_bytes = 512; },
        [](FileHeader& header) { header.epoch = 0; },
        [](FileHeader& header) { header.sequence = 0; },
        [](FileHeader& header) { header.first_lsn = 0; },
        [](FileHeader& header) { header.first_group = 0; },
        [](FileHeader& header) { header.durable_lsn = 8; },
        [](FileHeader& header) { header.previous_file = 3; },
        [](FileHeader& header) { header.previous_bytes = 0; },
        [](FileHeader& header) { header.previous_bytes = 100; },
        [](FileHeader& header) { header.definitions_bytes = ~std::uint64_t{0}; },
        [](FileHeader& header) { header.file_bytes = 8192; },
        [](FileHeader& header) { header.flags = 0x80; },
    };
    for (std::size_t index = 0; index < changes.size(); ++index) {
        EXPECT_EQ(read(changed_head(changes[index])).state, HeaderFound::State::invalid) << index;
    }
}

// The next owner's epoch would be 0, and the next file 0000000000000000.pdj, which no survey sees.
TEST(FileHead, NumbersThatNothingCanFollowAreInvalid) {
    constexpr std::uint64_t last = ~std::uint64_t{0};
    const std::vector<std::function<void(FileHeader&)>> changes = {
        [](FileHeader& header) { header.epoch = last; },
        [](FileHeader& header) { header.sequence = last; },
        [](FileHeader& header) { header.first_lsn = last; },
        [](FileHeader& header) { header.first_group = last; },
    };
    for (std::size_t index = 0; index < changes.size(); ++index) {
        EXPECT_EQ(read(changed_head(changes[index])).state, HeaderFound::State::invalid) << index;
    }
}

TEST(FileHead, TwoWholeCopiesThatDifferAreInvalid) {
    std::vector<std::byte> head = head_of(header_of_file());
    const std::vector<std::byte> other = changed_head([](FileHeader& header) { header.epoch = 9; });
    std::copy(other.begin(), other.begin() + block_bytes, head.begin() + block_bytes);
    EXPECT_EQ(read(head).state, HeaderFound::State::invalid);
}

}  // namespace
}  // namespace perdure::journal::test
