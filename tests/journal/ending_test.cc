#include "journal/ending.h"

#include <set>

#include <gtest/gtest.h>

namespace perdure::journal {
namespace {

Predicates combination(unsigned bits) {
    const auto bit = [&](unsigned index) { return (bits >> index & 1U) != 0; };
    return {bit(0), bit(1), bit(2), bit(3), bit(4), bit(5), bit(6)};
}
constexpr unsigned combinations = 1U << 7;

TEST(Ending, EveryCombinationMatchesExactlyOneRow) {
    for (unsigned bits = 0; bits < combinations; ++bits) {
        int rows = 0;
        for (const EndingRow& row : ending_rows()) rows += matches(row, combination(bits)) ? 1 : 0;
        EXPECT_EQ(rows, 1) << "combination " << bits;
    }
}

TEST(Ending, EveryRowDecidesSomething) {
    for (const EndingRow& row : ending_rows()) {
        int hits = 0;
        for (unsigned bits = 0; bits < combinations; ++bits) {
            if (!matches(row, combination(bits))) continue;
            ++hits;
            EXPECT_EQ(judge(combination(bits)), row.verdict);
        }
        EXPECT_GT(hits, 0);
    }
}

TEST(Ending, OnlyAnEndWithoutAnyEvidenceOfLossMayBeOpened) {
    for (unsigned bits = 0; bits < combinations; ++bits) {
        const Predicates seen = combination(bits);
        const bool evidence = seen.newer || seen.foreign || seen.missing || seen.later ||
                              seen.ahead || seen.unreadable;
        EXPECT_EQ(meaning(judge(seen)).code == Code::ok, !evidence) << "combination " << bits;
        if (!evidence) {
            EXPECT_EQ(judge(seen), seen.remains ? Verdict::torn : Verdict::clean);
        }
    }
}

TEST(Ending, EachVerdictIsTheOneOfThePage) {
    EXPECT_EQ(judge({}), Verdict::clean);
    EXPECT_EQ(judge({.remains = true}), Verdict::torn);
    EXPECT_EQ(judge({.unreadable = true}), Verdict::unreadable);
    EXPECT_EQ(judge({.ahead = true}), Verdict::damaged);
    EXPECT_EQ(judge({.later = true, .remains = true}), Verdict::damaged);
    EXPECT_EQ(judge({.missing = true, .later = true}), Verdict::missing);
    EXPECT_EQ(judge({.foreign = true, .missing = true}), Verdict::foreign);
    EXPECT_EQ(judge({.newer = true, .foreign = true}), Verdict::newer);
}

TEST(Ending, EachRefusalSaysWhatToDo) {
    std::set<std::string_view> names;
    for (const EndingRow& row : ending_rows()) {
        const VerdictMeaning& found = meaning(row.verdict);
        names.insert(found.name);
        if (found.code != Code::ok) {
            EXPECT_FALSE(found.advice.empty()) << found.name;
        }
    }
    EXPECT_EQ(names.size(), 7U);
    for (const Verdict verdict : {Verdict::missing, Verdict::damaged}) {
        EXPECT_NE(meaning(verdict).advice.find("restore a backup"), std::string_view::npos);
        EXPECT_NE(meaning(verdict).advice.find("perdure verify"), std::string_view::npos);
        EXPECT_NE(meaning(verdict).advice.find("perdure repair"), std::string_view::npos);
    }
}

}  // namespace
}  // namespace perdure::journal
