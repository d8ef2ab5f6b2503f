#include "exhaustion/exhaustion.h"

#include <iostream>

#include <gtest/gtest.h>

#include "base/test_run.h"
#include "simulation/last_words.h"

namespace perdure::exhaustion {
namespace {

using simulation::SeededBug;
using simulation::StoreKind;

// Of the longer workloads continuous integration tries a part, another one each time; `make
// simulate-long` goes through all of them.
constexpr std::uint64_t share_of_crashes = 24;  // of those of three deeds
constexpr std::uint64_t share_of_faults = 16;   // of those of two deeds
constexpr std::uint64_t share_of_long_faults = 256;
constexpr std::uint64_t share_of_tour_on_sqlite = 24;
constexpr std::uint64_t workloads_on_sqlite = 4;

class ExhaustionTest : public ::testing::Test {
protected:
    ExhaustionTest() { simulation::keep_memory(); }

    // Every how manyth workload from number `from` on: the first one is drawn.
    template <typename Try>
    void each(std::uint64_t from, std::uint64_t to, std::uint64_t stride, Try&& attempt) {
        for (std::uint64_t number = from + random_.below(stride); number < to; number += stride) {
            const auto found = attempt(Workload::of(number));
            if (found) FAIL() << found->text();
        }
    }
    static void print(const Exhaustion& exhaustion) {
        const Counts& counts = exhaustion.counts();
        std::cout << counts.workloads << " workloads, " << counts.crash_points << " crash points, "
                  << counts.whole_points << " of them with every choice, " << counts.crash_states
                  << " crash states, " << counts.faults << " faults\n";
    }

