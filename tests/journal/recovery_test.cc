#include "journal/recovery.h"

#include "journal/test_journal.h"

namespace perdure::journal::test {
namespace {

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

// --- the rows of the decision table --------------------------------------------------------------

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
    for (const std::uint64_t bytes : {0, 100, 4096, 8192, 12288, 16384, 20480, 28672}) {
        it.disk = saved->clone();
        it.faulty = std::make_unique<io::FaultyFileSystem>(*it.disk);
        it.disk->truncate_at_rest(path_of(1), bytes);
        expect_refused(Code::corrupt, file_name(1));
    }
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

// --- heads that never came to be
// ------------------------------------------------------------------

TEST_F(RecoveryTest, ATornHeadIsSkippedAndItsFileNeverUsedAgain) {
    open_with_a_b_c();
    ASSERT_TRUE(it.prepare_all().ok());
    crash();
    it.disk->write_at_rest(path_of(2), 100, std::vector<std::byte>(50, std::byte{1}));
    reopen();
    expect("a b c");
    EXPECT_EQ(it.recovered.findings.next_file, 3U);
    append("d");
    crash();
    reopen();
    expect("a b c d");
}

TEST_F(RecoveryTest, ACrashAtEachOpeningTwiceInARowIsFine) {
    open_with_a_b_c();
    crash();
    for (std::uint64_t file = 2; file < 6; ++file) {
        reopen();
        crash();
        // Half of the head of that opening's file never arrived.
        it.disk->write_at_rest(path_of(file), 0, std::vector<std::byte>(4096));
        it.disk->write_at_rest(path_of(file), 5000, std::vector<std::byte>(100, std::byte{1}));
    }
    reopen();
    expect("a b c");
    append("d");
    crash();
    reopen();
    expect("a b c d");
}

TEST_F(RecoveryTest, ATornFirstHeadIsAnEmptyJournal) {
    open();
    crash();
    it.disk->write_at_rest(path_of(1), 0, std::vector<std::byte>(4096));
    it.disk->write_at_rest(path_of(1), 4500, std::vector<std::byte>(100, std::byte{1}));
    reopen();
    EXPECT_TRUE(it.recovered.findings.empty);
    append("a");
    crash();
    reopen();
    expect("a");
}

TEST_F(RecoveryTest, TornDefinitionsAtTheHeadAreATornHead) {
    open_with_a_b_c();
    crash();
    reopen();
    crash();
    it.disk->flip_bit(path_of(2), 8192 + 10, 1);
    reopen();
    expect("a b c");
    EXPECT_EQ(it.recovered.findings.next_file, 3U);
    EXPECT_EQ(it.recovered.findings.newest_file, 1U);
}

// --- the watermark to begin from
// -------------------------------------------------------------------

TEST_F(RecoveryTest, OnlyWhatIsNewerThanTheWatermarkIsGiven) {
    open_with_a_b_c();
    it.from = it.watermark();
    append_group("d e");
    append("f");
    crash();
    reopen();
    expect("d e f");
    ASSERT_EQ(it.recovered.groups.size(), 2U);
    EXPECT_EQ(it.recovered.groups[0].last, 5U);
    EXPECT_EQ(it.recovered.groups[1].chain, it.last_appended.chain);
    EXPECT_EQ(it.recovered.groups[1].epoch, 1U);
}

TEST_F(RecoveryTest, AWatermarkAtTheEndGivesNothing) {
    open_with_a_b_c();
    attest();
    it.from = it.watermark();
    crash();
    reopen();
    expect("");
    EXPECT_EQ(it.recovered.findings.last, 3U);
}

TEST_F(RecoveryTest, OldFilesAreSkippedByTheirHeaders) {
    open();
    while (it.journal->statistics().files < 10) append_with_room(it.block('x'));
    it.from = it.watermark();
    append_with_room("new");
    crash();
    reopen();
    expect("new");
    EXPECT_LT(it.recovered.findings.bytes_read, 4 * file_bytes_min);
}

TEST_F(RecoveryTest, AWatermarkOfAnotherHistoryIsRefused) {
    open_with_a_b_c();
    it.from = it.watermark();
    it.from.chain.low ^= 1;
    append("d");
    crash();
    expect_refused(Code::corrupt, "different runs of this world");
}

TEST_F(RecoveryTest, AWatermarkInTheMiddleOfAGroupIsRefused) {
    open();
    append_group("a b c");
    it.from = it.watermark();
    it.from.lsn = 2;
    crash();
    expect_refused(Code::corrupt, "in the middle of the group of LSNs 1 to 3");
}

TEST_F(RecoveryTest, AWatermarkAheadOfTheEndIsRefused) {
    open_with_a_b_c();
    it.from = it.watermark();
    it.from.lsn = 4;
    crash();
    expect_refused(Code::corrupt, "ahead of the journal");
}

TEST_F(RecoveryTest, AWatermarkFromBeforeItsEpochIsRefused) {
    open();
    crash();
    reopen();
    append("a");
    it.from = it.watermark();
    it.from.epoch = 1;
    crash();
    expect_refused(Code::corrupt, "is of epoch 2");
}

TEST_F(RecoveryTest, AWatermarkOfANewerOwnerRaisesTheEpoch) {
    open_with_a_b_c();
    it.from = it.watermark();
    it.from.epoch = 40;
    crash();
    reopen();
    EXPECT_EQ(it.recovered.findings.start(it.world).epoch, 41U);
}

TEST_F(RecoveryTest, AnEmptyJournalTakesAnyWatermark) {
    it.from = {7, 100, {1, 2}, {}, {}};
    it.recovered = recover_from(*it.disk, it.world, it.from);
    EXPECT_TRUE(it.recovered.status.ok());
    EXPECT_TRUE(it.recovered.findings.empty);
}

// A new machine: explicit takeover, from the next LSN.
TEST_F(RecoveryTest, AJournalMayBeginAtALaterLsn) {
    Catalog catalog;
    ASSERT_TRUE(catalog.add(notes()).ok());
    Start start;
    start.world = it.world;
    start.epoch = 8;
    start.last = 100;
    start.chain = {1, 2};
    auto journal = Journal::open(*it.disk, it.clock, directory, small_files(), start, catalog);
    ASSERT_TRUE(journal.ok()) << journal.status().text();
    const ChangeSet changes = note(*catalog.find("notes"), 101, "a");
    const ChangeSet* one = &changes;
    ASSERT_TRUE((*journal)->append({&one, 1}).ok());
    it.from = {7, 100, {1, 2}, {}, {}};
    reopen();
    expect("a");
    it.close();
    it.from = {7, 99, {1, 2}, {}, {}};
    expect_refused(Code::corrupt, "LSNs 100 to 100 are no longer in the journal");
}

TEST_F(RecoveryTest, DefinitionsBelowTheWatermarkAreStillLearnt) {
    open();
    ChangeSet definition;
    definition.lsn = 1;
    definition.definitions.push_back(notes());
    definition.definitions.front().id = 9;
    definition.definitions.front().name = "letters";
    ASSERT_TRUE(it.append_changes(definition).ok());
    ASSERT_TRUE(it.catalog->add(definition.definitions.front()).ok());
    it.from = it.watermark();
    ASSERT_TRUE(it.append_changes(note(*it.catalog->find(9), 2, "letter")).ok());
    crash();
    reopen();
    expect("letter");
}

// --- other things that lie about
// -------------------------------------------------------------------

TEST_F(RecoveryTest, UnknownFilesAreLeftAloneAndMentioned) {
    open();
    append("a");
    crash();
    ASSERT_TRUE(io::replace_file(*it.disk, directory, "notes.txt", as_bytes("hello")).ok());
    reopen();
    expect("a");
    ASSERT_EQ(it.recovered.findings.remarks.size(), 1U);
    EXPECT_NE(it.recovered.findings.remarks.front().find("notes.txt"), std::string::npos);
    EXPECT_TRUE(*it.disk->exists(directory + "/notes.txt"));
}

TEST_F(RecoveryTest, AnOwnerFlushesWhatItBuildsOnBeforeItReads) {
    open();
    append("a");
    it.faulty->inject({.kind = io::OperationKind::sync});
    EXPECT_FALSE(it.append("b").ok());  // written, not flushed
    kill();
    reopen();
    expect("a b");
    it.close();
    it.disk->crash_losing_everything();
    reopen();
    expect("a b");
}

TEST_F(RecoveryTest, AnOnlookerOpensNothingForWriting) {
    open_with_a_b_c();
    it.close();
    io::FaultyFileSystem watched(*it.disk);
    watched.on_operation = [](const io::Operation& operation) {
        using Kind = io::OperationKind;
        EXPECT_TRUE(operation.kind == Kind::open || operation.kind == Kind::read ||
                    operation.kind == Kind::list || operation.kind == Kind::exists ||
                    operation.kind == Kind::size)
            << io::operation_name(operation.kind) << " " << operation.path;
    };
    const Recovered seen = recover_from(watched, it.world, {}, Access::onlooker);
    EXPECT_EQ(joined(seen.words), "a b c");
}

TEST_F(RecoveryTest, AVisitorThatFailsEndsTheScan) {
    open_with_a_b_c();
    crash();
    Catalog catalog;
    int visits = 0;
    const auto findings = recover(*it.disk, directory, it.world, {}, catalog, [&](GroupFound&&) {
        ++visits;
        return Status(Code::busy, "enough");
    });
    EXPECT_EQ(findings.status().code(), Code::busy);
    EXPECT_EQ(visits, 1);
}

TEST_F(RecoveryTest, QuarantineIsNeededOnlyAfterATornEnd) {
    open_with_a_b_c();
    crash();
    reopen();
    EXPECT_FALSE(*it.disk->exists(quarantine));
}

}  // namespace
}  // namespace perdure::journal::test
