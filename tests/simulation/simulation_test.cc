#include "simulation/simulation.h"

#include <iostream>

#include <gtest/gtest.h>

#include "base/test_run.h"
#include "simulation/seeded_bugs.h"

namespace perdure::simulation {
namespace {

// Enough for continuous integration; `make simulate` runs as many as one likes.
constexpr std::uint64_t runs = 700;
constexpr std::uint64_t runs_on_sqlite = 60;
// A seeded bug that is not found within so many workloads would hardly be found at all.
constexpr std::uint64_t bug_runs_max = 200;

std::optional<Failure> run_until_failure(Simulation& simulation, std::uint64_t seeds) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        if (auto failure = simulation.run(seed)) return failure;
    }
    return std::nullopt;
}

// A simulation that does not do what it is there for would pass too.
void expect_enough(const Figures& figures, std::uint64_t seeds) {
    EXPECT_EQ(figures.workloads, seeds);
    EXPECT_GT(figures.crash_points, 33 * seeds);
    EXPECT_GT(figures.crashes, figures.crash_points);
    EXPECT_GT(figures.nested_crashes, 3 * seeds);
    EXPECT_GT(figures.torn, 0U);
    EXPECT_GT(figures.replayed, 0U);
    EXPECT_GT(figures.conflicts, 0U);
    EXPECT_GT(figures.faults, 0U);
    EXPECT_GT(figures.interleaved, 0U);
    EXPECT_GT(figures.files_trimmed, 0U);
    EXPECT_GT(figures.snapshots, seeds);
    EXPECT_GT(figures.digests, seeds);
    EXPECT_GT(figures.damaged, 3 * seeds);
    EXPECT_GT(figures.damage_reported, seeds);
    EXPECT_GT(figures.damage_harmless, seeds);
    EXPECT_GT(figures.last_groups_lost, 0U);
    EXPECT_EQ(figures.stale_pages, 0U);  // there are no pages
}

TEST(Simulation, every_crash_point_of_random_workloads_recovers) {
    Simulation simulation({});
    const std::uint64_t seeds = test_share_of(runs);
    const auto failure = run_until_failure(simulation, seeds);
    if (!failure) {
        expect_enough(simulation.figures(), seeds);
        return;
    }
    Simulation again({.crash_at = failure->operation, .log = true});
    const auto told = again.run(failure->seed);
    FAIL() << (told ? *told : *failure).text();
}

TEST(Simulation, same_seed_is_the_same_run) {
    Simulation one({.log = true});
    Simulation other({.log = true});
    EXPECT_FALSE(one.run(7));
    EXPECT_FALSE(other.run(7));
    EXPECT_EQ(one.log(), other.log());
    EXPECT_GT(one.log().size(), 100U);
}

// Or a crash that failed could not be looked at by itself.
TEST(Simulation, a_crash_point_alone_is_the_same_as_among_all) {
    Simulation all({.store = StoreKind::sqlite, .log = true});
    Simulation none({.store = StoreKind::sqlite, .crash_at = 1, .log = true});
    EXPECT_FALSE(all.run(3));
    EXPECT_FALSE(none.run(3));
    std::vector<std::string> outer;
    for (const std::string& line : all.log()) {
        if (!line.starts_with("    ") && !line.starts_with("the power fails"))
            outer.push_back(line);
    }
    std::vector<std::string> alone;
    for (const std::string& line : none.log()) {
        if (!line.starts_with("    ") && !line.starts_with("the power fails"))
            alone.push_back(line);
    }
    EXPECT_EQ(outer, alone);
    EXPECT_GT(all.log().size(), outer.size());
}

TEST(Simulation, sampled_crash_points_of_workloads_on_sqlite_recover) {
    Simulation simulation({.store = StoreKind::sqlite});
    const std::uint64_t seeds = test_share_of(runs_on_sqlite);
    if (const auto failure = run_until_failure(simulation, seeds)) {
        Simulation again({.store = StoreKind::sqlite, .crash_at = failure->operation, .log = true});
        const auto told = again.run(failure->seed);
        FAIL() << (told ? *told : *failure).text();
    }
    const Figures& figures = simulation.figures();
    EXPECT_EQ(figures.workloads, seeds);
    EXPECT_GT(figures.store_crash_points, 8 * seeds);
    EXPECT_GT(figures.store_unsynced, 8 * seeds);
    EXPECT_GT(figures.crash_points, figures.store_crash_points + seeds);
    EXPECT_GT(figures.crashes, figures.crash_points);
    EXPECT_GT(figures.nested_crashes, seeds);
    EXPECT_GT(figures.replayed, 0U);
    EXPECT_GT(figures.digests, seeds);
    EXPECT_GT(figures.damaged, seeds);
    EXPECT_GT(figures.damage_harmless, 0U);
    if (seeds < runs_on_sqlite) return;  // of these there is not one in every workload
    EXPECT_GT(figures.store_faults, 0U);
    EXPECT_GT(figures.store_interleaved, 0U);
    EXPECT_GT(figures.files_trimmed, 0U);
    EXPECT_GT(figures.damage_reported, 0U);
    EXPECT_GT(figures.snapshots, 0U);
}

// Whole worlds were refused: docs/testing.md, "What it has found".
TEST(Simulation, a_log_begun_anew_over_frames_that_were_copied_is_no_damage) {
    Simulation simulation({.store = StoreKind::sqlite});
    const auto failure = simulation.run(4);
    EXPECT_FALSE(failure) << failure->text();
}

class SeededBugs : public ::testing::TestWithParam<SeededBug> {};

TEST_P(SeededBugs, are_found) {
    const StoreKind store = is_of_sqlite(GetParam()) ? StoreKind::sqlite : StoreKind::memory;
    Simulation simulation({.store = store, .bug = GetParam()});
    const auto failure = run_until_failure(simulation, bug_runs_max);
    ASSERT_TRUE(failure) << bug_name(GetParam()) << " was not found by " << bug_runs_max
                         << " workloads";
    std::cout << bug_name(GetParam()) << ": found by workload " << failure->seed << ": "
              << failure->status.text() << '\n';
}

std::vector<SeededBug> all_bugs() {
    std::vector<SeededBug> bugs;
    for (std::uint8_t bug = 1; bug < static_cast<std::uint8_t>(SeededBug::count_); ++bug) {
        bugs.push_back(static_cast<SeededBug>(bug));
    }
    return bugs;
}

INSTANTIATE_TEST_SUITE_P(all, SeededBugs, ::testing::ValuesIn(all_bugs()), [](const auto& bug) {
    std::string name(bug_name(bug.param));
    for (char& letter : name) letter = letter == ' ' ? '_' : letter;
    return name;
});

}  // namespace
}  // namespace perdure::simulation
