// What a crash may do to names, and what it may not.
#include "io/memory_names.h"

#include <set>

#include <gtest/gtest.h>

#include "base/test_run.h"

namespace perdure::io {
namespace {

constexpr CrashPlan any_subset{.name_chance = 128};

class MemoryNamesTest : public testing::Test {
protected:
    NodeId create(const std::string& path) {
        auto node = names_.create_file(path);
        EXPECT_TRUE(node.ok()) << node.status().text();
        return *node;
    }
    void create_directory(const std::string& path) {
        ASSERT_TRUE(names_.create_directory(path).ok());
    }
    void rename(const std::string& from, const std::string& to) {
        ASSERT_TRUE(names_.rename(from, to).ok());
    }
    void remove(const std::string& path) { ASSERT_TRUE(names_.remove(path).ok()); }
    void sync(const std::string& path = "") { ASSERT_TRUE(names_.sync_directory(path).ok()); }

    // The names at the root, each with its node, as "a=2 b=3 "; and in directories below.
    static std::string text_of(const MemoryNames& names, const std::string& directory = "") {
        std::string text;
        const auto listed = names.list(directory);
        for (const std::string& name : *listed) {
            const std::string path = directory.empty() ? name : directory + "/" + name;
            const NodeId node = *names.find(path);
            if (names.is_directory(node)) {
                text += path + "/ " + text_of(names, path);
            } else {
                text += path + "=" + std::to_string(node) + " ";
            }
        }
        return text;
    }
    std::set<std::string> outcomes(const CrashPlan& plan, int crashes = 300) {
        std::set<std::string> found;
        Random random(1);
        for (int crash = 0; crash < crashes; ++crash) {
            MemoryNames copy = names_;
            copy.crash(random, plan);
            found.insert(text_of(copy));
        }
        return found;
    }

