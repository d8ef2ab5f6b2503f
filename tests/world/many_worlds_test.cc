// Many worlds in one process, with one runtime.
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/text.h"
#include "io/faulty_file_system.h"
#include "io/memory_file_system.h"
#include "perdure/runtime.h"
#include "world/home.h"

namespace perdure {
namespace {

// Hangs in each flush of the paths that were named, until it is let go.
class HangingDisk {
public:
    HangingDisk() {
        files.on_operation = [this](const io::Operation& operation) {
            if (operation.kind != io::OperationKind::sync) return;
            std::unique_lock lock(mutex_);
            if (part_.empty() || operation.path.find(part_) == std::string_view::npos) return;
            ++inside_;
            changed_.notify_all();
            changed_.wait(lock, [&] { return part_.empty(); });
        };
    }
    void hang(const std::string& part) {
        const std::scoped_lock lock(mutex_);
        part_ = part;
    }
    void await_inside() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return inside_ > 0; });
    }
    void let_go() {
        const std::scoped_lock lock(mutex_);
        part_.clear();
        changed_.notify_all();
    }

    io::MemoryFileSystem disk;
    io::FaultyFileSystem files{disk};

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string part_;
    int inside_ = 0;
};

class ManyWorlds : public testing::Test {
protected:
    std::unique_ptr<World> open(const std::string& name, WorldOptions options = {}) {
        if (options.runtime == nullptr) options.runtime = &runtime_;
        auto opened = World::open(io::join_path(temporary_.path(), name), test_schema(), options);
        EXPECT_TRUE(opened.ok()) << opened.status().text();
        return opened.ok() ? *std::move(opened) : nullptr;
    }
    // On a disk in memory, kept by a store in memory.
    std::unique_ptr<World> open_on(HangingDisk& disk, const std::string& name) {
        WorldOptions options;
        options.runtime = &runtime_;
        options.files = &disk.files;
        options.store = "memory";
        auto opened = World::open(name, test_schema(), options);
        EXPECT_TRUE(opened.ok()) << opened.status().text();
        return opened.ok() ? *std::move(opened) : nullptr;
    }
    static Token give_coins(World& world, std::int64_t coins) {
        world.entities().set(world.entities().create(), Purse{coins});
        auto token = world.commit();
        EXPECT_TRUE(token.ok()) << token.status().text();
        return token.ok() ? *token : Token();
    }

    io::TemporaryDirectory temporary_;
    Runtime runtime_;
};

TEST_F(ManyWorlds, share_threads_and_keep_what_is_theirs) {
    std::vector<std::unique_ptr<World>> worlds;
    for (int i = 0; i < 12; ++i) worlds.push_back(open(text::format("world{}", i)));
    std::vector<Token> tokens;
    for (std::size_t i = 0; i < worlds.size(); ++i) {
        tokens.push_back(give_coins(*worlds[i], static_cast<std::int64_t>(i)));
    }
    for (const Token& token : tokens) EXPECT_TRUE(token.wait(Level::stored).ok());
    EXPECT_EQ(runtime_.health().worlds, 12u);
    EXPECT_EQ(worlds[3]->health().worlds, 12u);
    worlds.clear();
    EXPECT_EQ(runtime_.health().worlds, 0u);
    for (int i = 0; i < 12; ++i) {
        const auto world = open(text::format("world{}", i));
        std::int64_t coins = -1;
        world->entities().each<Purse>([&](const Purse& purse) { coins = purse.coins; });
        EXPECT_EQ(coins, i);
    }
}

