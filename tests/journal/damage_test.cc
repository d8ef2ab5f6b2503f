// Damage at rest: a small journal, every bit and every length of it. Nothing may be silently wrong:
// either recovery refuses, or what it gives back is what was written.
#include "base/test_run.h"
#include "journal/group.h"
#include "journal/test_journal.h"

namespace perdure::journal::test {
namespace {

// Two files of an owner each; the last group is attested, so that the loss of any other is noticed.
class DamageTest : public JournalTest {
protected:
    void SetUp() override {
        open();
        append_group("a b c");
        append(std::string(5000, 'd'));
        crash();
        reopen();
        append("e");
        append_group("f g");
        attest();
        ASSERT_TRUE(it.prepare_all().ok());
        crash();
        whole = words("a b c " + std::string(5000, 'd') + " e f g");
        ASSERT_EQ(joined(recover_from(*it.disk, it.world).words), joined(whole));
    }

    // What recovery says must be a prefix that it does not claim to be all, or all.
    static void judge(const Recovered& seen, const std::vector<std::string>& expected,
                      std::string_view what) {
        if (!seen.status.ok()) {
            EXPECT_FALSE(seen.status.message().empty()) << what;
            return;
        }
        EXPECT_EQ(joined(seen.words), joined(expected)) << what;
    }

