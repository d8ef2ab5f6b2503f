#include "jobs/verify.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "engine/engine.h"
#include "io/faulty_file_system.h"
#include "io/posix_file_system.h"
#include "io/temporary_directory.h"
#include "perdure/perdure.h"

namespace perdure::jobs {
namespace {

struct Coat {
    std::int32_t colour = 0;
    std::string owner;
};
PERDURE_COMPONENT(Coat, colour, owner);
struct Mood {
    float value = 0;
};
PERDURE_COMPONENT(Mood, value);

class VerifyTest : public ::testing::Test {
protected:
    static Schema schema() {
        Schema made;
        made.component<Coat>();
        made.component<Mood>({.category = "moods"});
        made.table("trades").key<std::uint64_t>("id").column<std::int64_t>("coins").append_only();
        made.category({.name = "moods", .durability = Level::ephemeral});
        return made;
    }

    void open() { world_ = *World::open(path(), schema()); }

    // A few ticks of everything, and their digest.
    std::string live() {
        open();
        for (int i = 0; i < 20; ++i) {
            const Entity entity = world_->entities().create();
            world_->entities().set(entity, Coat{i, "owner " + std::to_string(i)});
            world_->entities().set(entity, Mood{0.5F});
            EXPECT_TRUE(
                world_->tick()
                    .append("trades", {{"id", static_cast<std::uint64_t>(i + 1)}, {"coins", 3}})
                    .ok());
            EXPECT_TRUE(world_->commit({.tick = {}, .level = {}, .wait = true}).ok());
        }
        return *world_->digest();
    }
    void close() {
        ASSERT_TRUE(world_->close().ok());
        world_.reset();
    }
    void kill() {
        world_->engine().abandon();
        world_.reset();
    }

    Result<Verdict> judge() {
        make_scratch();
        return verify(files_, clock_, path(), path("scratch"));
    }
    void make_scratch() {
        std::filesystem::remove_all(path("scratch"));
        std::filesystem::create_directory(path("scratch"));
    }
    void flip(const std::string& file, std::uint64_t offset) {
        std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
        ASSERT_TRUE(stream.is_open()) << file;
        stream.seekg(static_cast<std::streamoff>(offset));
        const int byte = stream.get();
        stream.seekp(static_cast<std::streamoff>(offset));
        stream.put(static_cast<char>(byte ^ 0x10));
    }
    std::string path(const std::string& name = "world") { return directory_.path() + "/" + name; }