TEST_F(ManyWorlds, one_whose_disk_hangs_does_not_hold_up_the_others) {
    HangingDisk disk;
    const auto stuck = open_on(disk, "stuck");
    const auto neighbour = open_on(disk, "neighbour");
    // The first entity of a world waits for its ids to be durable.
    EXPECT_TRUE(give_coins(*stuck, 0).wait(Level::stored).ok());
    disk.hang("stuck");
    const Token late = give_coins(*stuck, 1);
    disk.await_inside();
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(give_coins(*neighbour, i).wait(Level::stored).ok());
    }
    EXPECT_TRUE(neighbour->close().ok());
    const auto newcomer = open_on(disk, "newcomer");  // worlds are opened meanwhile, too
    EXPECT_TRUE(give_coins(*newcomer, 7).wait(Level::stored).ok());
    EXPECT_TRUE(newcomer->close().ok());
    EXPECT_FALSE(late.done());
    disk.let_go();
    EXPECT_TRUE(late.wait(Level::stored).ok());
    EXPECT_TRUE(stuck->close().ok());
}

TEST_F(ManyWorlds, one_that_failed_does_not_hold_up_the_others) {
    HangingDisk disk;
    const auto failing = open_on(disk, "failing");
    const auto other = open_on(disk, "other");
    EXPECT_TRUE(give_coins(*failing, 0).wait(Level::stored).ok());
    disk.files.inject(
        {.kind = io::OperationKind::sync, .from_then_on = true, .path_part = "failing"});
    EXPECT_EQ(give_coins(*failing, 1).wait().code(), Code::unknown);
    EXPECT_TRUE(give_coins(*other, 1).wait(Level::stored).ok());
    EXPECT_FALSE(failing->close().ok());
    EXPECT_TRUE(other->close().ok());
}

TEST_F(ManyWorlds, a_quiet_world_prepares_little_on_disk) {
    const auto world = open("quiet");
    EXPECT_TRUE(give_coins(*world, 1).wait(Level::stored).ok());
    EXPECT_LE(world->health().journal_bytes, std::uint64_t{1} << 20);
}

TEST_F(ManyWorlds, a_busy_world_has_larger_journal_files_as_it_goes) {
    const auto world = open("busy", {.journal_file_bytes = 1 << 20});
    for (int i = 0; i < 200; ++i) EXPECT_TRUE(give_coins(*world, i).wait().ok());
    while (world->health().journal_bytes < std::uint64_t{1} << 20) std::this_thread::yield();
}

TEST_F(ManyWorlds, health_says_what_falls_to_a_world) {
    const auto one = open("one");
    const std::uint64_t alone = one->health().index_share_bytes;
    std::vector<std::unique_ptr<World>> others;
    for (int i = 0; i < 7; ++i) others.push_back(open(text::format("other{}", i)));
    EXPECT_EQ(one->health().worlds, 8u);
    EXPECT_LT(one->health().index_share_bytes, alone);
    EXPECT_EQ(one->health().journal_share_bytes, std::uint64_t{4} << 30);  // its own limit is less
    const RuntimeHealth health = runtime_.health();
    EXPECT_GT(health.journal_bytes, 0u);
    EXPECT_LE(health.journal_bytes, health.journal_bytes_max);
}

TEST(RuntimeOptions, that_make_no_sense_are_refused) {
    EXPECT_TRUE(RuntimeOptions{}.validate().ok());
    EXPECT_EQ(RuntimeOptions{.threads_max = 0}.validate().code(), Code::invalid);
    EXPECT_EQ(RuntimeOptions{.threads_max = 1025}.validate().code(), Code::invalid);
    EXPECT_EQ(RuntimeOptions{.index_bytes_max = 0}.validate().code(), Code::invalid);
}

// The program's mistakes.
class RuntimeMisuseDeathTest : public ManyWorlds {
protected:
    RuntimeMisuseDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(RuntimeMisuseDeathTest, options_that_do_not_validate) {
    EXPECT_DEATH(Runtime({.threads_max = 0}), "validate");
    EXPECT_DEATH(Runtime({.pending_bytes_max = 0}), "validate");
}

TEST_F(RuntimeMisuseDeathTest, a_runtime_that_ends_before_a_world_of_its) {
    EXPECT_DEATH(
        {
            auto brief = std::make_unique<Runtime>();
            const auto world = open("early", {.runtime = brief.get()});
            brief.reset();
        },
        "places_.empty");
}

}  // namespace
}  // namespace perdure
