// The program's code is replaced while a world lives: real shared libraries, loaded and unloaded.
#include <memory>
#include <set>
#include <sstream>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include "plugin/library.h"
#include "world/home.h"

namespace perdure {
namespace {

// As the first rules know it: whoever knows a struct alike means the same one.
struct Mood {
    std::int32_t level = 0;
};
PERDURE_COMPONENT(Mood, level);

// What the second rules tell of `first` ticks of the first rules and `second` of theirs, with plain
// maps.
std::string expected(std::uint64_t first, std::uint64_t second, bool glows = true) {
    std::string told;
    const auto line = [&](std::uint64_t id, auto... words) {
        told += std::to_string(id);
        ((told += " ", told += words), ...);
        told += "\n";
    };
    const auto text = [](auto number) { return std::to_string(number); };
    const auto id_of = [](std::uint64_t tick) { return tick + 1; };
    for (std::uint64_t tick = 1; tick <= first; ++tick) {
        const auto number = static_cast<std::int64_t>(tick);
        line(id_of(tick), "body", text(tick + (first - tick + 1) + 2 * second),
             "unmarked, as the initialiser of the second version has it", text(-number),
             text(tick));
    }
    for (std::uint64_t tick = first + 1; tick <= first + second; ++tick) {
        const auto number = static_cast<std::int64_t>(tick);
        line(id_of(tick), "body", text(tick + 2 * (first + second - tick + 1)), "second",
             text(-number), text(tick));
    }
    for (std::uint64_t tick = 2; tick <= first; tick += 2) {
        line(id_of(tick), "name", tick % 4 == 0 ? "four" : "-",
             "the one who came with tick " + text(tick), "rank " + text(tick));
    }
    for (std::uint64_t tick = 1; tick <= first; ++tick)
        line(id_of(tick), "same", text(tick * 1000));
    for (std::uint64_t tick = first + 1; tick <= first + second; ++tick) {
        line(id_of(tick), "later", "tick " + text(tick));
    }
    for (std::uint64_t tick = 1; tick <= first; ++tick)
        line(id_of(tick), "mood", text(tick), "half");
    for (std::uint64_t tick = 1; glows && tick <= first; ++tick) {
        line(id_of(tick), "glow", text(tick % 256), "3");
    }
    for (std::uint64_t tick = 2; tick <= first; ++tick) {
        line(id_of(tick), "likes", text(id_of(tick) - 1), "since tick " + text(tick), text(tick),
             "9");
    }
    return told;
}

Rows expected_deals(std::uint64_t first, std::uint64_t second) {
    Rows rows;
    for (std::uint64_t tick = 1; tick <= first + second; ++tick) {
        rows.push_back(text::format("{} {}", tick, tick <= first ? tick * 700 : 1));
    }
    return rows;
}

class Reload : public OnEveryStore {
protected:
    void SetUp() override {
        library_ = std::make_unique<Library>(first_path);
        home_.know(library_->schema());
        home_.open();
    }
    void TearDown() override {
        if (home_.is_open()) home_.close();
        unload_library();
    }
    void run(std::uint64_t ticks) {
        for (std::uint64_t done = 0; done < ticks; ++done) {
            library_->run(*home_, ++tick_);
            home_.commit();
        }
    }
    // A schema has its conversions' code, so it goes before.
    void unload_library() {
        home_.know(Schema());
        library_->unload();
    }
    // The old rules are gone before the new ones come.
    void replace_library(const std::string& path) {
        unload_library();
        library_ = std::make_unique<Library>(path);
    }
    void reload() {
        const Status done = home_->reload(library_->schema());
        ASSERT_TRUE(done.ok()) << done.text();
        home_.know(library_->schema());
    }
    std::string tell() { return library_->tell(*home_); }
    std::string digest() {
        const Result<std::string> digest = home_->digest();
        return digest.ok() ? *digest : digest.status().text();
    }