    const std::uint64_t seed_ = test_seed();
    Random random_{seed_};
};

TEST_F(ExhaustionTest, the_power_fails_everywhere_in_every_short_workload) {
    Exhaustion exhaustion({.seed = seed_});
    const auto crash = [&](const Workload& workload) { return exhaustion.crash(workload); };
    each(0, Workload::count(1), 1, crash);
    each(Workload::count(1), Workload::count(2), test_stride(), crash);
    each(Workload::count(2), Workload::count(3), share_of_crashes * test_stride(), crash);
    if (HasFatalFailure()) return;
    if (const auto found = exhaustion.crash({Beginning::empty, {}})) FAIL() << found->text();
    print(exhaustion);
    EXPECT_GT(exhaustion.counts().crash_states, 5 * exhaustion.counts().crash_points);
    EXPECT_GT(exhaustion.counts().whole_points, exhaustion.counts().crash_points * 9 / 10);
}

TEST_F(ExhaustionTest, each_operation_fails_once_and_from_then_on_in_every_short_workload) {
    Exhaustion exhaustion({.seed = seed_});
    const auto fail = [&](const Workload& workload) { return exhaustion.fail(workload); };
    each(0, Workload::count(1), test_stride(), fail);
    each(Workload::count(1), Workload::count(2), share_of_faults * test_stride(), fail);
    each(Workload::count(2), Workload::count(3), share_of_long_faults * test_stride(), fail);
    if (HasFatalFailure()) return;
    // A share may draw none but workloads whose last deed asks nothing of the disk; this one does.
    if (const auto found = fail(*Workload::parse("closed:put+flush"))) FAIL() << found->text();
    print(exhaustion);
    EXPECT_GT(exhaustion.counts().faults,
              test_stride() == 1 ? 4 * exhaustion.counts().workloads : 2);
}

TEST_F(ExhaustionTest, each_operation_of_a_life_that_does_everything_fails) {
    Exhaustion exhaustion({.seed = seed_});
    const auto found = exhaustion.fail(Workload::grand_tour(), true, test_stride(), seed_);
    if (found) FAIL() << found->text();
    print(exhaustion);
    EXPECT_GT(exhaustion.figures().files_trimmed, 0U);
    EXPECT_GT(exhaustion.counts().faults, 500 / test_stride());
}

TEST_F(ExhaustionTest, and_on_sqlite) {
    Exhaustion exhaustion({.store = StoreKind::sqlite, .parts_max = 4, .sample = 4, .seed = seed_});
    const auto found = exhaustion.fail(Workload::grand_tour(), true,
                                       share_of_tour_on_sqlite * test_stride(), seed_);
    if (found) FAIL() << found->text();
    each(0, Workload::count(1), Workload::count(1) / test_share_of(workloads_on_sqlite),
         [&](const Workload& workload) { return exhaustion.crash(workload); });
    print(exhaustion);
    EXPECT_GT(exhaustion.counts().faults, 1U);
    EXPECT_GT(exhaustion.counts().crash_states, exhaustion.counts().crash_points);
}

// --- one case again ------------------------------------------------------------------------------

TEST(Workload, has_a_number_and_a_text) {
    EXPECT_EQ(Workload::count(3), 2 * (1 + 16 + 16 * 16 + 16 * 16 * 16));
    for (std::uint64_t number = 0; number < Workload::count(3); number += 7) {
        const std::string text = Workload::of(number).text();
        const auto parsed = Workload::parse(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(parsed->text(), text);
    }
    EXPECT_EQ(Workload::of(0).text(), "closed:");
    EXPECT_EQ(Workload::of(Workload::count(3) - 1).text(), "died:die+die+die");
    EXPECT_FALSE(Workload::parse("closed:sing"));
    EXPECT_FALSE(Workload::parse("open:put"));
}

TEST(Case, is_said_and_understood) {
    for (const std::string_view text :
         {"closed:put+flush/12/0110/3", "died:/7/-/0", "closed:put/12/io", "closed:put/12/io-on",
          "empty:create/9/io-lost/whole", "died:drain/3/full-on", "died:drain/3/short"}) {
        const auto parsed = Case::parse(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(parsed->text(), text);
    }
    EXPECT_FALSE(Case::parse("closed:put"));
    EXPECT_FALSE(Case::parse("closed:put/12/rot"));
}

// --- that it can fail ----------------------------------------------------------------------------

// Those that show in a short workload, and those that break something only now and then: they show
// in a life that is long enough.
class BrokenParts : public ::testing::TestWithParam<SeededBug> {};
class BrokenNowAndThen : public ::testing::TestWithParam<SeededBug> {};

void expect_again(SeededBug bug, const Finding& found) {
    std::cout << bug_name(bug) << ": found by " << found.at.text() << ": " << found.status.text()
              << '\n';
    if (found.at.operation == 0) return;  // without a crash or a fault
    Exhaustion again({.bug = bug, .log = true});
    const auto told = again.replay(found.at);
    ASSERT_TRUE(told) << found.at.text();
    EXPECT_EQ(told->status.text(), found.status.text());
    EXPECT_GT(told->log.size(), 3U);
}

TEST_P(BrokenParts, are_found) {
    Exhaustion exhaustion({.bug = GetParam()});
    std::optional<Finding> found;
    for (std::uint64_t number = 0; number < Workload::count(1) && !found; ++number) {
        found = exhaustion.crash(Workload::of(number));
    }
    for (std::uint64_t number = 0; number < Workload::count(1) && !found; ++number) {
        found = exhaustion.fail(Workload::of(number));
    }
    ASSERT_TRUE(found) << bug_name(GetParam()) << " was not found";
    expect_again(GetParam(), *found);
}

TEST_P(BrokenNowAndThen, are_found) {
    Exhaustion exhaustion({.bug = GetParam()});
    const auto found = exhaustion.fail(Workload::grand_tour(), true, 8, 0);
    ASSERT_TRUE(found) << bug_name(GetParam()) << " was not found";
    expect_again(GetParam(), *found);
}

std::string name_of(const ::testing::TestParamInfo<SeededBug>& bug) {
    std::string name(bug_name(bug.param));
    for (char& letter : name) letter = letter == ' ' ? '_' : letter;
    return name;
}

INSTANTIATE_TEST_SUITE_P(all, BrokenParts,
                         ::testing::Values(SeededBug::unsynced_files,
                                           SeededBug::unsynced_directories,
                                           SeededBug::early_acknowledgement,
                                           SeededBug::believed_cache, SeededBug::early_safe,
                                           SeededBug::kept_ephemeral),
                         name_of);
INSTANTIATE_TEST_SUITE_P(all, BrokenNowAndThen,
                         ::testing::Values(SeededBug::lost_writes, SeededBug::kept_names,
                                           SeededBug::lost_row, SeededBug::lost_erase,
                                           SeededBug::lost_range),
                         name_of);

}  // namespace
}  // namespace perdure::exhaustion
