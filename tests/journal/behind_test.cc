// What a refusal says of the journal (assess), and what lies behind it. src/journal/behind.cc.
#include "journal/behind.h"

#include "journal/recovery_fixture.h"

namespace perdure::journal::test {
namespace {

class BehindTest : public RecoveryTest {
protected:
    Assessment judge(const Watermark& from = {}) {
        Catalog catalog;
        return assess(*it.disk, directory, it.world, from, catalog,
                      [](GroupFound&&) -> Status { return {}; });
    }
    // "b c": the words behind this place in file 1, above this LSN.
    std::string words_behind(std::uint64_t offset, Lsn after) {
        Catalog catalog;
        std::vector<std::string> found;
        const std::vector<Behind> places{{path_of(1), offset}};
        const auto seen =
            read_behind(*it.disk, places, it.world, after, catalog, [&](const ChangeSet& set) {
                if (set.definitions.empty()) found.push_back(word_of(set));
            });
        EXPECT_TRUE(seen.ok()) << seen.status().text();
        if (seen.ok()) seen_ = *seen;
        return joined(found);
    }
    BehindSeen seen_;
};

TEST_F(BehindTest, AWholeJournalHasNoFault) {
    open_with_a_b_c();
    crash();
    EXPECT_TRUE(judge().status.ok());
    EXPECT_EQ(judge().fault, Fault::none);
}

TEST_F(BehindTest, ADamagedGroupEndsWhatIsValidAndWhatFollowsCanBeRead) {
    open_with_a_b_c();
    crash();
    const Assessment whole = judge();
    it.disk->flip_bit(path_of(1), offset_of_group(1) + 140, 2);
    const Assessment found = judge();
    EXPECT_EQ(found.fault, Fault::damaged);
    EXPECT_EQ(found.status.text(), recover_from(*it.disk, it.world).status.text());
    EXPECT_EQ(found.findings.last, whole.findings.last - 2);
    EXPECT_EQ(found.findings.valid_bytes, offset_of_group(1));
    EXPECT_EQ(found.findings.newest_file, 1U);
    EXPECT_EQ(words_behind(0, found.findings.last), "c");
    EXPECT_EQ(seen_.last, whole.findings.last);
    EXPECT_EQ(words_behind(0, 0), "a c");
    EXPECT_EQ(words_behind(0, whole.findings.last), "");
}

TEST_F(BehindTest, StoresThatDoNotFitAreToldApart) {
    open_with_a_b_c();
    crash();
    Watermark ahead;
    ahead.lsn = 1000;
    ahead.epoch = 1;
    EXPECT_EQ(judge(ahead).fault, Fault::ahead);
    Watermark apart;
    apart.lsn = judge().findings.last;
    apart.epoch = 1;
    apart.chain = {1, 2};
    EXPECT_EQ(judge(apart).fault, Fault::apart);
}

TEST_F(BehindTest, FilesOfAnotherWorldAndNewerOnesAreToldApart) {
    open_with_a_b_c();
    crash();
    change_header(1, [](FileHeader& header) { header.world = world_of(99); });
    EXPECT_EQ(judge().fault, Fault::foreign);
    change_header(1, [](FileHeader& header) { header.major = 2; });
    EXPECT_EQ(judge().fault, Fault::newer);
}

TEST_F(BehindTest, WithoutDefinitionsNothingIsReadButItsLsnsAreKnown) {
    open_with_a_b_c();
    crash();
    EXPECT_EQ(words_behind(offset_of_group(1), 0), "");
    EXPECT_EQ(seen_.last, 3U);
    it.disk->flip_bit(path_of(1), headers_bytes + 40, 0);
    EXPECT_EQ(words_behind(0, 0), "");
    EXPECT_EQ(seen_.last, 3U);
    EXPECT_EQ(seen_.change_sets, 0U);
}

// Their checksum is right, and there is one too few.
TEST_F(BehindTest, DefinitionsThatCannotBeDecodedAreNotLearnt) {
    open_with_a_b_c();
    crash();
    change_header(1, [](FileHeader& header) { ++header.definitions; });
    EXPECT_EQ(words_behind(0, 0), "");
    EXPECT_EQ(seen_.last, 3U);
}

TEST_F(BehindTest, TheBlocksOfAGroupThatDoesNotHoldAreNotNameless) {
    open();
    append(std::string(5000, 'd'));
    crash();
    it.disk->flip_bit(path_of(1), offset_of_group(0) + 200, 0);
    EXPECT_EQ(words_behind(0, 0), "");
    EXPECT_EQ(seen_.last, 1U);
    EXPECT_EQ(seen_.nameless_bytes, 0U);
}

TEST_F(BehindTest, NothingOfAnotherWorldCounts) {
    open_with_a_b_c();
    crash();
    it.world = world_of(99);
    it.world.bytes[0] = std::byte{99};
    EXPECT_EQ(words_behind(0, 0), "");
    EXPECT_EQ(seen_.last, 0U);
}

TEST_F(BehindTest, AMisplacedCopyCountsOnce) {
    open_with_a_b_c();
    crash();
    const std::vector<std::byte> bytes = it.disk->read_at_rest(path_of(1));
    it.disk->write_at_rest(path_of(1), offset_of_group(3),
                           ByteSpan(bytes).subspan(offset_of_group(1), block_bytes));
    EXPECT_EQ(words_behind(0, 0), "a b c");
}

TEST_F(BehindTest, AGroupThatIsCutOffIsNotRead) {
    open_with_a_b_c();
    append(std::string(5000, 'd'));
    crash();
    it.disk->truncate_at_rest(path_of(1), offset_of_group(4));
    EXPECT_EQ(words_behind(0, 0), "a b c");
    EXPECT_EQ(seen_.last, 4U) << "it was there";
    it.disk->truncate_at_rest(path_of(1), block_bytes);
    EXPECT_EQ(words_behind(0, 0), "");
}

}  // namespace
}  // namespace perdure::journal::test
