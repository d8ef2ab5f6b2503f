// Inspections of damage: each refusal of a callback ends the walk, and what recovery refuses is
// found. The rest of it: inspect_test.cc.
#include "base/error.h"
#include "journal/inspect.h"
#include "journal/recovery_fixture.h"

namespace perdure::journal::test {
namespace {

class DamagedInspect : public RecoveryTest {
protected:
    // Life 1: a and the table "more", life 2: c; the head of file 2 knows "more".
    void two_lives() {
        open();
        append("a");
        define("more");
        crash();
        reopen();
        append("c");
        it.close();
    }
    std::string damage() {
        std::string text;
        Inspection inspection;
        inspection.damage = [&](const Status& status) {
            text += status.text() + "\n";
            return Status();
        };
        EXPECT_TRUE(inspect(*it.faulty, directory, inspection).ok());
        return text;
    }
    // Damage says `part`; and whichever call of a callback refuses, it is the last one.
    void expect_found_or_ended(std::string_view part) {
        const std::string found = damage();
        EXPECT_NE(found.find(part), std::string::npos) << found;
        EXPECT_FALSE(recover_from(*it.disk, it.world, {}, Access::onlooker).status.ok());
        for (int refused = 0;; ++refused) {
            int calls = 0;
            const auto answer = [&] {
                return calls++ == refused ? error(Code::busy, "enough") : Status();
            };
            Inspection inspection;
            inspection.file = [&](const FileFound&, const std::vector<TableDefinition>&) {
                return answer();
            };
            inspection.group = [&](const GroupSeen&) { return answer(); };
            inspection.remark = [&](std::string_view) { return answer(); };
            inspection.damage = [&](const Status&) { return answer(); };
            const Status status = inspect(*it.disk, directory, inspection);
            if (calls <= refused) {
                EXPECT_GT(calls, 2);
                EXPECT_EQ(status.text(), Status().text());
                break;
            }
            EXPECT_EQ(status.code(), Code::busy);
            EXPECT_EQ(calls, refused + 1) << "nothing is shown after it";
        }
    }
};

TEST_F(DamagedInspect, of_a_missing_file) {
    two_lives();
    reopen();
    it.close();
    ASSERT_TRUE(it.disk->remove(path_of(2)).ok());
    expect_found_or_ended("it follows file 0000000000000002");
}

// Their checksum is right, and there is one too few.
TEST_F(DamagedInspect, of_a_head_whose_definitions_do_not_decode) {
    two_lives();
    change_header(2, [](FileHeader& header) { ++header.definitions; });
    expect_found_or_ended("0000000000000002.pdj: a table definition is cut short");
}

TEST_F(DamagedInspect, of_a_head_that_contradicts_what_came_before) {
    two_lives();
    std::vector<std::byte> file = it.disk->read_at_rest(path_of(2));
    const std::span<std::byte> definitions(file.data() + headers_bytes, block_bytes);
    rename_in(definitions, "more", "less");
    it.disk->write_at_rest(path_of(2), headers_bytes, definitions);
    change_header(2, [&](FileHeader& header) {
        header.definitions_checksum = checksum64(definitions.first(header.definitions_bytes));
    });
    expect_found_or_ended("0000000000000002.pdj: ");
}

TEST_F(DamagedInspect, of_a_group_that_contradicts_the_head) {
    open();
    append("a");
    define("more");
    it.close();
    change_group(it.last_appended.address, [&](GroupHeader&, std::span<std::byte> payload) {
        store_le(payload.data() + sizeof(FrameHeader) + 5, notes().id);
    });
    expect_found_or_ended("0000000000000001.pdj: ");
}

TEST_F(DamagedInspect, of_a_group_that_does_not_decode) {
    open();
    append("a");
    it.close();
    change_group(it.last_appended.address, [](GroupHeader&, std::span<std::byte> payload) {
        store_le(payload.data(), std::uint64_t{5});
    });
    expect_found_or_ended("its frame claims 5 bytes");
}

// Recovery knew it, inspection did not: the definitions of the newest head were never flushed, and
// only that head says that the last group, which rotted, was durable.
TEST_F(DamagedInspect, of_a_group_that_only_a_head_with_torn_definitions_calls_durable) {
    open_with_a_b_c();
    crash();
    reopen();
    crash();
    it.disk->flip_bit(path_of(2), headers_bytes + 10, 1);
    EXPECT_EQ(damage(), "");
    it.disk->flip_bit(path_of(1), offset_of_group(2) + 130, 1);
    expect_found_or_ended("later change sets were durable");
}

TEST_F(DamagedInspect, of_a_newest_file_that_is_full_finds_nothing) {
    open_with_a_b_c();
    it.close();
    it.disk->truncate_at_rest(path_of(1), offset_of_group(3));
    change_header(1, [](FileHeader& header) { header.file_bytes = offset_of_group(3); });
    EXPECT_EQ(damage(), "");
    ASSERT_TRUE(recover_from(*it.disk, it.world, {}, Access::onlooker).status.ok());
}

TEST(Inspect, names_each_state_of_a_file) {
    EXPECT_EQ(state_name(FileFound::State::used), "used");
    EXPECT_EQ(state_name(FileFound::State::prepared), "prepared");
    EXPECT_EQ(state_name(FileFound::State::headless), "headless");
    EXPECT_EQ(state_name(FileFound::State::newer), "newer");
    EXPECT_EQ(state_name(FileFound::State{99}), "unknown");
}

}  // namespace
}  // namespace perdure::journal::test
