// The decision table from one end to the other: each row of docs/format/journal.md, "The end of the
// journal", brought about on a disk.
#include "journal/recovery_fixture.h"

namespace perdure::journal::test {
namespace {

TEST_F(RecoveryTest, CleanEnd) {
    open_with_a_b_c();
    crash();
    reopen();
    expect("a b c");
    EXPECT_EQ(it.recovered.findings.ending, Ending::clean);
    EXPECT_TRUE(it.recovered.findings.remarks.empty()) << it.recovered.findings.remarks.front();
}

TEST_F(RecoveryTest, TornGroupIsCutAndKeptInQuarantine) {
    open_with_a_b_c();
    append_torn(std::string(6000, 'd'), 4096);
    reopen();
    expect_torn("a b c");
    EXPECT_EQ(it.recovered.findings.torn.file, 1U);
    EXPECT_EQ(it.recovered.findings.torn.offset, offset_of_group(3));
    EXPECT_EQ(it.recovered.findings.torn.bytes, 8192U);
    const auto kept = it.disk->list(quarantine);
    ASSERT_TRUE(kept.ok());
    ASSERT_EQ(kept->size(), 1U);
    const auto bytes = it.disk->read_at_rest(io::join_path(quarantine, kept->front()));
    EXPECT_EQ(bytes.size(), 8192U);
    EXPECT_NE(as_text(bytes).find("dddd"), std::string_view::npos);
}

TEST_F(RecoveryTest, TheTornRestIsNotJudgedAgain) {
    open_with_a_b_c();
    append_torn(std::string(6000, 'd'), 4096);
    reopen();
    append("e");
    for (int again = 0; again < 3; ++again) {
        crash();
        reopen();
        expect("a b c e");
        EXPECT_EQ(it.recovered.findings.ending, Ending::clean);
    }
}

// What the torn blocks held may even become whole again: the cut says that it is no data.
TEST_F(RecoveryTest, AGroupBehindTheCutStaysDead) {
    open_with_a_b_c();
    const std::vector<std::byte> whole = [&] {
        append("d");
        return it.disk->read_at_rest(path_of(1));
    }();
    it.close();
    it.disk->write_at_rest(path_of(1), offset_of_group(3) + 512,
                           std::vector<std::byte>(3584, std::byte{9}));
    reopen();
    expect_torn("a b c");
    append("e");
    kill();
    it.disk->write_at_rest(path_of(1), 0, whole);
    reopen();
    expect("a b c e");
}

TEST_F(RecoveryTest, TornGroupWhoseHeaderIsMissing) {
    open_with_a_b_c();
    append_torn(std::string(6000, 'd'), 8192);
    it.disk->write_at_rest(path_of(1), offset_of_group(3), std::vector<std::byte>(512));
    reopen();
    expect_torn("a b c");
}

TEST_F(RecoveryTest, DamageBeforeALaterGroupIsRefused) {
    open_with_a_b_c();
    crash();
    it.disk->flip_bit(path_of(1), offset_of_group(1) + 150, 2);
    expect_refused(Code::corrupt, "LSNs from 2 to at least 2 are lost");
    it.disk->flip_bit(path_of(1), offset_of_group(1) + 150, 2);
    reopen();
    expect("a b c");
}

TEST_F(RecoveryTest, ALostWriteBeforeALaterGroupIsRefused) {
    open_with_a_b_c();
    crash();
    it.disk->write_at_rest(path_of(1), offset_of_group(1), std::vector<std::byte>(4096));
    expect_refused(Code::corrupt, "group 3");
}

TEST_F(RecoveryTest, DamageToAnAttestedGroupIsRefused) {
    open_with_a_b_c();
    attest();
    crash();
    it.disk->write_at_rest(path_of(1), offset_of_group(2), std::vector<std::byte>(4096));
    expect_refused(Code::corrupt, "journal is damaged");
}

TEST_F(RecoveryTest, DamageInAnEarlierFileIsRefused) {
    open_with_a_b_c();
    crash();
    reopen();
    crash();
    it.disk->flip_bit(path_of(1), offset_of_group(2) + 150, 2);
    expect_refused(Code::corrupt, "LSNs 3 to 3 are lost");
}

// A file whose head was lost altogether, with everything that was written to it.
TEST_F(RecoveryTest, GroupsInAFileWithoutAHeaderAreFound) {
    open();
    ASSERT_TRUE(it.prepare_all().ok());
    while (it.journal->statistics().files == 1) append(it.block('x'));
    crash();
    it.disk->write_at_rest(path_of(2), 0, std::vector<std::byte>(3 * 4096));
    expect_refused(Code::corrupt, file_name(2));
    it.disk->write_at_rest(path_of(2), 0, std::vector<std::byte>(3 * 4096, std::byte{7}));
    expect_refused(Code::corrupt, file_name(2));
}

TEST_F(RecoveryTest, AMisplacedGroupIsDamageOnceItWasAttested) {
    open_with_a_b_c();
    std::vector<std::byte> file = it.disk->read_at_rest(path_of(1));
    const ByteSpan group = ByteSpan(file).subspan(offset_of_group(2), 4096);
    attest();
    crash();
    it.disk->write_at_rest(path_of(1), offset_of_group(4), group);  // went to the wrong place
    it.disk->write_at_rest(path_of(1), offset_of_group(2), std::vector<std::byte>(4096));
    expect_refused(Code::corrupt, "group 4");
}

// A torn write may leave its sectors in any place that was being written.
TEST_F(RecoveryTest, TheHeaderOfATornGroupInOneOfItsOtherBlocksIsNoLaterGroup) {
    open_with_a_b_c();
    append_torn(std::string(6000, 'd'), 8192);
    const std::vector<std::byte> file = it.disk->read_at_rest(path_of(1));
    it.disk->write_at_rest(path_of(1), offset_of_group(4),
                           ByteSpan(file).subspan(offset_of_group(3), 512));
    reopen();
    expect_torn("a b c");
}

// Everything in it is right: world, epoch, file, offset, number, LSN. Only the next group's chain
// knows.
TEST_F(RecoveryTest, AGroupOfAnotherRunInThePlaceOfOursIsRefused) {
    open();
    append("a");
    append("b");
    append("c");
    crash();
    // The same group, had its word been another one.
    std::vector<std::byte> group = it.disk->read_at_rest(path_of(1));
    group.erase(group.begin(), group.begin() + static_cast<std::ptrdiff_t>(offset_of_group(1)));
    group.resize(4096);
    auto header = load_le<GroupHeader>(group.data());
    const auto word = std::find(group.begin() + 128, group.end(), std::byte{'b'});
    ASSERT_NE(word, group.end());
    *word = std::byte{'x'};
    header.payload_checksum = checksum64(ByteSpan(group).subspan(128, header.payload_bytes));
    store_le(group.data(), header);
    store_le(group.data() + 120, checksum64(ByteSpan(group).first(120)));
    it.disk->write_at_rest(path_of(1), offset_of_group(1), group);
    expect_refused(Code::corrupt, "group 3");
}

TEST_F(RecoveryTest, AMissingFileIsRefused) {
    open();
    append("a");
    crash();
    reopen();
    append("b");
    crash();
    reopen();
    append("c");
    crash();
    const auto saved = it.disk->clone();
    ASSERT_TRUE(it.disk->remove(path_of(2)).ok());
    expect_refused(Code::corrupt, "it follows file 0000000000000002");
    it.disk = saved->clone();
    it.faulty = std::make_unique<io::FaultyFileSystem>(*it.disk);
    ASSERT_TRUE(it.disk->remove(path_of(1)).ok());
    expect_refused(Code::corrupt, "LSNs 1 to 1 are no longer in the journal");
}

TEST_F(RecoveryTest, AHoleBehindTheNewestFileIsRefused) {
    open();
    append("a");
    ASSERT_TRUE(it.prepare_all().ok());
    crash();
    ASSERT_TRUE(it.disk->rename(path_of(2), path_of(3)).ok());
    expect_refused(Code::corrupt, "file 0000000000000002 before it is missing");
}

TEST_F(RecoveryTest, RenamedSwappedAndDuplicatedFilesAreRefused) {
    for (int opening = 0; opening < 3; ++opening) {
        open();
        append("a");
        crash();
    }
    const auto saved = it.disk->clone();
    const auto again = [&] {
        it.disk = saved->clone();
        it.faulty = std::make_unique<io::FaultyFileSystem>(*it.disk);
    };
    again();
    ASSERT_TRUE(it.disk->rename(path_of(3), path_of(4)).ok());
    expect_refused(Code::corrupt, "under another name");
    again();
    ASSERT_TRUE(it.disk->rename(path_of(1), directory + "/x").ok());
    ASSERT_TRUE(it.disk->rename(path_of(2), path_of(1)).ok());
    ASSERT_TRUE(it.disk->rename(directory + "/x", path_of(2)).ok());
    expect_refused(Code::corrupt, "under another name");
    again();
    it.disk->write_at_rest(path_of(2), 0, saved->read_at_rest(path_of(1)));
    expect_refused(Code::corrupt, "under another name");
}

TEST_F(RecoveryTest, AnOlderCopyOfAFileIsRefused) {
    open();
    append("a");
    const std::vector<std::byte> old = it.disk->read_at_rest(path_of(1));
    append("b");
    crash();
    reopen();
    crash();
    it.disk->write_at_rest(path_of(1), 0, old);
    expect_refused(Code::corrupt, "LSNs 2 to 2 are lost");
}

TEST_F(RecoveryTest, AnOlderCopyOfTheNewestFileIsNoticedByTheStoreBeingAhead) {
    open();
    append("a");
    const std::vector<std::byte> old = it.disk->read_at_rest(path_of(1));
    append("b");
    it.from = it.watermark();
    crash();
    it.disk->write_at_rest(path_of(1), 0, old);
    expect_refused(Code::corrupt, "the store is at LSN 2, ahead of the journal, which ends at 1");
}

TEST_F(RecoveryTest, AFileThatWasCutShortIsRefused) {
    open_with_a_b_c();
    ASSERT_TRUE(it.prepare_all().ok());
    crash();
    const auto saved = it.disk->clone();
    for (const std::uint64_t bytes : {0U, 100U, 4096U, 8192U, 12288U, 16384U, 20480U, 28672U}) {
        it.disk = saved->clone();
        it.faulty = std::make_unique<io::FaultyFileSystem>(*it.disk);
        it.disk->truncate_at_rest(path_of(1), bytes);
        expect_refused(Code::corrupt, file_name(1));
    }
}

TEST_F(RecoveryTest, AFileThatIsShorterThanItsSuccessorKnowsIsRefused) {
    open_with_a_b_c();
    crash();
    reopen();
    crash();
    it.disk->truncate_at_rest(path_of(1), offset_of_group(2));
    expect_refused(Code::corrupt, "bytes that its successor knows of");
}

TEST_F(RecoveryTest, AForeignFileIsRefused) {
    open();
    append("a");
    crash();
    it.world = world_of(99);
    expect_refused(Code::corrupt, "another world");
}

TEST_F(RecoveryTest, AForeignGroupIsRefused) {
    TestJournal other;
    other.world.bytes[0] = std::byte{0x77};
    ASSERT_TRUE(other.open().ok());
    ASSERT_TRUE(other.append("a").ok());
    ASSERT_TRUE(other.append("b").ok());
    const std::vector<std::byte> foreign = other.disk->read_at_rest(path_of(1));
    open();
    append("a");
    crash();
    it.disk->write_at_rest(path_of(1), offset_of_group(1),
                           ByteSpan(foreign).subspan(offset_of_group(1), 4096));
    expect_refused(Code::corrupt, "journal is foreign");
}

TEST_F(RecoveryTest, ANewerFormatIsRefusedAndSaysWhich) {
    open();
    append("a");
    crash();
    change_header(1, [](FileHeader& header) { header.incompat = 0x10; });
    expect_refused(Code::unsupported, "features 0x10");
    change_header(1, [](FileHeader& header) { header.incompat = 0; });
    change_header(1, [](FileHeader& header) { header.major = 2; });
    expect_refused(Code::unsupported, "format 2.0");
    change_header(1, [](FileHeader& header) { header.major = 1; });
    change_header(1, [](FileHeader& header) { header.ro_compat = 1; });
    expect_refused(Code::unsupported, "read but not write");
    change_header(1, [](FileHeader& header) { header.ro_compat = 0; });
    change_header(1, [](FileHeader& header) { header.compat = 0xff; });
    reopen();
    expect("a");
}

TEST_F(RecoveryTest, AReadErrorAtTheEndIsRefused) {
    open_with_a_b_c();
    crash();
    lose_block(1, offset_of_group(3));
    expect_refused(Code::io, "read errors");
}

TEST_F(RecoveryTest, AReadErrorInADurableGroupIsDamage) {
    open_with_a_b_c();
    crash();
    lose_block(1, offset_of_group(1));
    expect_refused(Code::corrupt, "LSNs from 2");
}

TEST_F(RecoveryTest, AReadErrorWhereNothingWasWrittenIsARemark) {
    open_with_a_b_c();
    crash();
    lose_block(1, offset_of_group(4));
    reopen();
    expect("a b c");
    ASSERT_FALSE(it.recovered.findings.remarks.empty());
    EXPECT_NE(it.recovered.findings.remarks.front().find("read errors"), std::string::npos);
}

TEST_F(RecoveryTest, AReadErrorInOneCopyOfTheHeaderIsARemark) {
    open_with_a_b_c();
    crash();
    lose_block(1, 0);
    reopen();
    expect("a b c");
    EXPECT_FALSE(it.recovered.findings.remarks.empty());
}

TEST_F(RecoveryTest, AReadErrorThatGoesAwayIsNoTrouble) {
    open_with_a_b_c();
    crash();
    it.faulty->inject({.kind = io::OperationKind::read, .at = 2});
    it.faulty->inject({.kind = io::OperationKind::read, .at = 4});
    reopen();
    expect("a b c");
}

// J-4: whatever falls from one file to the next.
TEST_F(RecoveryTest, AFileThatClaimsToComeBeforeItsPredecessorIsRefused) {
    using Change = std::function<void(FileHeader&)>;
    const std::vector<Change> changes{
        [](FileHeader& header) { header.epoch = 1; },
        [](FileHeader& header) {
            header.first_lsn = 1;
            header.durable_lsn = 0;
        },
        [](FileHeader& header) { header.first_group = 1; },
        [](FileHeader& header) { header.previous_bytes = block_bytes; },
    };
    for (int life = 0; life < 3; ++life) {
        open();
        append("a");
        append("b");
        crash();
    }
    for (const Change& change : changes) {
        const std::vector<std::byte> before = it.disk->read_at_rest(path_of(3));
        change_header(3, change);
        const Recovered seen = recover_from(*it.disk, it.world, {}, Access::onlooker);
        EXPECT_NE(seen.status.text().find("claims to come before"), std::string::npos)
            << seen.status.text();
        it.disk->write_at_rest(path_of(3), 0, before);
    }
    EXPECT_TRUE(recover_from(*it.disk, it.world).status.ok());
}

}  // namespace
}  // namespace perdure::journal::test