    io::TemporaryDirectory directory_;
    io::PosixFileSystem files_;
    io::SystemClock clock_;
    std::unique_ptr<World> world_;
};

TEST_F(VerifyTest, a_closed_world_is_whole_and_has_the_digest_it_had) {
    const std::string digest = live();
    close();
    const auto verdict = judge();
    ASSERT_TRUE(verdict.ok()) << verdict.status().text();
    EXPECT_TRUE(verdict->whole());
    EXPECT_EQ(verdict->digest->hex(), digest);
    EXPECT_EQ(verdict->tick, 20U);
}

TEST_F(VerifyTest, what_only_the_journal_holds_counts_too) {
    WorldOptions options;
    options.threads = false;
    world_ = *World::open(path(), schema(), options);
    world_->entities().set(world_->entities().create(), Coat{7, "ana"});
    ASSERT_TRUE(world_->commit({.tick = {}, .level = {}, .wait = true}).ok());
    kill();
    const auto verdict = judge();
    ASSERT_TRUE(verdict.ok()) << verdict.status().text();
    EXPECT_TRUE(verdict->whole());
    EXPECT_GT(verdict->last, verdict->stored.lsn);
    open();
    EXPECT_EQ(verdict->digest->hex(), *world_->digest());
}

TEST_F(VerifyTest, changes_nothing) {
    live();
    kill();
    const auto first = judge();
    const auto second = judge();
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_EQ(first->digest, second->digest);
    EXPECT_EQ(first->stored, second->stored);
}

TEST_F(VerifyTest, a_flipped_byte_in_a_store_page_is_named) {
    live();
    close();
    flip(path() + "/store.sqlite", 4096 * 3 + 100);
    const auto verdict = judge();
    ASSERT_TRUE(verdict.ok()) << verdict.status().text();
    ASSERT_FALSE(verdict->whole());
    ASSERT_EQ(verdict->damage.size(), 1U);
    EXPECT_NE(verdict->damage.front().what.find("store.sqlite"), std::string::npos);
    EXPECT_FALSE(verdict->digest.has_value());
    EXPECT_EQ(verdict->tick, 20U);  // as the journal says
}

TEST_F(VerifyTest, a_store_of_another_world_is_one_finding) {
    live();
    close();
    std::filesystem::rename(path(), path("other"));
    live();
    close();
    std::filesystem::copy_file(path("other") + "/store.sqlite", path() + "/store.sqlite",
                               std::filesystem::copy_options::overwrite_existing);
    const auto verdict = judge();
    ASSERT_TRUE(verdict.ok()) << verdict.status().text();
    ASSERT_EQ(verdict->damage.size(), 1U);
    EXPECT_EQ(verdict->damage.front().what.find("scratch"), std::string::npos)
        << verdict->damage.front().what;
}

TEST_F(VerifyTest, a_copy_that_cannot_be_opened_is_no_damage) {
    live();
    close();
    make_scratch();
    std::filesystem::create_directories(path("scratch") + "/together/store.sqlite-wal");
    const auto verdict = verify(files_, clock_, path(), path("scratch"));
    EXPECT_EQ(verdict.status().code(), Code::io) << verdict.status().text();
    EXPECT_EQ(verdict.status().text().find("scratch"), std::string::npos)
        << verdict.status().text();
}

// Of more blocks than are taken for damaged ones one by one (J-11).
TEST_F(VerifyTest, a_journal_that_cannot_be_read_is_no_damage) {
    WorldOptions options;
    options.journal_first_file_bytes = options.journal_file_bytes;
    world_ = *World::open(path(), schema(), options);
    close();
    io::FaultyFileSystem faulty(files_);
    faulty.inject({.kind = io::OperationKind::read, .from_then_on = true, .path_part = ".pdj"});
    make_scratch();
    EXPECT_EQ(verify(faulty, clock_, path(), path("scratch")).status().code(), Code::io);
}

TEST_F(VerifyTest, a_flipped_byte_in_the_identity_is_named) {
    live();
    close();
    flip(path() + "/identity", 20);
    const auto verdict = judge();
    ASSERT_TRUE(verdict.ok()) << verdict.status().text();
    ASSERT_EQ(verdict->damage.size(), 1U);
    EXPECT_NE(verdict->damage.front().what.find("identity"), std::string::npos);
}

TEST_F(VerifyTest, damage_below_the_durable_watermark_of_the_journal_is_named) {
    WorldOptions options;
    options.threads = false;
    world_ = *World::open(path(), schema(), options);
    for (int i = 0; i < 5; ++i) {
        world_->entities().set(world_->entities().create(), Coat{i, "x"});
        ASSERT_TRUE(world_->commit({.tick = {}, .level = {}, .wait = true}).ok());
    }
    kill();
    std::string newest;
    for (const auto& entry : std::filesystem::directory_iterator(path() + "/journal")) {
        std::ifstream stream(entry.path(), std::ios::binary);
        if (stream.get() != 0) newest = std::max(newest, entry.path().string());
    }
    flip(newest, 4096 * 4 + 40);  // in a group that others follow
    const auto verdict = judge();
    ASSERT_TRUE(verdict.ok()) << verdict.status().text();
    ASSERT_FALSE(verdict->whole());
    EXPECT_NE(verdict->damage.front().what.find("journal"), std::string::npos);
}

TEST_F(VerifyTest, a_world_that_somebody_has_is_locked) {
    live();
    EXPECT_EQ(judge().status().code(), Code::locked);
}

TEST_F(VerifyTest, where_no_world_is_nothing_is_made) {
    std::filesystem::create_directory(path());
    EXPECT_EQ(judge().status().code(), Code::not_found);
    EXPECT_TRUE(std::filesystem::is_empty(path()));
}

}  // namespace
}  // namespace perdure::jobs
