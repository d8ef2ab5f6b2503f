#include "cli/store_view.h"

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cli/program.h"

namespace perdure::cli {
namespace {

struct Entry {
    std::filesystem::file_time_type written;
    std::string bytes;
    bool operator==(const Entry&) const = default;
};
using Entries = std::map<std::string, Entry>;

// Everything in a world, and the world's directory itself.
Entries entries_of(const std::string& world) {
    Entries all;
    all["."] = {std::filesystem::last_write_time(world), {}};
    for (const auto& entry : std::filesystem::recursive_directory_iterator(world)) {
        all[entry.path().lexically_relative(world)] = {
            entry.last_write_time(), entry.is_regular_file() ? file_text(entry.path()) : ""};
    }
    return all;
}

std::vector<std::string> differences(const Entries& before, const Entries& after) {
    std::vector<std::string> found;
    for (const auto& [name, entry] : before) {
        const auto now = after.find(name);
        if (now == after.end() || !(now->second == entry)) found.push_back(name);
    }
    for (const auto& [name, entry] : after) {
        if (!before.contains(name)) found.push_back(name);
    }
    return found;
}

class StoreViewTest : public ProgramTest {
protected:
    void expect_untouched_by_those_who_look() {
        const Entries before = entries_of(world());
        const std::vector<std::vector<std::string>> looks{
            {"status", world()},
            {"inspect", world()},
            {"sql", world(), "SELECT count(*) FROM Walker"},
            {"sql", world(), "nonsense"},
            {"demo", world(), "--side", "50"},  // refused
            {"verify", world()}};
        for (const auto& look : looks) {
            const Ran ran = run(look);
            EXPECT_LE(ran.exit_code, 2) << look[0] << ": " << ran.err;
            std::vector<std::string> touched = differences(before, entries_of(world()));
            // Who verifies holds the lock meanwhile, and the lock says who held it last.
            if (look[0] == "verify") std::erase(touched, "lock");
            EXPECT_EQ(touched, std::vector<std::string>{}) << look[0];
        }
    }
};

TEST_F(StoreViewTest, a_world_that_was_closed_is_not_touched) {
    ASSERT_EQ(live(3).exit_code, 0);
    ASSERT_FALSE(std::filesystem::exists(world() + "/store.sqlite-wal"));
    expect_untouched_by_those_who_look();
}

TEST_F(StoreViewTest, a_world_that_was_killed_is_not_touched) {
    live_and_be_killed();
    ASSERT_TRUE(std::filesystem::exists(world() + "/store.sqlite-wal"));
    expect_untouched_by_those_who_look();
}

TEST_F(StoreViewTest, a_copied_world_that_lost_its_shared_memory_is_not_touched) {
    live_and_be_killed();
    std::filesystem::remove(world() + "/store.sqlite-shm");
    expect_untouched_by_those_who_look();
}

TEST_F(StoreViewTest, a_failure_names_the_world_and_not_the_copy) {
    live_and_be_killed();
    std::ofstream(world() + "/store.sqlite", std::ios::binary | std::ios::trunc) << "garbage";
    const Ran ran = run({"sql", world(), "SELECT 1"});
    EXPECT_NE(ran.exit_code, 0);
    EXPECT_TRUE(ran.complains(world() + "/store.sqlite")) << ran.err;
    EXPECT_FALSE(ran.complains("scratch")) << ran.err;
}

TEST_F(StoreViewTest, names_that_mean_something_in_a_uri_are_names) {
    ASSERT_EQ(live(1).exit_code, 0);
    for (const char* name : {"a?immutable=0", "b#c", "d%20e"}) {
        std::filesystem::copy(world(), path(name), std::filesystem::copy_options::recursive);
        const Ran ran = run({"sql", path(name), "SELECT count(*) FROM Walker"});
        EXPECT_EQ(ran.exit_code, 0) << ran.err;
        EXPECT_TRUE(ran.says("100")) << ran.out;
    }
}

}  // namespace
}  // namespace perdure::cli