    MemoryNames names_;
};

using Outcomes = std::set<std::string>;

TEST_F(MemoryNamesTest, a_new_name_may_vanish_until_its_directory_is_synced) {
    create("a");
    EXPECT_EQ(outcomes(any_subset), (Outcomes{"", "a=2 "}));
    sync();
    EXPECT_EQ(outcomes(any_subset), Outcomes{"a=2 "});
    EXPECT_EQ(outcomes(CrashPlan::losing_everything()), Outcomes{"a=2 "});
}

TEST_F(MemoryNamesTest, a_removed_name_may_return_until_its_directory_is_synced) {
    create("a");
    sync();
    remove("a");
    EXPECT_EQ(outcomes(any_subset), (Outcomes{"", "a=2 "}));
    sync();
    EXPECT_EQ(outcomes(any_subset), Outcomes{""});
}

TEST_F(MemoryNamesTest, a_rename_leaves_the_old_name_or_the_new_one) {
    create("a");
    sync();
    rename("a", "b");
    EXPECT_EQ(outcomes(any_subset), (Outcomes{"a=2 ", "b=2 "}));
}

TEST_F(MemoryNamesTest, a_rename_over_another_name_leaves_one_of_both_files_there) {
    create("a");
    create("b");
    sync();
    rename("a", "b");
    EXPECT_EQ(outcomes(any_subset), (Outcomes{"a=2 b=3 ", "b=2 "}));
}

TEST_F(MemoryNamesTest, a_file_renamed_twice_never_has_two_names) {
    create("a");
    sync();
    rename("a", "b");
    rename("b", "c");
    EXPECT_EQ(outcomes(any_subset), (Outcomes{"a=2 ", "b=2 ", "c=2 "}));
}

TEST_F(MemoryNamesTest, changes_survive_independently_of_each_other) {
    create("a");
    create("b");
    EXPECT_EQ(outcomes(any_subset), (Outcomes{"", "a=2 ", "b=3 ", "a=2 b=3 "}));
}

TEST_F(MemoryNamesTest, in_order_keeps_a_beginning) {
    create("a");
    create("b");
    CrashPlan plan = any_subset;
    plan.order = CrashOrder::in_order;
    EXPECT_EQ(outcomes(plan), (Outcomes{"", "a=2 ", "a=2 b=3 "}));
}

TEST_F(MemoryNamesTest, a_name_may_be_made_again_after_it_was_removed) {
    create("a");
    sync();
    remove("a");
    create("a");
    EXPECT_EQ(outcomes(any_subset), (Outcomes{"", "a=2 ", "a=3 "}));
}

TEST_F(MemoryNamesTest, a_file_moved_aside_is_not_lost_to_the_one_that_took_its_name) {
    create("a");
    sync();
    rename("a", "b");
    create("a");
    EXPECT_EQ(outcomes(any_subset), (Outcomes{"a=2 ", "b=2 ", "a=3 b=2 "}));
}

// The name c was synced after the move to it was made, so the move, though not synced by itself,
// came first.
TEST_F(MemoryNamesTest, what_is_synced_is_not_undone_by_what_came_before_it) {
    create_directory("d");
    create("d/a");
    sync();
    sync("d");
    rename("d/a", "c");
    remove("c");
    create("c");
    sync();
    sync("d");
    EXPECT_EQ(outcomes(any_subset), Outcomes{"c=4 d/ "});
}

TEST_F(MemoryNamesTest, syncing_a_directory_does_not_sync_another) {
    create_directory("d");
    sync();
    create("d/a");
    sync();
    EXPECT_EQ(outcomes(any_subset), (Outcomes{"d/ ", "d/ d/a=3 "}));
    sync("d");
    EXPECT_EQ(outcomes(any_subset), Outcomes{"d/ d/a=3 "});
}

TEST_F(MemoryNamesTest, a_synced_name_is_lost_with_its_unsynced_directory) {
    create_directory("d");
    create("d/a");
    sync("d");
    EXPECT_EQ(outcomes(any_subset), (Outcomes{"", "d/ d/a=3 "}));
}

TEST_F(MemoryNamesTest, a_rename_between_directories_needs_both_synced) {
    create_directory("d");
    create("a");
    sync();
    rename("a", "d/b");
    const Outcomes either{"a=3 d/ ", "d/ d/b=3 "};
    EXPECT_EQ(outcomes(any_subset), either);
    sync("d");
    EXPECT_EQ(outcomes(any_subset), either);
    sync();
    EXPECT_EQ(outcomes(any_subset), Outcomes{"d/ d/b=3 "});
}

TEST_F(MemoryNamesTest, a_renamed_directory_takes_its_names_along) {
    create_directory("d");
    create("d/a");
    sync();
    sync("d");
    rename("d", "e");
    EXPECT_EQ(outcomes(any_subset), (Outcomes{"d/ d/a=3 ", "e/ e/a=3 "}));
    create("e/b");
    sync("e");
    EXPECT_EQ(outcomes(any_subset), (Outcomes{"d/ d/a=3 d/b=4 ", "e/ e/a=3 e/b=4 "}));
}

TEST_F(MemoryNamesTest, keeping_everything_is_what_users_saw) {
    create_directory("d");
    create("a");
    rename("a", "d/b");
    create("a");
    remove("a");
    EXPECT_EQ(outcomes(CrashPlan::keeping_everything()), Outcomes{text_of(names_)});
}

TEST_F(MemoryNamesTest, slashes_and_dots_are_taken_off_paths) {
    create_directory("d");
    const NodeId node = create("d/a");
    for (const char* path : {"/d/a", "./d/a", "d//a", "d/./a", "d/a/"}) {
        EXPECT_EQ(*names_.find(path), node) << path;
    }
    EXPECT_EQ(*names_.list("."), std::vector<std::string>{"d"});
    EXPECT_EQ(names_.find("d/../d/a").status().code(), Code::invalid);
}

// However names were changed, no file has two of them after a crash, and every file that had a
// synced name and still had one when the power failed has one afterwards.
TEST_F(MemoryNamesTest, random_use_gives_no_file_two_names_and_loses_none) {
    const std::uint64_t seed = test_seed();
    SCOPED_TRACE(seed);
    Random random(seed);
    for (int run = 0; run < 2000; ++run) {
        MemoryNames names;
        ASSERT_TRUE(names.create_directory("d").ok());
        std::string synced_text;
        std::set<NodeId> synced_nodes;
        const auto path = [&] {
            return std::string(random.chance(1, 2) ? "d/" : "") +
                   static_cast<char>('a' + random.below(3));
        };
        for (std::uint64_t step = random.below(15); step > 0; --step) {
            switch (random.below(4)) {
                case 0: static_cast<void>(names.create_file(path())); break;
                case 1: static_cast<void>(names.rename(path(), path())); break;
                case 2: static_cast<void>(names.remove(path())); break;
                default:
                    ASSERT_TRUE(names.sync_directory("").ok());
                    ASSERT_TRUE(names.sync_directory("d").ok());
                    synced_text = text_of(names);
                    synced_nodes = names.visible_nodes();
                    break;
            }
        }
        const std::string seen = text_of(names);
        const std::set<NodeId> seen_nodes = names.visible_nodes();
        MemoryNames lost = names;
        lost.crash(random, CrashPlan::losing_everything());
        ASSERT_EQ(text_of(lost), synced_text);
        MemoryNames kept = names;
        kept.crash(random, CrashPlan::keeping_everything());
        ASSERT_EQ(text_of(kept), seen);

        names.crash(random, CrashPlan::draw(random));
        std::set<NodeId> nodes;
        std::size_t count = 0;
        for (const std::string directory : {"", "d"}) {
            const auto listed = names.list(directory);
            if (!listed.ok()) continue;
            count += listed->size();
            for (const std::string& name : *listed) {
                nodes.insert(*names.find(directory.empty() ? name : directory + "/" + name));
            }
        }
        ASSERT_EQ(nodes.size(), count) << "run " << run << ": " << text_of(names);
        for (const NodeId node : synced_nodes) {
            if (!seen_nodes.contains(node)) continue;
            ASSERT_TRUE(nodes.contains(node))
                << "run " << run << " file " << node << " of " << seen;
        }
    }
}

}  // namespace
}  // namespace perdure::io
