// Remedies that are cut short. src/jobs/repair.cc.
#include <functional>

#include "base/test_run.h"
#include "io/faulty_file_system.h"
#include "jobs/sick_world.h"

namespace perdure::jobs {
namespace {

// A crash before any operation that changes the disk leaves something to go on with, and the same
// end.
class CutShort : public SickWorld {
protected:
    void try_all(Life life, const std::function<void()>& damage, const std::string& remedy) {
        fall_ill(life);
        damage();
        heal();
        const auto wanted = open_and_read();
        ASSERT_TRUE(wanted.has_value());
        int cut_short = 0;
        for (const auto kind : {io::OperationKind::rename, io::OperationKind::write,
                                io::OperationKind::sync, io::OperationKind::sync_directory,
                                io::OperationKind::create_directory, io::OperationKind::resize}) {
            for (std::uint64_t at = 1;; at += test_stride()) {
                fall_ill(life);
                damage();
                const Contents before = contents();
                io::FaultyFileSystem faulty(files_);
                faulty.inject({.kind = kind,
                               .at = at,
                               .type = io::FaultType::crash_point,
                               .path_part = path()});
                const auto report = mend_on(faulty, remedy);
                if (report.ok()) break;
                ++cut_short;
                expect_nothing_deleted(before, contents());
                heal();
                const auto state = open_and_read();
                ASSERT_TRUE(state.has_value()) << io::operation_name(kind) << " " << at;
                expect_same(*state, *wanted);
                if (HasFailure()) {
                    ADD_FAILURE() << remedy << ", before " << io::operation_name(kind) << " " << at;
                    return;
                }
            }
        }
        EXPECT_GT(cut_short, 0) << remedy;
    }
};

TEST_F(CutShort, cut_journal) {
    try_all(
        Life::undrained,
        [&] {
            const std::vector<Group> all = groups();
            flip(all[all.size() - 4].file, all[all.size() - 4].offset + 150);
        },
        "cut-journal");
}

TEST_F(CutShort, drop_covered) {
    try_all(
        Life::half, [&] { std::filesystem::remove(journal_files()[1]); }, "drop-covered");
}

TEST_F(CutShort, take_over) {
    try_all(
        Life::half,
        [&] {
            for (const std::string& file : journal_files()) std::filesystem::remove(file);
        },
        "take-over");
}

TEST_F(CutShort, rebuild_store) {
    try_all(
        Life::trimmed, [&] { spoil_pages(4, 6); }, "rebuild-store");
}

TEST_F(CutShort, identity) {
    try_all(
        Life::half, [&] { flip(path("identity"), 30); }, "restore-identity");
}

TEST_F(CutShort, a_world_whose_store_is_being_replaced_does_not_open) {
    fall_ill(Life::trimmed);
    spoil_pages(4, 4);
    io::FaultyFileSystem faulty(files_);
    faulty.inject({.kind = io::OperationKind::rename,
                   .at = 3,  // the old one is away, the new one waits
                   .type = io::FaultType::crash_point,
                   .path_part = path()});
    ASSERT_FALSE(mend_on(faulty, "rebuild-store").ok());
    ASSERT_FALSE(std::filesystem::exists(path("store.sqlite")));
    const auto opened = World::open(path(), sick_schema(), sick_options(clock_));
    EXPECT_EQ(opened.status().code(), Code::corrupt);
    EXPECT_NE(opened.status().message().find("perdure repair"), std::string_view::npos);
    EXPECT_EQ(heal(), std::vector<std::string>{"rebuild-store"});
}

}  // namespace
}  // namespace perdure::jobs