    std::unique_ptr<Library> library_;
    std::uint64_t tick_ = 0;
};
INSTANTIATE_TEST_SUITE_P(, Reload, every_store(), store_name);

TEST_P(Reload, converts_what_lives_and_what_is_stored) {
    run(3000);
    replace_library(second_path);
    reload();
    EXPECT_EQ(tell(), expected(3000, 0));
    EXPECT_EQ(home_.rows("deals"), expected_deals(3000, 0));
    run(20);
    EXPECT_EQ(tell(), expected(3000, 20));
    EXPECT_EQ(home_.rows("deals"), expected_deals(3000, 20));
    EXPECT_EQ(home_->next_tick(), 3021U);
}

TEST_P(Reload, of_the_same_rules_moves_nothing) {
    run(10);
    const std::string told = tell();
    const std::string before = digest();
    const auto lsn = home_->health().accepted_lsn;
    replace_library(first_path);
    reload();
    EXPECT_EQ(tell(), told);
    EXPECT_EQ(digest(), before);
    EXPECT_EQ(home_->health().accepted_lsn, lsn);
    run(10);
}

// In any order, which is that of making, and without what is ephemeral.
std::multiset<std::string> lines_that_stay(const std::string& told) {
    std::multiset<std::string> lines;
    std::istringstream in(told);
    for (std::string line; std::getline(in, line);) {
        if (line.find(" glow ") == std::string::npos) lines.insert(line);
    }
    return lines;
}

TEST_P(Reload, keeps_what_no_commit_has_taken) {
    run(5);
    library_->run(*home_, ++tick_);  // and its staged row, which alone is refused
    EXPECT_EQ(home_->reload(library_->schema()).code(), Code::busy);
    home_.commit();
    home_.entities().set({2}, Mood{77});
    home_.entities().destroy({3});
    const Entity alone = home_.entities().create();
    replace_library(second_path);
    reload();
    EXPECT_TRUE(home_.entities().alive(alone));
    EXPECT_FALSE(home_.entities().alive({3}));
    const std::string told = tell();
    EXPECT_NE(told.find("2 mood 77 "), std::string::npos) << told;
    home_.commit({.level = Level::journal});  // the relaxed ones, too
    EXPECT_EQ(tell(), told);
    const std::string live = digest();
    if (GetParam() == Home::Kind::memory) return;
    home_.reopen();
    EXPECT_EQ(digest(), live);
    EXPECT_EQ(lines_that_stay(tell()), lines_that_stay(told));
}

TEST_P(Reload, refused_leaves_the_world_and_its_rules) {
    run(10);
    const std::string told = tell();
    home_.put("deals", {{"id", std::uint64_t{99}}, {"price", ""}});  // which no conversion takes
    auto second = std::make_unique<Library>(second_path);
    const Status refused = home_->reload(second->schema());
    second.reset();
    EXPECT_EQ(refused.code(), Code::invalid) << refused.text();
    EXPECT_NE(refused.text().find("no price"), std::string::npos) << refused.text();
    EXPECT_EQ(tell(), told);
    run(10);
    home_.erase("deals", {{"id", std::uint64_t{99}}});
    replace_library(second_path);
    reload();
    EXPECT_EQ(tell(), expected(20, 0));
}

TEST_P(Reload, another_category_is_refused) {
    Schema next = library_->schema();
    next.category({.name = "new"});
    EXPECT_EQ(home_->reload(next).code(), Code::incompatible);
    run(2);
}

TEST_P(Reload, invariants_are_refused) {
    Schema next = library_->schema();
    next.conserve("ages", {{"Body", "age"}});
    EXPECT_EQ(home_->reload(next).code(), Code::incompatible);
    run(2);
}

TEST_P(Reload, rows_staged_before_conflict_and_snapshots_stay) {
    run(4);
    Transaction before = home_->begin();
    ASSERT_TRUE(before.put("deals", {{"id", std::uint64_t{50}}, {"price", "8"}}).ok());
    auto snapshot = home_->snapshot();
    ASSERT_TRUE(snapshot.ok());
    replace_library(second_path);
    reload();
    EXPECT_EQ(before.commit().status().code(), Code::conflict);
    EXPECT_EQ(Home::rows(*snapshot, "deals"), (Rows{"1 7", "2 14", "3 21", "4 28"}));
    EXPECT_EQ(home_.rows("deals"), expected_deals(4, 0));
    home_.put("deals", {{"id", std::uint64_t{50}}, {"price", std::int64_t{8}}});
}

TEST_P(Reload, what_is_listed_no_more_leaves_and_comes_back) {
    run(6);
    Schema less;
    less.category({.name = "slow", .durability = Level::relaxed, .interval_ms = 60'000})
        .category({.name = "fleeting", .durability = Level::ephemeral});
    home_.entities().destroy({7});  // its components' ends are in no commit yet
    EXPECT_EQ(home_->reload(less).code(), Code::busy);
    home_.commit({.level = Level::journal});
    unload_library();
    const Status left = home_->reload(less);
    ASSERT_TRUE(left.ok()) << left.text();
    home_.entities().destroy({4});  // tick 3's, with what nobody knows here
    library_ = std::make_unique<Library>(second_path);
    reload();
    home_.commit({.level = Level::journal});
    const std::string told = tell();
    EXPECT_EQ(told.find("4 body"), std::string::npos) << told;
    EXPECT_EQ(told.find(" 4 since"), std::string::npos) << told;
    EXPECT_NE(told.find("3 likes 2 since tick 2 2 9"), std::string::npos) << told;
    EXPECT_NE(told.find("5 name four"), std::string::npos) << told;
}

class ReloadOnDisk : public Reload {};
INSTANTIATE_TEST_SUITE_P(, ReloadOnDisk, testing::Values(Home::Kind::sqlite), store_name);

TEST_P(ReloadOnDisk, is_durable) {
    run(30);
    replace_library(second_path);
    reload();
    run(5);
    home_.commit({.level = Level::journal});
    home_.crash();
    home_.open();
    EXPECT_EQ(tell(), expected(30, 5, false));
    EXPECT_EQ(home_.rows("deals"), expected_deals(30, 5));
}

// The power fails at one write or flush after the other, from before the change until behind it.
TEST_P(ReloadOnDisk, cut_short_opens_with_the_rules_before_or_the_next) {
    home_.close();
    unload_library();
    bool through = false;
    for (std::uint64_t at = 0; !through && at < 400; ++at) {
        Library first(first_path);
        Library second(second_path);
        Home home;
        home.know(first.schema());
        home.open();
        for (std::uint64_t tick = 1; tick <= 6; ++tick) {
            first.run(*home, tick);
            home.commit({.level = Level::journal});
        }
        const std::string before = first.tell(*home);
        home.files.inject({.kind = io::OperationKind::sync, .at = at + 1, .from_then_on = true});
        through = home->reload(second.schema()).ok();
        home.crash();
        home.files.clear_faults();
        const bool old_program = at % 2 == 0 && !through;
        home.know(old_program ? first.schema() : second.schema());
        const Status opened = home.try_open();
        if (old_program && !opened.ok()) {
            EXPECT_EQ(opened.code(), Code::incompatible) << opened.text();
            home.know(second.schema());
            home.open();
            EXPECT_EQ(second.tell(*home), expected(6, 0, false)) << at;
        } else {
            ASSERT_TRUE(opened.ok()) << at << ": " << opened.text();
            EXPECT_EQ((old_program ? first : second).tell(*home),
                      old_program ? before : expected(6, 0, false))
                << at;
        }
        home.close();
    }
    EXPECT_TRUE(through);
}

// A process that ends without a word while its code is replaced.
TEST_P(ReloadOnDisk, in_a_process_that_dies_loses_nothing) {
    home_.close();
    unload_library();
    for (const bool replaced : {false, true}) {
        const Library second(second_path);
        Home home;
        const pid_t child = fork();
        if (child == 0) {
            Library first(first_path);
            home.options.threads = true;
            home.options.clock = nullptr;
            home.know(first.schema());
            home.open();
            for (std::uint64_t tick = 1; tick <= 8; ++tick) {
                first.run(*home, tick);
                home.commit({.level = Level::journal});
            }
            home.know(Schema());
            first.unload();
            if (replaced && !home->reload(second.schema()).ok()) _exit(1);
            _exit(HasFailure() ? 2 : 0);
        }
        int status = -1;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        ASSERT_EQ(status, 0);
        home.know(second.schema());
        home.open();
        EXPECT_EQ(second.tell(*home), expected(8, 0, false));
        EXPECT_EQ(home.rows("deals"), expected_deals(8, 0));
        home.close();
    }
}

}  // namespace
}  // namespace perdure