    std::vector<std::string> whole;
};

TEST_F(DamageTest, EveryFlippedBitIsRefusedOrHarmless) {
    const std::uint64_t stride = test_stride();
    std::uint64_t refused = 0;
    for (const std::uint64_t file : {1U, 2U, 3U}) {
        const std::vector<std::byte> bytes = it.disk->read_at_rest(path_of(file));
        for (std::uint64_t offset = 0; offset < bytes.size(); offset += stride) {
            // Zeros are all alike: there one bit of a byte will do, and of every 16th byte in an
            // empty block.
            const bool zero = bytes[offset] == std::byte{0};
            const std::uint64_t block = offset / block_bytes * block_bytes;
            const bool empty = is_zero(ByteSpan(bytes).subspan(block, block_bytes));
            if (empty && offset % 16 != 0) continue;
            for (unsigned bit = zero ? offset % 8 : 0; bit < (zero ? offset % 8 + 1 : 8); ++bit) {
                it.disk->flip_bit(path_of(file), offset, bit);
                const Recovered seen = recover_from(*it.disk, it.world, {}, Access::onlooker);
                refused += seen.status.ok() ? 0 : 1;
                judge(seen, whole, text::format("file {}, byte {}, bit {}", file, offset, bit));
                it.disk->flip_bit(path_of(file), offset, bit);
            }
            ASSERT_FALSE(HasFailure());
        }
    }
    EXPECT_GT(refused, 8 * 5000 / stride);  // the long word alone
}

TEST_F(DamageTest, EveryTruncationIsRefusedOrHarmless) {
    const std::uint64_t stride = test_stride();
    for (const std::uint64_t file : {1U, 2U}) {
        for (std::uint64_t length = 0; length < file_bytes_min; length += stride) {
            const auto disk = it.disk->clone();
            disk->truncate_at_rest(path_of(file), length);
            const Recovered seen = recover_from(*disk, it.world, {}, Access::onlooker);
            judge(seen, whole, text::format("file {} of {} bytes", file, length));
            if (file == 2) {
                EXPECT_FALSE(seen.status.ok()) << length;
            }
            ASSERT_FALSE(HasFailure());
        }
    }
}

TEST_F(DamageTest, EverySectorZeroedSwappedOrOverwrittenIsRefusedOrHarmless) {
    constexpr std::uint64_t sector = 512;
    const std::vector<std::byte> zeros(sector);
    const std::vector<std::byte> garbage(sector, std::byte{0x5a});
    for (const std::uint64_t file : {1U, 2U}) {
        const std::vector<std::byte> bytes = it.disk->read_at_rest(path_of(file));
        for (std::uint64_t offset = 0; offset < bytes.size(); offset += sector) {
            const std::uint64_t other = (offset + 7 * sector) % bytes.size();
            for (const ByteSpan content :
                 {ByteSpan(zeros), ByteSpan(garbage), ByteSpan(bytes).subspan(other, sector)}) {
                it.disk->write_at_rest(path_of(file), offset, content);
                judge(recover_from(*it.disk, it.world, {}, Access::onlooker), whole,
                      text::format("file {}, sector at {}", file, offset));
            }
            it.disk->write_at_rest(path_of(file), offset, ByteSpan(bytes).subspan(offset, sector));
        }
    }
}

TEST_F(DamageTest, EveryBlockMovedToEveryOtherPlaceIsRefusedOrHarmless) {
    const std::uint64_t blocks = file_bytes_min / block_bytes;
    for (const std::uint64_t file : {1U, 2U}) {
        const std::vector<std::byte> bytes = it.disk->read_at_rest(path_of(file));
        for (std::uint64_t from = 0; from < blocks; ++from) {
            for (std::uint64_t to = 0; to < blocks; ++to) {
                it.disk->write_at_rest(path_of(file), to * block_bytes,
                                       ByteSpan(bytes).subspan(from * block_bytes, block_bytes));
                judge(recover_from(*it.disk, it.world, {}, Access::onlooker), whole,
                      text::format("file {}, block {} over block {}", file, from, to));
                it.disk->write_at_rest(path_of(file), 0, bytes);
            }
        }
    }
}

// Without the attest group the last group is the one that cannot be told from one that never was;
// it is reported as torn, not passed over.
TEST_F(JournalTest, DamageToALastGroupThatWasNotAttestedIsReportedAsTorn) {
    open();
    append("a");
    append("b");
    crash();
    for (std::uint64_t offset = 16384; offset < 20480; ++offset) {
        it.disk->flip_bit(path_of(1), offset, 3);
        const Recovered seen = recover_from(*it.disk, it.world, {}, Access::onlooker);
        ASSERT_TRUE(seen.status.ok());
        EXPECT_EQ(joined(seen.words), "a");
        EXPECT_EQ(seen.findings.ending, Ending::torn);
        EXPECT_FALSE(seen.findings.remarks.empty());
        it.disk->flip_bit(path_of(1), offset, 3);
    }
}

// Checksums that match do not make a decoder safe: frames are mutated and sealed again.
TEST_F(JournalTest, MutatedFramesWithRightChecksumsAreRefusedOrReadable) {
    open();
    append_group("some words of a group");
    const GroupAddress at = it.last_appended.address;
    crash();
    const std::vector<std::byte> bytes = it.disk->read_at_rest(path_of(1));
    Random random(20260101);
    int refused = 0;
    for (int round = 0; round < 5000; ++round) {
        std::vector<std::byte> group(
            bytes.begin() + static_cast<std::ptrdiff_t>(at.offset),
            bytes.begin() + static_cast<std::ptrdiff_t>(at.offset + at.bytes));
        auto header = load_le<GroupHeader>(group.data());
        for (auto left = random.range(1, 3); left > 0; --left) {
            group[128 + random.below(header.payload_bytes)] = static_cast<std::byte>(random.next());
        }
        header.payload_checksum = checksum64(ByteSpan(group).subspan(128, header.payload_bytes));
        store_le(group.data(), header);
        store_le(group.data() + 120, checksum64(ByteSpan(group).first(120)));
        it.disk->write_at_rest(path_of(1), at.offset, group);
        const Recovered seen = recover_from(*it.disk, it.world, {}, Access::onlooker);
        if (!seen.status.ok()) {
            ++refused;
            EXPECT_TRUE(seen.status.code() == Code::corrupt ||
                        seen.status.code() == Code::unsupported);
            EXPECT_NE(seen.status.text().find("at offset"), std::string::npos)
                << seen.status.text();
        }
    }
    EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace perdure::journal::test
