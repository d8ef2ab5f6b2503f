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
