#include "journal/journal.h"

#include "journal/recovery_fixture.h"

namespace perdure::journal::test {
namespace {

TEST_F(JournalTest, WhatWasAppendedIsThereAfterACrash) {
    open();
    append("a");
    append_group("b c d");
    crash();
    reopen();
    expect("a b c d");
    EXPECT_EQ(it.recovered.findings.last, 4U);
    EXPECT_EQ(it.recovered.findings.ending, Ending::clean);
}

TEST_F(JournalTest, AnEmptyDirectoryIsAnEmptyJournal) {
    open();
    EXPECT_TRUE(it.recovered.findings.empty);
    EXPECT_EQ(it.journal->last(), 0U);
}

TEST_F(JournalTest, ANewJournalThatWasNeverWrittenToGoesOnAtTheFirstLsn) {
    open();
    crash();
    reopen();
    EXPECT_FALSE(it.recovered.findings.empty);
    EXPECT_EQ(it.recovered.findings.last, 0U);
    append("a");
    crash();
    reopen();
    expect("a");
}

TEST_F(JournalTest, EveryOpeningIsANewEpochInANewFile) {
    for (std::uint64_t opening = 1; opening <= 5; ++opening) {
        open();
        EXPECT_EQ(it.recovered.findings.start(it.world).epoch, opening);
        append(std::to_string(opening));
        crash();
    }
    reopen();
    expect("1 2 3 4 5");
    EXPECT_EQ(it.recovered.findings.next_file, 6U);
}

TEST_F(JournalTest, GroupsFillFilesAndNeverStraddleThem) {
    open();
    for (char letter = 'a'; letter <= 'z'; ++letter) append_with_room(it.block(letter));
    EXPECT_GT(it.journal->statistics().files, 4U);
    crash();
    reopen();
    ASSERT_EQ(it.recovered.words.size(), 26U);
    for (std::size_t index = 0; index < 26; ++index) {
        EXPECT_EQ(it.recovered.words[index], it.block(static_cast<char>('a' + index)));
    }
}

TEST_F(JournalTest, AGroupTakesAPrefixUpToItsLimit) {
    open();
    const auto appended = it.append_group({it.block('a'), it.block('b'), it.block('c')});
    ASSERT_TRUE(appended.ok());
    EXPECT_EQ(appended->taken, 2U);  // group_bytes_max is two blocks
    EXPECT_EQ(appended->last, 2U);
    EXPECT_EQ(appended->address.bytes, 8192U);
    EXPECT_EQ(it.journal->last(), 2U);
}

TEST_F(JournalTest, AChangeSetBeyondTheGroupLimitHasAGroupToItself) {
    open();
    const std::string giant(20'000, 'g');
    const auto appended = it.append_group({giant, "b"});
    ASSERT_TRUE(appended.ok()) << appended.status().text();
    EXPECT_EQ(appended->taken, 1U);
    append_with_room("b");
    crash();
    reopen();
    expect(giant + " b");
}

TEST_F(JournalTest, AChangeSetBeyondTheFileSizeGetsALargerFile) {
    open();
    append("a");
    const std::string giant(100'000, 'g');
    EXPECT_EQ(it.append(giant).code(), Code::busy);
    append_with_room(giant);
    append_with_room("b");
    crash();
    reopen();
    expect("a " + giant + " b");
}

TEST_F(JournalTest, WithoutRoomNothingHappensAndAppendingGoesOnLater) {
    open();
    int appended = 0;
    Status status;
    while ((status = it.append(it.block('x'))).ok()) ++appended;
    EXPECT_EQ(status.code(), Code::busy);
    EXPECT_EQ(it.journal->last(), static_cast<Lsn>(appended));
    append_with_room(it.block('y'));
    crash();
    reopen();
    EXPECT_EQ(it.recovered.words.size(), static_cast<std::size_t>(appended) + 1);
}

TEST_F(JournalTest, ATickWithoutRowsStillHasAFrame) {
    open();
    ChangeSet empty;
    empty.lsn = 1;
    empty.tick = 77;
    ASSERT_TRUE(it.append_changes(empty).ok());
    append("a");
    crash();
    reopen();
    expect("- a");
}

TEST_F(JournalTest, EphemeralBatchesStayOut) {
    open();
    ChangeSet changes = it.next("a");
    changes.ephemeral.push_back(std::move(it.next("secret").batches.front()));
    ASSERT_TRUE(it.append_changes(changes).ok());
    const std::vector<std::byte> file = it.disk->read_at_rest(path_of(1));
    EXPECT_EQ(as_text(file).find("secret"), std::string_view::npos);
}

TableDefinition table_named(const Catalog& catalog, TableId id, std::string name) {
    TableBuilder builder(std::move(name));
    builder.key<std::uint64_t>("n").column<std::string>("body");
    TableDefinition definition = **catalog.evolve(builder.definition());
    definition.id = id;
    return definition;
}

TEST_F(JournalTest, ADefinitionClosesItsGroupAndIsKnownAfterwards) {
    open();
    ChangeSet first = it.next("a");
    ChangeSet definition;
    definition.lsn = 2;
    definition.definitions.push_back(table_named(*it.catalog, 9, "letters"));
    ASSERT_TRUE(it.catalog->add(definition.definitions.front()).ok());
    ChangeSet last = note(*it.catalog->find(9), 3, "c");
    const std::vector<const ChangeSet*> offered{&first, &definition, &last};
    const auto appended = it.journal->append(offered);
    ASSERT_TRUE(appended.ok());
    EXPECT_EQ(appended->taken, 2U);
    ASSERT_TRUE(it.append_changes(last).ok());
    crash();
    reopen();
    expect("a +letters c");
    EXPECT_NE(it.catalog->find("letters"), nullptr);
}

TEST_F(JournalTest, EveryFileCanBeDecodedAlone) {
    open();
    ChangeSet definition;
    definition.lsn = 1;
    definition.definitions.push_back(table_named(*it.catalog, 9, "letters"));
    ASSERT_TRUE(it.append_changes(definition).ok());
    ASSERT_TRUE(it.catalog->add(definition.definitions.front()).ok());
    while (it.journal->statistics().files < 4) append_with_room(it.block('x'));
    append("end");
    const Watermark end = it.watermark();
    ChangeSet letter = note(*it.catalog->find(9), end.lsn + 1, "letter");
    ASSERT_TRUE(it.append_changes(letter).ok());
    crash();
    it.from = end;
    reopen();  // reads only the newest file
    expect("letter");
}

TEST_F(JournalTest, ADefinitionThatWasNotJournaledIsNotAtTheHeadOfAFile) {
    open();
    ASSERT_TRUE(it.catalog->add(table_named(*it.catalog, 9, "letters")).ok());  // accepted only
    while (it.journal->statistics().files < 3) append_with_room(it.block('x'));
    crash();
    reopen();
    EXPECT_EQ(it.catalog->find("letters"), nullptr);
}

TEST_F(JournalTest, AttestingWritesOneGroupAndOnlyWhenSomethingIsNew) {
    open();
    append("a");
    const std::uint64_t groups = it.journal->statistics().groups;
    attest();
    attest();
    EXPECT_EQ(it.journal->statistics().groups, groups + 1);
    append("b");
    attest();
    EXPECT_EQ(it.journal->statistics().groups, groups + 3);
    crash();
    reopen();
    expect("a b");
    EXPECT_EQ(it.recovered.findings.attested, 2U);
}

TEST_F(JournalTest, AttestingDoesNotChangeTheChain) {
    open();
    append("a");
    const Watermark mark = it.watermark();
    attest();
    crash();
    it.from = mark;
    reopen();
    expect("");
    EXPECT_EQ(it.recovered.findings.chain, mark.chain);
}

TEST_F(JournalTest, AttestGroupsNeverTakeTheRoomThatWasPromised) {
    open();
    for (char letter = 'a'; letter <= 'z'; ++letter) {
        const ChangeSet next = it.next(it.block(letter));
        if (!it.journal->has_room(encoded_bytes_max(next))) {
            ASSERT_TRUE(it.journal->prepare(encoded_bytes_max(next)).ok());
        }
        attest();  // slips in between
        ASSERT_TRUE(it.append_changes(next).ok());
    }
}

TEST_F(JournalTest, AFailedWriteIsFinal) {
    open();
    append("a");
    it.faulty->inject({.kind = io::OperationKind::write});
    const Status status = it.append("b");
    EXPECT_EQ(status.code(), Code::read_only);
    EXPECT_NE(status.text().find(file_name(1)), std::string::npos) << status.text();
    EXPECT_EQ(it.append("b").code(), Code::read_only);
    EXPECT_EQ(it.journal->attest().code(), Code::read_only);
    EXPECT_EQ(it.journal->prepare(1 << 20).code(), Code::read_only);
    EXPECT_EQ(it.journal->prepare_step().status().code(), Code::read_only);
    EXPECT_EQ(it.journal->trim(1).code(), Code::read_only);
    EXPECT_EQ(it.journal->last(), 1U);
    crash();
    reopen();
    expect("a");
}

TEST_F(JournalTest, AFailedFlushIsFinalAndWhatItHeldMayBeGone) {
    open();
    append("a");
    it.faulty->inject({.kind = io::OperationKind::sync});
    EXPECT_EQ(it.append("b").code(), Code::read_only);
    it.disk->lose_unsynced(path_of(1));
    EXPECT_EQ(it.append("c").code(), Code::read_only);
    kill();  // the page cache still shows "b"; recovery reads past it
    reopen();
    expect("a");
}

TEST_F(JournalTest, AFailedHeaderWriteIsFinalAndTheNextOpeningSkipsThatFile) {
    open();
    ASSERT_TRUE(it.prepare_all().ok());
    while (it.journal->statistics().files == 1 && it.journal->has_room(2 * 4096))
        append(it.block('x'));
    it.faulty->inject({.kind = io::OperationKind::write,
                       .type = io::FaultType::short_write,
                       .path_part = file_name(2)});
    Status status;
    while ((status = it.append(it.block('x'))).ok()) {
    }
    EXPECT_EQ(status.code(), Code::read_only);
    const Lsn last = it.journal->last();
    kill();
    reopen();
    EXPECT_EQ(it.recovered.findings.last, last);
    EXPECT_EQ(it.journal->statistics().files, 3U);
    append("y");
}

TEST_F(JournalTest, WhatNoFrameCanSayIsRefusedAloneAndLeftOutOfAGroup) {
    open();
    ChangeSet first = it.next("a");
    ChangeSet beyond = it.next("b");
    ++beyond.lsn;
    const std::size_t items = frame_items_max + 1;
    for (std::size_t item = 1; item < items; ++item) {
        beyond.batches.push_back(perdure::test::batch_of(*it.catalog->find(notes().id), {}));
    }
    const ChangeSet* const offered[] = {&first, &beyond};
    const auto appended = it.journal->append(offered);
    ASSERT_TRUE(appended.ok()) << appended.status().text();
    EXPECT_EQ(appended->taken, 1U);
    EXPECT_EQ(it.journal->append(std::span(offered).last(1)).status().code(), Code::invalid);
    append("c");
}

TEST_F(JournalTest, AChangeSetLargerThanAnyFileHasNoRoom) {
    open();
    ASSERT_TRUE(it.prepare_all().ok());
    EXPECT_TRUE(it.journal->has_room(8192, 4096));
    EXPECT_FALSE(it.journal->has_room(10 * file_bytes_min, 2 * file_bytes_min));
}

TEST_F(JournalTest, RoomIsTrueWhateverTheGroupsAre) {
    Random random(11);
    it.options.files_ahead = 3;
    open();
    for (int round = 0; round < 300; ++round) {
        // A queue of change sets that has_room() promises to take.
        std::vector<ChangeSet> queue;
        std::uint64_t total = 0;
        std::uint64_t largest = 0;
        const std::size_t count = 1 + random.below(12);
        for (std::size_t index = 0; index < count; ++index) {
            queue.push_back(note(*it.catalog->find(notes().id), it.journal->last() + 1 + index,
                                 std::string(random.below(9000), 'q')));
            total += encoded_bytes_max(queue.back());
            largest = std::max(largest, encoded_bytes_max(queue.back()));
        }
        const bool room = it.journal->has_room(total, largest);
        EXPECT_TRUE(room || !it.journal->has_room(total));
        if (!room) {
            ASSERT_TRUE(it.journal->trim(it.journal->last()).ok());
            ASSERT_TRUE(it.prepare_all().ok());
            if (!it.journal->has_room(total, largest)) {
                const Status status = it.journal->prepare(total);
                ASSERT_TRUE(status.ok()) << status.text();
                ASSERT_TRUE(it.journal->has_room(total));
            }
        }
        ASSERT_TRUE(it.journal->attest().ok());
        std::vector<const ChangeSet*> offered;
        for (const ChangeSet& changes : queue) offered.push_back(&changes);
        for (std::size_t done = 0; done < offered.size();) {
            const auto appended = it.journal->append(std::span(offered).subspan(done));
            ASSERT_TRUE(appended.ok()) << round << ": " << appended.status().text();
            done += appended->taken;
        }
    }
}

TEST_F(RecoveryTest, definitions_count_twice_for_the_room_that_they_take) {
    ChangeSet changes;
    changes.definitions.push_back(defined("more"));
    EXPECT_EQ(encoded_bytes_max(changes), 2 * block_bytes);
}

}  // namespace
}  // namespace perdure::journal::test
