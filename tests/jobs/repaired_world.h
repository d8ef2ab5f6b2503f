// A sick world, and what a remedy must say of it and do to it.
#pragma once

#include <string>
#include <vector>

#include "jobs/sick_world.h"

namespace perdure::jobs {

using Names = std::vector<std::string>;

class RepairedWorld : public SickWorld {
protected:
    // What verify says at first, in the words of the first finding.
    Verdict finding(const std::string& words) {
        const auto verdict = judge();
        EXPECT_TRUE(verdict.ok()) << verdict.status().text();
        if (!verdict.ok()) return {};
        EXPECT_FALSE(verdict->whole());
        EXPECT_FALSE(verdict->remedies.empty());
        if (verdict->whole()) return *verdict;
        EXPECT_NE(verdict->damage.front().what.find(words), std::string::npos)
            << verdict->damage.front().what;
        return *verdict;
    }
    static Names names_of(const Verdict& verdict) {
        Names names;
        for (const Remedy& remedy : verdict.remedies) names.push_back(remedy.name);
        return names;
    }
    void expect_healed(const Names& by) {
        const Contents before = contents();
        EXPECT_EQ(heal(), by);
        expect_nothing_deleted(before, contents());
    }
};

}  // namespace perdure::jobs
