#include "journal/recovery.h"

#include "journal/group.h"
#include "journal/recovery_fixture.h"

namespace perdure::journal::test {
namespace {

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

// Found by the simulator: the last group rotted, and only such a head knew that it had been there.
TEST_F(RecoveryTest, AHeadWithTornDefinitionsStillSaysWhatIsDurable) {
    open_with_a_b_c();
    crash();
    reopen();
    crash();
    it.disk->flip_bit(path_of(2), 8192 + 10, 1);
    it.disk->flip_bit(path_of(1), offset_of_group(2) + 130, 1);
    expect_refused(Code::corrupt, "damaged");
}

// The other copy is no loss: what is zero was never flushed.
class HalfAHead : public RecoveryTest {
protected:
    void expect_torn_head(std::uint64_t zero, std::uint64_t unreadable) {
        open_with_a_b_c();
        crash();
        reopen();
        crash();
        it.disk->write_at_rest(path_of(2), zero, std::vector<std::byte>(block_bytes));
        lose_block(2, unreadable);
        reopen();
        expect("a b c");
        EXPECT_EQ(it.recovered.findings.newest_file, 1U);
        EXPECT_EQ(it.recovered.findings.next_file, 3U);
    }
};

TEST_F(HalfAHead, of_which_the_first_copy_is_zero_and_the_second_unreadable_is_torn) {
    expect_torn_head(0, block_bytes);
}

TEST_F(HalfAHead, of_which_the_second_copy_is_zero_and_the_first_unreadable_is_torn) {
    expect_torn_head(block_bytes, 0);
}

TEST_F(RecoveryTest, GroupsWithoutAnyHeaderAreRefused) {
    open_with_a_b_c();
    crash();
    for (const std::uint64_t copy : {0U, 4096U}) it.disk->flip_bit(path_of(1), copy + 20, 0);
    expect_refused(Code::corrupt, "holds group 1, but no file has a valid header");
}

// What cannot be read may have been a group.
TEST_F(RecoveryTest, AReadErrorWithoutAnyHeaderIsRefused) {
    open();
    crash();
    for (const std::uint64_t copy : {0U, 4096U}) it.disk->flip_bit(path_of(1), copy + 20, 0);
    lose_block(1, offset_of_group(0));
    expect_refused(Code::io, directory + ": read errors");
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
    expect_refused(Code::corrupt, "perdure repair DIR");
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

// Rows below it are not decoded, but what is read of their frames is checked.
TEST_F(RecoveryTest, DamagedDefinitionsBelowTheWatermarkAreRefused) {
    open();
    ChangeSet row = it.next("a");
    ChangeSet definition;
    definition.lsn = 2;
    definition.definitions.push_back(defined("more"));
    const std::vector<const ChangeSet*> offered{&row, &definition};
    const auto appended = it.journal->append(offered);
    ASSERT_TRUE(appended.ok() && appended->taken == 2);
    it.close();
    const auto status_if = [&](const std::function<void(std::span<std::byte>)>& change) {
        const std::vector<std::byte> before = it.disk->read_at_rest(path_of(1));
        change_group(appended->address,
                     [&](GroupHeader&, std::span<std::byte> payload) { change(payload); });
        Watermark behind;
        behind.lsn = 2;
        behind.epoch = 1;
        behind.chain = chain_after(load_le<GroupHeader>(it.disk->read_at_rest(path_of(1)).data() +
                                                        appended->address.offset));
        const Status status = recover_from(*it.disk, it.world, behind).status;
        it.disk->write_at_rest(path_of(1), 0, before);
        return status;
    };
    EXPECT_EQ(status_if([](std::span<std::byte>) {}).text(), Status().text());
    const Status frame =
        status_if([](std::span<std::byte> payload) { store_le(payload.data(), std::uint64_t{5}); });
    EXPECT_EQ(frame.code(), Code::corrupt);
    EXPECT_NE(frame.text().find("its frame claims 5 bytes"), std::string::npos) << frame.text();
    const Status inside = status_if([](std::span<std::byte> payload) {
        const auto row_bytes = load_le<std::uint64_t>(payload.data());
        payload[row_bytes + sizeof(FrameHeader)] = std::byte{0};
    });
    EXPECT_EQ(inside.code(), Code::corrupt);
    EXPECT_NE(inside.text().find("has no format"), std::string::npos) << inside.text();
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

TEST_F(RecoveryTest, AFileWithTheNumberZeroIsNotOurs) {
    open();
    append("a");
    crash();
    ASSERT_TRUE(io::replace_file(*it.disk, directory, file_name(0), as_bytes("hello")).ok());
    reopen();
    expect("a");
    ASSERT_EQ(it.recovered.findings.remarks.size(), 1U);
    EXPECT_NE(it.recovered.findings.remarks.front().find("not a file of ours"), std::string::npos);
}

// A file that somebody made longer, by less than a header of a group.
TEST_F(RecoveryTest, AFewBytesBehindTheLastBlockOfATornFileAreNoGroup) {
    open_with_a_b_c();
    crash();
    {
        const auto file = *it.disk->open(path_of(1), {.write = true});
        const std::vector<std::byte> few(100, std::byte{1});
        ASSERT_TRUE(file->resize(file_bytes_min + few.size()).ok());
        ASSERT_TRUE(file->write_at(file_bytes_min, few).ok() && file->sync().ok());
    }
    reopen();
    expect_torn("a b c");
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
