#include "journal/inspect.h"

#include "journal/test_journal.h"

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

}  // namespace
}  // namespace perdure::journal::test
