#include "journal/inspect.h"

#include "base/error.h"
#include "journal/definitions.h"
#include "journal/group.h"
#include "journal/recovery_fixture.h"

namespace perdure::journal::test {
namespace {

// Everything an inspection shows, in words.
std::string shown(io::FileSystem& files) {
    std::string text;
    Inspection inspection;
    inspection.file = [&](const FileFound& file, const std::vector<TableDefinition>& definitions) {
        text += text::format("[{} {}", file.sequence, state_name(file.state));
        for (const TableDefinition& definition : definitions) {
            text += text::format(" {}", definition.name);
        }
        text += "] ";
        return Status();
    };
    inspection.group = [&](const GroupSeen& group) {
        text += text::format("{}:", group.header.group);
        if (group.header.kind == GroupKind::attest) text += "attest";
        for (const ChangeSet& changes : group.changes) text += word_of(changes);
        EXPECT_EQ(group.frame_bytes.size(), group.changes.size());
        text += " ";
        return Status();
    };
    inspection.remark = [&](std::string_view remark) {
        text += text::format("({}) ", remark);
        return Status();
    };
    EXPECT_TRUE(inspect(files, directory, inspection).ok());
    return text;
}

TEST_F(JournalTest, InspectionShowsFilesGroupsAndChangeSets) {
    open();
    append_group("a b");
    attest();
    crash();
    reopen();
    append("c");
    ASSERT_TRUE(it.prepare_all().ok());
    it.close();
    EXPECT_EQ(
        shown(*it.disk),
        "[1 used notes] 1:ab 2:attest [2 used notes] 3:c "
        "(world/journal/0000000000000002.pdj: the groups end at offset 16384 of 32768: zeros) "
        "[3 prepared] ");
}

TEST_F(JournalTest, InspectionGoesOnBehindDamageAndSaysWhereItIs) {
    open();
    append("a");
    append("b");
    crash();
    reopen();
    append("c");
    it.close();
    it.disk->flip_bit(path_of(1), 4 * 4096 + 130, 0);
    const std::string text = shown(*it.disk);
    EXPECT_NE(
        text.find(
            "1:a (world/journal/0000000000000001.pdj: the groups end at offset 16384 of 20480: "
            "group 2 does not match its checksum)"),
        std::string::npos)
        << text;
    EXPECT_NE(text.find("3:c"), std::string::npos) << text;
}

// What an inspection calls damage, in words.
std::string damage_in(io::FileSystem& files) {
    std::string text;
    Inspection inspection;
    inspection.damage = [&](const Status& status) {
        text += status.text() + "\n";
        return Status();
    };
    EXPECT_TRUE(inspect(files, directory, inspection).ok());
    return text;
}

// Where an inspection says that the journal ends.
EndSeen end_of(io::FileSystem& files) {
    int calls = 0;
    EndSeen end;
    Inspection inspection;
    inspection.damage = [](const Status&) { return Status(); };
    inspection.end = [&](const EndSeen& seen) {
        ++calls;
        end = seen;
        return Status();
    };
    EXPECT_TRUE(inspect(files, directory, inspection).ok());
    EXPECT_EQ(calls, 1);
    return end;
}

TEST_F(JournalTest, InspectionSaysWhereTheJournalEndsAndWhatIsThere) {
    open();
    append("a");
    append("b");
    append("c");
    it.close();
    EndSeen end = end_of(*it.disk);
    EXPECT_EQ(end.path, path_of(1));
    EXPECT_EQ(end.offset, 6 * 4096U);
    EXPECT_EQ(end.last, 3U);
    EXPECT_EQ(end.durable, 2U);  // as the last group says of those before it
    EXPECT_EQ(end.why, "zeros");
    EXPECT_FALSE(end.remains || end.damaged);

    it.disk->flip_bit(path_of(1), 5 * 4096 + 130, 0);  // c: torn, or never acknowledged
    end = end_of(*it.disk);
    EXPECT_EQ(end.offset, 5 * 4096U);
    EXPECT_EQ(end.last, 2U);
    EXPECT_EQ(end.why, "group 3 does not match its checksum");
    EXPECT_TRUE(end.remains && !end.damaged);

    it.disk->flip_bit(path_of(1), 4 * 4096 + 130, 0);  // b, before what was acknowledged
    end = end_of(*it.disk);
    EXPECT_EQ(end.last, 1U);
    EXPECT_EQ(end.durable, 2U);
    EXPECT_TRUE(end.remains && end.damaged);
}

TEST_F(JournalTest, InspectionOfNoFilesEndsNowhere) {
    const EndSeen end = end_of(*it.disk);
    EXPECT_EQ(end.path, "");
    EXPECT_EQ(end.last, 0U);
}

TEST_F(JournalTest, InspectionFindsNoDamageInATornEnd) {
    open();
    append("a");
    append("b");
    it.close();
    EXPECT_EQ(damage_in(*it.disk), "");
    it.disk->flip_bit(path_of(1), 4 * 4096 + 130, 0);  // b may never have been acknowledged
    EXPECT_EQ(damage_in(*it.disk), "");
}

TEST_F(JournalTest, InspectionFindsDamageBeforeALaterGroupOfTheNewestFile) {
    open();
    append("a");
    append("b");
    append("c");
    it.close();
    for (const std::uint64_t place : {40U, 130U}) {  // header, payload
        it.disk->flip_bit(path_of(1), 4 * 4096 + place, 0);
        EXPECT_NE(damage_in(*it.disk).find("corrupt: world/journal/0000000000000001.pdj at offset "
                                           "16384, after LSN 1: "),
                  std::string::npos)
            << damage_in(*it.disk);
        it.disk->flip_bit(path_of(1), 4 * 4096 + place, 0);
    }
    EXPECT_EQ(damage_in(*it.disk), "");
}

TEST_F(JournalTest, InspectionFindsDamageInAFileThatHasASuccessor) {
    open();
    append("a");
    append("b");
    crash();
    reopen();
    append("c");
    it.close();
    it.disk->flip_bit(path_of(1), 4 * 4096 + 130, 0);
    EXPECT_EQ(damage_in(*it.disk),
              "corrupt: world/journal/0000000000000001.pdj: the groups end at offset 16384 of "
              "20480: group 2 does not match its checksum\n");
}

// J-10: recovery refuses it, and so inspection may not call it sound.
TEST_F(JournalTest, InspectionFindsAGroupThatHidesItsDefinitions) {
    open();
    append("a");
    it.close();
    std::vector<std::byte> group = it.disk->read_at_rest(path_of(1));
    group.erase(group.begin(), group.begin() + 3 * 4096);
    auto header = load_le<GroupHeader>(group.data());
    header.flags |= group_flag_definitions;
    store_le(group.data(), header);
    store_le(group.data() + group_checksum_offset,
             checksum64(ByteSpan(group).first(group_checksum_offset)));
    it.disk->write_at_rest(path_of(1), 3 * 4096, ByteSpan(group).first(group_header_bytes));
    EXPECT_EQ(recover_from(*it.disk, it.world).status.code(), Code::corrupt);
    EXPECT_EQ(damage_in(*it.disk),
              "corrupt: world/journal/0000000000000001.pdj at offset 12288: LSN 1: its frame "
              "should hold definitions\n");
}

// There is then no file that is used, and no newest one.
TEST_F(JournalTest, InspectionShowsAFileThatIsAloneUnderAnotherName) {
    open();
    append("a");
    it.close();
    ASSERT_TRUE(it.disk->rename(path_of(1), path_of(5)).ok());
    EXPECT_NE(shown(*it.disk).find("[5 used notes] 1:a"), std::string::npos) << shown(*it.disk);
    EXPECT_NE(damage_in(*it.disk).find("it is file 0000000000000001 under another name"),
              std::string::npos)
        << damage_in(*it.disk);
}

TEST_F(JournalTest, InspectionFindsAMissingFile) {
    for (int life = 0; life < 3; ++life) {
        open();
        append("a");
        crash();
    }
    ASSERT_TRUE(it.disk->remove(path_of(2)).ok());
    EXPECT_NE(damage_in(*it.disk).find("it follows file 0000000000000002"), std::string::npos)
        << damage_in(*it.disk);
}

TEST_F(JournalTest, InspectionFindsGroupsBehindAHeaderThatIsGone) {
    open();
    append("a");
    crash();
    reopen();
    append("b");
    append("c");
    it.close();
    it.disk->flip_bit(path_of(2), 20, 0);
    it.disk->flip_bit(path_of(2), 4096 + 20, 0);
    EXPECT_NE(damage_in(*it.disk).find("0000000000000002.pdj at offset"), std::string::npos)
        << damage_in(*it.disk);
}

TEST_F(JournalTest, InspectionWorksBesideAnOwnerAndOpensNothingForWriting) {
    open();
    append("a");
    io::FaultyFileSystem watched(*it.disk);
    watched.on_operation = [](const io::Operation& operation) {
        EXPECT_NE(operation.kind, io::OperationKind::write);
        EXPECT_NE(operation.kind, io::OperationKind::sync);
        EXPECT_NE(operation.kind, io::OperationKind::sync_directory);
    };
    EXPECT_NE(shown(watched).find("1:a"), std::string::npos);
    append("b");
}

TEST_F(JournalTest, InspectionOfNothingShowsNothing) { EXPECT_EQ(shown(*it.disk), ""); }

class InspectTest : public RecoveryTest {
protected:
    // Life 1: a b, life 2: c; the head of file 2 knows the table "more".
    void two_lives() {
        open();
        append("a");
        define("more");
        crash();
        reopen();
        append("c");
        ASSERT_TRUE(it.prepare_all().ok());
        it.close();
    }
    std::string damage() { return damage_in(*it.faulty); }
};

TEST_F(InspectTest, ends_with_the_first_refusal_of_a_callback) {
    two_lives();
    it.disk->flip_bit(path_of(1), 4 * 4096 + 130, 0);  // damage in a file
    it.disk->write_at_rest(path_of(3), 0, std::vector<std::byte>(8192, std::byte{1}));  // a remark
    for (const bool with_damage : {false, true}) {
        int refusals = 0;
        for (bool ended = true; ended;) {
            int call = 0;
            const auto answer = [&] {
                return call++ == refusals ? error(Code::busy, "call {}", call) : Status();
            };
            Inspection inspection;
            inspection.file = [&](const FileFound&, const std::vector<TableDefinition>&) {
                return answer();
            };
            inspection.group = [&](const GroupSeen&) { return answer(); };
            inspection.remark = [&](std::string_view) { return answer(); };
            if (with_damage) inspection.damage = [&](const Status&) { return answer(); };
            const Status status = inspect(*it.disk, directory, inspection);
            ended = !status.ok();
            if (!ended) break;
            EXPECT_EQ(call, refusals + 1) << "nothing is shown after it";
            ++refusals;
        }
        EXPECT_GT(refusals, 4);
    }
}

// An owner may trim while we look.
TEST_F(InspectTest, calls_no_file_damaged_that_is_trimmed_meanwhile) {
    two_lives();
    for (std::uint64_t at = 1;; ++at) {
        const auto disk = it.disk->clone();
        disk->flip_bit(path_of(1), 4 * 4096 + 130, 0);
        io::FaultyFileSystem watched(*disk);
        watched.on_operation = [&](const io::Operation& operation) {
            if (operation.index == at) {
                EXPECT_TRUE(disk->remove(path_of(1)).ok());
            }
        };
        const std::string found = damage_in(watched);
        if (watched.operation_count() < at) break;
        EXPECT_TRUE(found.empty() || disk->exists(path_of(1)).ok()) << found;
    }
}

TEST_F(InspectTest, finds_a_block_that_cannot_be_read_where_the_next_group_would_be) {
    open_with_a_b_c();
    it.close();
    lose_block(1, offset_of_group(3));
    EXPECT_NE(damage().find("read errors at offset"), std::string::npos) << damage();
    lose_block(1, offset_of_group(4));
    EXPECT_EQ(damage(), "");
}

// Or the owner wrote on in between: the same to us.
TEST_F(InspectTest, finds_no_damage_in_a_block_that_can_be_read_the_next_time) {
    open_with_a_b_c();
    it.close();
    int reads = 0;
    it.faulty->on_operation = [&](const io::Operation& operation) {
        const std::uint64_t lost = offset_of_group(2);
        if (operation.kind != io::OperationKind::read || operation.offset > lost ||
            operation.offset + operation.bytes <= lost) {
            return;
        }
        ++reads;  // the survey's, the piece, and the block twice
        if (reads >= 2 && reads <= 4) it.faulty->inject({.kind = io::OperationKind::read});
    };
    EXPECT_EQ(damage(), "");
    EXPECT_EQ(reads, 5) << "it has looked again";
}

TEST_F(InspectTest, finds_a_file_that_does_not_go_on_where_the_one_before_it_ends) {
    for (int field = 0; field < 3; ++field) {
        if (field == 0) two_lives();
        const auto before = it.disk->read_at_rest(path_of(2));
        change_header(2, [&](FileHeader& header) {
            if (field == 0) header.chain.low ^= 1;
            if (field == 1) ++header.first_group;
            if (field == 2) ++header.first_lsn;
        });
        EXPECT_NE(damage().find("does not go on from there"), std::string::npos) << damage();
        EXPECT_EQ(recover_from(*it.disk, it.world).status.code(), Code::corrupt) << field;
        it.disk->write_at_rest(path_of(2), 0, before);
    }
}

// Their checksums are right; what they say cannot be.
TEST_F(InspectTest, finds_definitions_that_contradict_one_another) {
    two_lives();
    std::vector<std::byte> file = it.disk->read_at_rest(path_of(2));
    const std::span<std::byte> definitions(file.data() + headers_bytes, block_bytes);
    rename_in(definitions, "more", "less");
    it.disk->write_at_rest(path_of(2), headers_bytes, definitions);
    change_header(2, [&](FileHeader& header) {
        header.definitions_checksum = checksum64(definitions.first(header.definitions_bytes));
    });
    EXPECT_NE(damage().find("0000000000000002.pdj: "), std::string::npos) << damage();
    EXPECT_EQ(recover_from(*it.disk, it.world).status.code(), Code::corrupt);
}

TEST_F(InspectTest, finds_a_definition_in_a_group_that_contradicts_the_head) {
    open();
    append("a");
    define("more");
    it.close();
    change_group(it.last_appended.address, [&](GroupHeader&, std::span<std::byte> payload) {
        store_le(payload.data() + sizeof(FrameHeader) + 5, notes().id);
    });
    EXPECT_NE(damage().find("0000000000000001.pdj"), std::string::npos) << damage();
    EXPECT_EQ(recover_from(*it.disk, it.world).status.code(), Code::corrupt);
    Watermark behind;  // as a store that has it would find it
    behind.lsn = 2;
    behind.epoch = 1;
    behind.chain = chain_after(load_le<GroupHeader>(it.disk->read_at_rest(path_of(1)).data() +
                                                    it.last_appended.address.offset));
    const Recovered seen = recover_from(*it.disk, it.world, behind);
    EXPECT_EQ(seen.status.code(), Code::corrupt) << seen.status.text();
    EXPECT_EQ(seen.status.text().find("different runs"), std::string::npos) << seen.status.text();
}

TEST_F(InspectTest, finds_frames_that_do_not_fill_their_group_or_do_not_decode) {
    open();
    append_group("a b");
    it.close();
    const auto damage_if =
        [&](const std::function<void(GroupHeader&, std::span<std::byte>)>& change) {
            const auto before = it.disk->clone();
            change_group(it.last_appended.address, change);
            const std::string found = damage();
            EXPECT_EQ(recover_from(*it.disk, it.world).status.code(), Code::corrupt);
            it.disk->write_at_rest(path_of(1), 0, before->read_at_rest(path_of(1)));
            return found;
        };
    EXPECT_NE(damage_if([](GroupHeader& header, std::span<std::byte>) {
                  header.frames = 1;
              }).find("bytes follow its frames"),
              std::string::npos);
    EXPECT_NE(damage_if([](GroupHeader&, std::span<std::byte> payload) {
                  store_le(payload.data(), std::uint64_t{5});
              }).find("its frame claims 5 bytes"),
              std::string::npos);
    EXPECT_NE(damage_if([](GroupHeader&, std::span<std::byte> payload) {
                  store_le(payload.data() + sizeof(FrameHeader), std::uint32_t{99});
              }).find("no definition of table 99"),
              std::string::npos);
}

TEST_F(InspectTest, finds_no_damage_in_a_head_that_was_never_flushed) {
    two_lives();
    it.disk->write_at_rest(path_of(2), 0, std::vector<std::byte>(8192, std::byte{1}));
    it.disk->write_at_rest(path_of(2), 8192, std::vector<std::byte>(file_bytes_min - 8192));
    EXPECT_EQ(damage(), "");
}

// We came while the owner wrote its head, or it is gone before we look behind it.
TEST_F(InspectTest, looks_again_at_a_file_without_a_head) {
    two_lives();
    for (const bool trimmed : {false, true}) {
        const auto disk = it.disk->clone();
        for (const std::uint64_t copy : {0U, 4096U}) disk->flip_bit(path_of(2), copy + 20, 0);
        EXPECT_NE(damage_in(*disk), "");
        io::FaultyFileSystem watched(*disk);
        int opened = 0;
        watched.on_operation = [&](const io::Operation& operation) {
            if (operation.kind != io::OperationKind::open || operation.path != path_of(2)) return;
            ++opened;
            if (trimmed && opened == 2) {
                EXPECT_TRUE(disk->remove(path_of(2)).ok());
            }
            if (trimmed || opened != 3) return;
            for (const std::uint64_t copy : {0U, 4096U}) disk->flip_bit(path_of(2), copy + 20, 0);
        };
        EXPECT_EQ(damage_in(watched), "");
        EXPECT_GE(opened, 2);
    }
}

}  // namespace
}  // namespace perdure::journal::test
