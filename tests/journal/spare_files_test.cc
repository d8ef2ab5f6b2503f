#include "journal/spare_files.h"

#include <set>

#include "journal/test_journal.h"

namespace perdure::journal::test {
namespace {

class SpareFilesTest : public JournalTest {
protected:
    void fill(std::uint64_t files) {
        while (it.journal->statistics().files < files) append_with_room(it.block('x'));
    }
    std::string names() const { return joined(it.names()); }
    std::uint64_t bytes_at_rest() const {
        std::uint64_t bytes = 0;
        for (const std::string& name : it.names())
            bytes += it.disk->read_at_rest(io::join_path(directory, name)).size();
        return bytes;
    }
    const std::string two_files = joined({file_name(1), file_name(2)});
};

TEST_F(SpareFilesTest, FilesArePreparedAheadAndFullOfZeros) {
    open();
    EXPECT_EQ(names(), file_name(1));
    ASSERT_TRUE(it.prepare_all().ok());
    EXPECT_EQ(names(), two_files);
    const std::vector<std::byte> bytes = it.disk->read_at_rest(path_of(2));
    EXPECT_EQ(bytes.size(), file_bytes_min);
    for (const std::byte byte : bytes) ASSERT_EQ(byte, std::byte{0});
}

// J: beginning a file costs the leader one write and one flush, and no directory.
TEST_F(SpareFilesTest, BeginningAPreparedFileTakesOneWriteAndOneFlush) {
    open();
    ASSERT_TRUE(it.prepare_all().ok());
    while (it.journal->statistics().files == 1 && it.append(it.block('x')).ok()) {
        if (it.journal->statistics().files == 2) break;
        if (!it.journal->has_room(2 * 4096) || it.journal->statistics().groups == 5) break;
    }
    std::vector<std::string> seen;
    it.faulty->on_operation = [&](const io::Operation& operation) {
        seen.emplace_back(io::operation_name(operation.kind));
    };
    append(it.block('y'));
    EXPECT_EQ(it.journal->statistics().files, 2U);
    EXPECT_EQ(joined(seen), "write sync write sync");  // the head, then the group
}

TEST_F(SpareFilesTest, PreparedFilesAreTakenOverByTheNextOwner) {
    open();
    ASSERT_TRUE(it.prepare_all().ok());
    crash();
    reopen();
    EXPECT_EQ(names(), two_files);
    EXPECT_EQ(it.journal->statistics().files, 2U);
    append("a");
    crash();
    reopen();
    expect("a");
}

TEST_F(SpareFilesTest, TrimmedFilesAreRecycled) {
    open();
    fill(4);
    ASSERT_TRUE(it.journal->trim(it.journal->last()).ok());
    EXPECT_EQ(it.journal->statistics().files, 1U);
    EXPECT_EQ(names(), joined({file_name(4), spare_name(5), spare_name(6), spare_name(7)}));
    ASSERT_TRUE(it.prepare_all().ok());
    EXPECT_EQ(it.journal->statistics().files_recycled, 1U);
    const std::vector<std::byte> recycled = it.disk->read_at_rest(path_of(5));
    for (std::size_t at = 0; at < headers_bytes; ++at) ASSERT_EQ(recycled[at], std::byte{0});
    EXPECT_NE(as_text(recycled).find("xxx"), std::string_view::npos);  // only the head is zeroed
}

TEST_F(SpareFilesTest, OldGroupsInARecycledFileAreNeverTakenForNewOnes) {
    open();
    std::string expected;
    std::uint64_t recycled = 0;
    for (int round = 0; round < 200; ++round) {
        const std::string word = it.block(static_cast<char>('a' + round % 26));
        append_with_room(word);
        ASSERT_TRUE(it.prepare_all().ok());
        if (round % 3 == 2) {
            it.from = it.watermark();
            ASSERT_TRUE(it.journal->trim(it.from.lsn).ok());
            expected.clear();
        } else {
            if (!expected.empty()) expected += ' ';
            expected += word;
        }
        if (round % 18 == 17) {  // in the fourth file of an owner: the first recycled one
            recycled += it.journal->statistics().files_recycled;
            crash();
            reopen();
            expect(expected);
            EXPECT_EQ(it.recovered.findings.ending, Ending::clean);
        }
    }
    EXPECT_GT(recycled, 10U);
}

TEST_F(SpareFilesTest, TheHeadOfARecycledFileSaysSo) {
    open();
    fill(4);
    ASSERT_TRUE(it.journal->trim(it.journal->last()).ok());
    fill(3);  // file 5 is recycled, file 4 was not
    const auto flags = [&](std::uint64_t file) {
        return load_le<FileHeader>(it.disk->read_at_rest(path_of(file)).data()).flags;
    };
    EXPECT_EQ(it.journal->statistics().files_recycled, 2U);
    EXPECT_EQ(flags(4), 0U);
    EXPECT_EQ(flags(5), file_flag_recycled);
}

TEST_F(SpareFilesTest, TrimKeepsWhatIsNotSafe) {
    open();
    append(it.block('a'));
    fill(3);
    const Lsn last = it.journal->last();
    ASSERT_TRUE(it.journal->trim(0).ok());
    EXPECT_EQ(it.journal->statistics().files, 3U);
    ASSERT_TRUE(it.journal->trim(2).ok());  // file 1 holds more than that
    EXPECT_EQ(it.journal->statistics().files, 3U);
    ASSERT_TRUE(it.journal->trim(last - 1).ok());  // the newest holds `last` only
    EXPECT_EQ(it.journal->statistics().files, 1U);
    ASSERT_TRUE(it.journal->trim(last).ok());
    EXPECT_EQ(it.journal->statistics().files, 1U);  // the newest always stays
    crash();
    it.from = {1, 2, {}, {}, {}};
    expect_refused(Code::corrupt, "are no longer in the journal");
}

TEST_F(SpareFilesTest, AFileIsOnlyTrimmedWhenAllItsLsnsAreSafe) {
    open();
    fill(3);
    // The first LSN of file 2, found by trimming ever more.
    Lsn safe = 0;
    while (it.journal->statistics().files == 3) ASSERT_TRUE(it.journal->trim(++safe).ok());
    crash();
    it.from = {};
    it.from.lsn = safe;
    it.recovered = recover_from(*it.disk, it.world, it.from);
    EXPECT_EQ(it.recovered.findings.first, 0U);  // refused for the chain, which we do not know …
    EXPECT_NE(it.recovered.status.text().find("different runs"), std::string::npos);
    it.from.lsn = safe - 1;  // … and one before it, because LSN `safe` is gone
    it.recovered = recover_from(*it.disk, it.world, it.from);
    EXPECT_NE(it.recovered.status.text().find("no longer in the journal"), std::string::npos);
}

TEST_F(SpareFilesTest, AFileIsNotRecycledUnderAReader) {
    open();
    append("a");
    const GroupAddress address = it.last_appended.address;
    fill(3);
    bool trimmed = false;
    it.faulty->on_operation = [&](const io::Operation& operation) {
        if (operation.kind != io::OperationKind::read || trimmed) return;
        trimmed = true;
        EXPECT_TRUE(it.journal->trim(it.journal->last()).ok());
        EXPECT_TRUE(it.prepare_all().ok());
        EXPECT_EQ(it.journal->statistics().files_recycled, 1U);  // file 2
    };
    const auto changes = it.journal->read(address, *it.catalog);
    ASSERT_TRUE(changes.ok()) << changes.status().text();
    EXPECT_EQ(word_of(changes->front()), "a");
    EXPECT_EQ(it.journal->read(address, *it.catalog).status().code(), Code::not_found);
}

TEST_F(SpareFilesTest, MoreSparesThanAreOfUseAreRemoved) {
    open();
    fill(SpareFiles::spares_max + 6);
    ASSERT_TRUE(it.journal->trim(it.journal->last()).ok());
    EXPECT_EQ(it.names().size(), SpareFiles::spares_max + 1);
    EXPECT_EQ(it.journal->statistics().bytes_on_disk, it.names().size() * file_bytes_min);
}

TEST_F(SpareFilesTest, AnOversizedFileIsNotKept) {
    open();
    append_with_room(std::string(100'000, 'g'));
    append_with_room("a");
    fill(4);
    ASSERT_TRUE(it.journal->trim(it.journal->last()).ok());
    for (const std::string& name : it.names()) {
        EXPECT_EQ(it.disk->read_at_rest(io::join_path(directory, name)).size(), file_bytes_min);
    }
    EXPECT_EQ(it.journal->statistics().bytes_on_disk, it.names().size() * file_bytes_min);
}

TEST_F(SpareFilesTest, TheBudgetIsHeld) {
    open();
    Status status;
    for (int appended = 0; status.ok() && appended < 1000; ++appended) {
        status = it.journal->prepare(encoded_bytes_max(it.next(it.block('x'))));
        if (status.ok()) append(it.block('x'));
    }
    EXPECT_EQ(status.code(), Code::busy) << status.text();
    EXPECT_EQ(it.journal->prepare_step().status().code(), Code::busy);
    EXPECT_LE(it.journal->statistics().bytes_on_disk, small_files().bytes_max);
    EXPECT_GT(it.journal->statistics().bytes_on_disk, small_files().bytes_max - file_bytes_min);
    const Lsn last = it.journal->last();
    ASSERT_TRUE(it.journal->trim(last).ok());  // the store has caught up
    for (int more = 0; more < 20; ++more) append_with_room(it.block('y'));
    EXPECT_EQ(it.journal->last(), last + 20);
}

// Else nobody could ever drain it.
TEST_F(SpareFilesTest, AJournalBeyondItsBudgetStillOpens) {
    it.options.bytes_max = 3 * file_bytes_min;
    for (int opening = 0; opening < 8; ++opening) {
        open();
        append("a");
        crash();
    }
    reopen();
    EXPECT_EQ(it.recovered.words.size(), 8U);
    append("b");
    EXPECT_EQ(it.journal->prepare(1 << 15).code(), Code::busy);
    ASSERT_TRUE(it.journal->trim(it.journal->last()).ok());
    append_with_room(it.block('c'));
    ASSERT_TRUE(it.prepare_all().ok());
    EXPECT_LE(it.journal->statistics().bytes_on_disk, it.options.bytes_max);
}

TEST_F(SpareFilesTest, AJournalOnAFullDiskStillOpensIfThereAreAFewBlocks) {
    open();
    append("a");
    crash();
    it.disk->set_capacity_bytes(file_bytes_min + 6 * block_bytes);
    reopen();
    expect("a");
    append("b");
    crash();
    it.disk->set_capacity_bytes(1 << 20);
    reopen();
    expect("a b");
}

TEST_F(SpareFilesTest, WhatNoBudgetCouldHoldIsInvalid) {
    open();
    EXPECT_EQ(it.journal->prepare(std::uint64_t{2} << 20).code(), Code::invalid);
}

TEST_F(SpareFilesTest, SparesAreGivenUpForALargeFile) {
    open();
    fill(9);
    ASSERT_TRUE(it.journal->trim(it.journal->last()).ok());
    append_with_room(std::string(900'000, 'g'));
    EXPECT_LE(it.journal->statistics().bytes_on_disk, small_files().bytes_max);
}

TEST_F(SpareFilesTest, ASpareThatCannotBeRemovedStaysInTheBudget) {
    open();
    fill(9);
    ASSERT_TRUE(it.journal->trim(it.journal->last()).ok());
    const std::string giant(900'000, 'g');
    it.faulty->inject({.kind = io::OperationKind::remove, .path_part = "spare-"});
    EXPECT_EQ(it.journal->prepare(encoded_bytes_max(it.next(giant))).code(), Code::io);
    append_with_room(giant);
    EXPECT_LE(it.journal->statistics().bytes_on_disk, small_files().bytes_max);
    EXPECT_EQ(it.journal->statistics().bytes_on_disk, bytes_at_rest());
}

TEST_F(SpareFilesTest, ASpareThatCannotBeRecycledForWhoeverWaitsIsGivenUp) {
    it.options.files_ahead = 0;
    open();
    fill(4);
    ASSERT_TRUE(it.journal->trim(it.journal->last()).ok());
    it.faulty->inject({.kind = io::OperationKind::write, .path_part = "spare-"});
    EXPECT_EQ(it.journal->prepare(file_bytes_min / 2).code(), Code::io);
    EXPECT_EQ(it.journal->statistics().bytes_on_disk, bytes_at_rest());
    ASSERT_TRUE(it.journal->prepare(file_bytes_min / 2).ok());
    EXPECT_EQ(it.journal->statistics().files_recycled, 1U) << "another one";
}

// A crash or somebody's copy left them so.
TEST_F(SpareFilesTest, PreparedFilesOfAnOddSizeAreNotUsed) {
    for (const std::uint64_t bytes : {headers_bytes, file_bytes_min - 1, file_bytes_min + 1}) {
        SCOPED_TRACE(bytes);
        open();
        append("a");
        ASSERT_TRUE(it.prepare_all().ok());
        const std::string prepared = io::join_path(directory, it.names().back());
        crash();
        {
            const auto file = *it.disk->open(prepared, {.write = true});
            ASSERT_TRUE(file->resize(bytes).ok() && file->sync().ok());
        }
        reopen();
        EXPECT_EQ(it.disk->read_at_rest(prepared).size(), file_bytes_min) << "made anew";
        append("b");
    }
}

TEST_F(SpareFilesTest, AFullDiskIsNotFinal) {
    open();
    it.faulty->inject({.kind = io::OperationKind::write,
                       .type = io::FaultType::fail_no_space,
                       .path_part = "spare-"});
    EXPECT_EQ(it.journal->prepare_step().status().code(), Code::no_space);
    EXPECT_EQ(names(), file_name(1));  // nothing is left lying about
    EXPECT_EQ(it.journal->statistics().bytes_on_disk, file_bytes_min);
    append("a");
    ASSERT_TRUE(it.prepare_all().ok());
    EXPECT_EQ(names(), two_files);
}

TEST_F(SpareFilesTest, ADiskTooSmallIsNoticedBeforehand) {
    open();
    it.disk->set_capacity_bytes(file_bytes_min + 8192);
    EXPECT_EQ(it.journal->prepare_step().status().code(), Code::no_space);
    append("a");
}

TEST_F(SpareFilesTest, AFailedFlushOfASpareIsNotFinal) {
    open();
    it.faulty->inject({.kind = io::OperationKind::sync, .path_part = "spare-"});
    EXPECT_EQ(it.journal->prepare_step().status().code(), Code::io);
    ASSERT_TRUE(it.prepare_all().ok());
    append("a");
    crash();
    reopen();
    expect("a");
}

// Whether the name is durable is not known then, so no file is prepared any more; what is there is
// used up.
TEST_F(SpareFilesTest, AFailedFlushOfTheDirectoryEndsPreparation) {
    open();
    it.faulty->inject({.kind = io::OperationKind::sync_directory});
    EXPECT_EQ(it.journal->prepare_step().status().code(), Code::io);
    EXPECT_EQ(it.journal->prepare_step().status().code(), Code::io);
    append("a");
    EXPECT_EQ(it.journal->prepare(1 << 16).code(), Code::io);
    crash();
    reopen();
    expect("a");
    ASSERT_TRUE(it.prepare_all().ok());
}

TEST_F(SpareFilesTest, AFailedRenameWhileTrimmingLosesNothing) {
    open();
    fill(3);
    it.faulty->inject({.kind = io::OperationKind::rename});
    EXPECT_FALSE(it.journal->trim(it.journal->last()).ok());
    EXPECT_EQ(it.journal->statistics().files, 3U);
    ASSERT_TRUE(it.journal->trim(it.journal->last()).ok());
    EXPECT_EQ(it.journal->statistics().files, 1U);
}

TEST_F(SpareFilesTest, LeftoversOfAnEarlierOwnerAreRemoved) {
    open();
    fill(4);
    ASSERT_TRUE(it.journal->trim(it.journal->last()).ok());
    it.from = it.watermark();
    crash();
    reopen();
    for (const std::string& name : it.names())
        EXPECT_FALSE(parse_spare_name(name).has_value()) << name;
}

TEST_F(SpareFilesTest, PreparedFilesBehindAHoleAreRemoved) {
    it.options.files_ahead = 3;
    open();
    ASSERT_TRUE(it.prepare_all().ok());
    crash();
    ASSERT_TRUE(it.disk->remove(path_of(3)).ok());
    reopen();
    EXPECT_EQ(names(), two_files);
    ASSERT_TRUE(it.prepare_all().ok());
    EXPECT_EQ(it.names().size(), 5U);
}

// Files of a journal that begins small.
class SmallFirstFile : public SpareFilesTest {
protected:
    void SetUp() override {
        it.options.first_file_bytes = first;
        it.options.file_bytes = 1 << 20;
        it.options.bytes_max = 8 << 20;
        open();
    }
    // Half of it is more than what the file begins with.
    static constexpr std::uint64_t first = 2 * file_bytes_min;
    [[nodiscard]] std::vector<std::uint64_t> sizes() const {
        std::vector<std::uint64_t> found;
        for (const std::string& name : it.names()) {
            found.push_back(it.disk->read_at_rest(io::join_path(directory, name)).size());
        }
        return found;
    }
    void fill_to(std::uint64_t files) {
        while (it.journal->statistics().files < files) append_with_room(it.block('x'));
    }
};

TEST_F(SmallFirstFile, PreparesNothingAheadWhileItIsQuiet) {
    append("a");
    EXPECT_FALSE(it.journal->wants_files());
    ASSERT_TRUE(it.prepare_all().ok());
    EXPECT_EQ(names(), file_name(1));
    EXPECT_EQ(it.journal->statistics().bytes_on_disk, first);
}

TEST_F(SmallFirstFile, PreparesNothingAheadForAQuietOwnerOfALongJournal) {
    while (it.journal->statistics().files < 3) append_with_room(it.block('x'));
    crash();
    reopen();
    append("a");
    EXPECT_FALSE(it.journal->wants_files());
}

TEST_F(SmallFirstFile, PreparesAheadOnceMostOfItIsUsed) {
    while (!it.journal->wants_files()) append(it.block('x'));
    EXPECT_EQ(it.journal->statistics().files, 1U);
    ASSERT_TRUE(it.prepare_all().ok());
    EXPECT_EQ(names(), two_files);
    EXPECT_FALSE(it.journal->wants_files());
}

TEST_F(SmallFirstFile, IsFollowedByOnesFourTimesAsLargeUpToTheSetting) {
    fill_to(5);
    const std::vector<std::uint64_t> expected{first, 4 * first, 16 * first, 1 << 20, 1 << 20};
    std::vector<std::uint64_t> found = sizes();
    ASSERT_GE(found.size(), expected.size());
    found.resize(expected.size());
    EXPECT_EQ(found, expected);
}

TEST_F(SmallFirstFile, TheNextOwnerBeginsSmallAgainAndLosesNothing) {
    append("a");
    fill_to(3);
    append("b");
    crash();
    reopen();
    EXPECT_EQ(it.recovered.words.front(), "a");
    EXPECT_EQ(it.recovered.words.back(), "b");
    append("c");
    crash();
    reopen();
    EXPECT_EQ(it.recovered.words.back(), "c");
}

TEST_F(SmallFirstFile, HasRoomForSomeCommitsHoweverManyDefinitionsItBeginsWith) {
    EXPECT_TRUE(it.journal->has_room(file_bytes_min / 4));
}

TEST_F(SpareFilesTest, AFirstFileThatIsNoSizeForAFileIsRefused) {
    for (const std::uint64_t bytes :
         {std::uint64_t{4096}, file_bytes_min + 1, std::uint64_t{small_files().file_bytes * 2}}) {
        Options options = small_files();
        options.first_file_bytes = bytes;
        EXPECT_EQ(options.validate().code(), Code::invalid) << bytes;
    }
}

// What journals share on disk.
TEST_F(SpareFilesTest, JournalsStayWithinTheBudgetThatTheyShare) {
    Budget budget(10 * file_bytes_min);
    Options options = small_files();
    options.budget = &budget;
    {
        TestJournal one(options);
        TestJournal two(options);
        ASSERT_TRUE(one.open().ok());
        ASSERT_TRUE(two.open().ok());
        EXPECT_EQ(budget.used(), 2 * file_bytes_min);
        EXPECT_EQ(budget.fair_share(), 5 * file_bytes_min);
        Status refused;
        while (refused.ok()) {
            refused = one.journal->prepare(2 * 4096);
            if (refused.ok()) {
                ASSERT_TRUE(one.append(one.block('x')).ok());
            }
        }
        EXPECT_EQ(refused.code(), Code::busy);
        EXPECT_LE(budget.used(), budget.most() - budget.most() / 4);
        // The other has its share all the same.
        EXPECT_TRUE(two.prepare_all().ok());
        ASSERT_TRUE(one.journal->trim(one.journal->last()).ok());
        EXPECT_TRUE(one.journal->prepare(2 * 4096).ok()) << "what was trimmed is free again";
    }
    EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace perdure::journal::test
