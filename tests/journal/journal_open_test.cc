#include "journal/recovery_fixture.h"

namespace perdure::journal::test {
namespace {

TEST_F(JournalTest, OpeningWithOptionsThatCannotBeIsRefused) {
    it.options.file_bytes = 1;
    expect_refused(Code::invalid, "file_bytes");
}

TEST_F(RecoveryTest, features_that_can_be_read_but_not_written_close_the_journal_to_an_owner) {
    open();
    append("a");
    it.close();
    const Start start = recover_from(*it.disk, it.world).findings.start(it.world);
    change_header(1, [](FileHeader& header) { header.ro_compat = 1; });
    EXPECT_EQ(Journal::open(*it.disk, it.clock, directory, it.options, start, *it.catalog)
                  .status()
                  .code(),
              Code::unsupported);
}

TEST_F(JournalTest, OpeningWithAStartThatIsNotWhatRecoveryFoundIsRefused) {
    open();
    append("a");
    crash();
    const Start right = recover_from(*it.disk, it.world).findings.start(it.world);
    Start wrong = right;
    const auto code = [&] {
        return Journal::open(*it.disk, it.clock, directory, small_files(), wrong, *it.catalog)
            .status()
            .code();
    };
    wrong.next_file = right.next_file + 1;
    EXPECT_EQ(code(), Code::invalid);
    wrong = right;
    wrong.epoch = 1;
    EXPECT_EQ(code(), Code::invalid);
    wrong = right;
    wrong.previous_file = 0;
    EXPECT_EQ(code(), Code::invalid);
    wrong = right;
    wrong.next_group = 0;
    EXPECT_EQ(code(), Code::invalid);
    wrong = right;
    wrong.previous_bytes = 0;
    EXPECT_EQ(code(), Code::invalid);
    wrong = right;
    ++wrong.previous_bytes;
    EXPECT_EQ(code(), Code::invalid);
    wrong = right;
    wrong.world = world_of(99);
    EXPECT_EQ(code(), Code::corrupt);
    wrong = right;
    EXPECT_EQ(code(), Code::ok);
}

TEST(JournalOptions, AreChecked) {
    const auto code = [](Options options) { return options.validate().code(); };
    EXPECT_EQ(code({}), Code::ok);
    EXPECT_EQ(code(small_files()), Code::ok);
    EXPECT_EQ(code({.file_bytes = 4096}), Code::invalid);
    EXPECT_EQ(code({.file_bytes = 2 * file_bytes_max}), Code::invalid);
    EXPECT_EQ(code({.file_bytes = (1 << 20) + 1}), Code::invalid);
    EXPECT_EQ(code({.bytes_max = 64 << 20}), Code::invalid);
    EXPECT_EQ(code({.files_ahead = 1000}), Code::invalid);
    EXPECT_EQ(code({.group_bytes_max = 1}), Code::invalid);
    EXPECT_EQ(code({.group_bytes_max = ~0U}), Code::invalid);
}

}  // namespace
}  // namespace perdure::journal::test
