// Backups, each restored, compared and opened again. What goes wrong: backup_failures_test.cc.
#include "jobs/backup.h"

#include <atomic>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "base/test_run.h"
#include "jobs/backup_home.h"
#include "model/tables.h"
#include "perdure/backup.h"

namespace perdure::jobs {
namespace {

class BackupTest : public BackupHome {};

TEST_F(BackupTest, of_a_world_at_rest_is_that_world) {
    live(0, 20);
    const std::string digest = *home_->digest();
    const std::uint64_t lsn = home_->health().accepted_lsn;
    home_.close();
    const BackupTaken taken = back_up();
    EXPECT_FALSE(taken.had_owner);
    EXPECT_EQ(taken.manifest.at.lsn, lsn);
    EXPECT_EQ(taken.manifest.at.tick, 20U);
    EXPECT_EQ(taken.manifest.contents.tables.at("events"), 20U);
    EXPECT_GT(taken.bytes, 4096U);
    EXPECT_FALSE(std::filesystem::exists(beside("backup.unfinished")));
    EXPECT_FALSE(std::filesystem::exists(home_.path("store.sqlite-wal")));
    expect_restores_to(digest);
}

TEST_F(BackupTest, in_the_owners_process_has_what_only_the_journal_holds) {
    live(0, 10);
    home_.drain();
    live(10, 20);
    const BackupTaken taken = back_up();
    EXPECT_TRUE(taken.had_owner);
    EXPECT_EQ(taken.manifest.at.lsn, home_->health().accepted_lsn);
    EXPECT_GT(taken.manifest.at.lsn, home_->health().stored_lsn);
    const std::string digest = *home_->digest();
    live(20, 30);
    home_.drain();
    home_.reopen();
    EXPECT_NE(*home_->digest(), digest) << "the owner went on";
    expect_restores_to(digest);
}

TEST_F(BackupTest, of_a_world_whose_owner_was_killed_has_what_recovery_would_find) {
    live(0, 5);
    home_.drain();
    live(5, 10);
    home_.crash();
    const BackupTaken taken = back_up();
    EXPECT_FALSE(taken.had_owner);
    home_.open();
    EXPECT_EQ(home_->recovery().replayed_changes, 5U) << "looking changed nothing";
    EXPECT_EQ(taken.manifest.at.lsn, home_->health().accepted_lsn);
    expect_restores_to(*home_->digest());
}

TEST_F(BackupTest, of_a_world_that_is_being_opened_has_what_recovery_will_find) {
    live(0, 5);
    home_.drain();
    live(5, 10);
    home_.crash();
    auto owner = home_.disk.lock(home_.path("lock"), "an owner that has not got further yet");
    ASSERT_TRUE(owner.ok());
    EXPECT_TRUE(back_up().had_owner);
    owner->reset();
    home_.open();
    EXPECT_EQ(home_->recovery().replayed_changes, 5U);
    expect_restores_to(*home_->digest());
}

TEST_F(BackupTest, leaves_ephemeral_rows_out_and_takes_relaxed_ones) {
    live(0, 2);
    home_.put("drifts", {{"id", 1U}, {"value", 5}});
    home_.close();  // what waited goes out
    home_.open();
    const std::string digest = *home_->digest();
    home_.close();
    const BackupTaken taken = back_up();
    EXPECT_EQ(taken.manifest.contents.tables.count("flashes"), 0U);
    EXPECT_EQ(taken.manifest.contents.tables.count("Glow"), 0U);
    ASSERT_TRUE(try_restore().ok());
    const auto world = open_restored();
    auto view = *world->snapshot();
    EXPECT_EQ(Home::rows(view, "flashes"), Rows{});
    EXPECT_EQ(Home::rows(view, "drifts"), Rows{"1 5"});
    int moods = 0;
    world->entities().each<Mood>([&](const Mood&) { ++moods; });
    EXPECT_EQ(moods, 1);
    expect_restores_to(digest);
}

TEST_F(BackupTest, brings_back_every_type_bit_for_bit) {
    const TableDefinition everything = test::everything();
    TableBuilder table("everything");
    table.key<std::uint64_t>("id");
    for (std::size_t column = 1; column < everything.columns.size(); ++column) {
        const Column& each = everything.columns[column];
        table.column(each.name, each.type, each.nullable);
    }
    Schema schema = test_schema();
    schema.table("everything") = table;
    home_.close();
    home_.know(std::move(schema));
    home_.open();
    Random random(test_seed());
    for (int i = 0; i < 200; ++i) {
        Transaction transaction = home_->begin();
        ASSERT_TRUE(transaction.put("everything", test::random_row(random, everything)).ok());
        ASSERT_TRUE(transaction.commit({.wait = true}).ok());
        if (i == 100) home_.drain();
    }
    EXPECT_GT(back_up().manifest.contents.tables.at("everything"), 100U);
    expect_restores_to(*home_->digest());
}

TEST_F(BackupTest, keeps_tables_that_changed_and_tables_that_are_only_in_the_journal) {
    live(0, 5);
    Schema wider = test_schema();
    wider.table("late").key<std::uint64_t>("id").column<std::string>("first");
    home_.close();
    home_.know(wider);
    home_.open();
    home_.put("late", {{"id", 1U}, {"first", "one"}});
    Schema other = test_schema();
    other.table("late").key<std::uint64_t>("id").column<std::int32_t>("second");
    home_.close();
    home_.know(other);
    home_.open();
    home_.put("late", {{"id", 2U}, {"second", 2}});
    ASSERT_TRUE(home_->declare(TableBuilder("latest").key<std::uint64_t>("id")).ok());
    home_.put("latest", {{"id", 9U}});
    home_.crash();
    back_up();
    home_.open();
    expect_restores_to(*home_->digest());
    const auto world = open_restored("backup restored");
    auto view = *world->snapshot();
    EXPECT_EQ(Home::rows(view, "late"), (Rows{"1 0", "2 2"}));
    EXPECT_EQ(Home::rows(view, "latest"), Rows{"9"});
    Transaction transaction = world->begin();
    ASSERT_TRUE(transaction.put("late", {{"id", 3U}, {"second", 3}}).ok());
    EXPECT_TRUE(transaction.commit({.wait = true}).ok());
}

TEST_F(BackupTest, goes_on_where_it_was) {
    live(0, 3);
    ASSERT_TRUE(home_.tick().put("counters", {{"id", 1U}, {"value", 5}}).ok());
    const Token last = home_.commit();
    back_up();
    const std::uint64_t epoch = home_->health().epoch;
    ASSERT_TRUE(try_restore().ok());
    std::string digest;
    {
        const auto world = open_restored();
        EXPECT_TRUE(world->recovery().clean);
        EXPECT_GT(world->health().epoch, epoch);
        EXPECT_EQ(world->health().accepted_lsn, last.lsn());
        EXPECT_EQ(world->next_tick(), 5U);
        // The last tick again, as a program says it that does not know that it was saved.
        ASSERT_TRUE(world->tick().put("counters", {{"id", 1U}, {"value", 5}}).ok());
        const auto again = world->commit({.tick = 4});
        ASSERT_TRUE(again.ok()) << again.status().text();
        EXPECT_EQ(again->lsn(), last.lsn());
        ASSERT_TRUE(world->tick().put("counters", {{"id", 1U}, {"value", 6}}).ok());
        const auto next = world->commit({.wait = true});
        ASSERT_TRUE(next.ok()) << next.status().text();
        EXPECT_EQ(next->lsn(), last.lsn() + 1);
        Transaction transaction = world->begin();
        ASSERT_TRUE(transaction.append("events", {{"at", 1U}, {"seq", 1U}, {"what", "x"}}).ok());
        EXPECT_EQ(transaction.commit({.wait = true}).status().code(), Code::conflict);
        world->entities().set(world->entities().create(), Purse{3});
        ASSERT_TRUE(world->commit({.wait = true}).ok());
        digest = *world->digest();
        ASSERT_TRUE(world->close().ok());
    }
    EXPECT_EQ(digest_of(), digest);
    // And it can be backed up in its turn.
    const auto second = backup(home_.disk, clock_, beside("restored"), beside("second"));
    ASSERT_TRUE(second.ok()) << second.status().text();
    expect_restores_to(digest, "second");
}

TEST_F(BackupTest, as_new_is_another_world_with_the_same_rows) {
    live(0, 3);
    back_up();
    const auto restored = try_restore("backup", "restored", {.as_new = true});
    ASSERT_TRUE(restored.ok()) << restored.status().text();
    EXPECT_NE(restored->world, restored->manifest.world);
    const auto again = try_restore("backup", "again");
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->world, again->manifest.world);
    EXPECT_EQ(digest_of("restored"), *home_->digest());
    EXPECT_EQ(digest_of("again"), *home_->digest());
}

// Their definitions alone are more than the restored world's first journal file is made for.
TEST_F(BackupTest, brings_back_many_wide_tables) {
    Schema many = test_schema();
    const std::string filler(40, 'x');
    for (int i = 0; i < 20; ++i) {
        TableBuilder& table = many.table(text::format("{}_{}", filler, i));
        table.key<std::uint64_t>("id");
        for (int column = 0; column < 60; ++column) {
            table.column<std::int32_t>(text::format("{}_{}", filler, column));
        }
    }
    home_.close();
    home_.know(many);
    home_.open();
    home_.put(filler + "_9", {{"id", 1U}, {filler + "_7", 5}});
    EXPECT_GT(back_up().manifest.contents.tables.size(), 20U);
    expect_restores_to(*home_->digest());
}

TEST_F(BackupTest, takes_the_settings_along) {
    live(0, 2);
    const std::string digest = *home_->digest();
    home_.close();
    std::ofstream(home_.path("perdure.toml")) << "[limits]\njournal_file_bytes = 4194304\n";
    back_up();
    ASSERT_TRUE(try_restore().ok());
    std::ostringstream settings;
    settings << std::ifstream(beside("restored") + "/perdure.toml").rdbuf();
    EXPECT_EQ(settings.str(), "[limits]\njournal_file_bytes = 4194304\n");
    EXPECT_EQ(digest_of(), digest);
}

// While pages are copied the owner drains, checkpoints, trims and fills journal file after journal
// file.
TEST_F(BackupTest, is_of_the_moment_at_which_it_began_whatever_the_owner_does_meanwhile) {
    live(0, 10);
    const std::string digest = *home_->digest();
    int asked = 0;
    BackupOptions options;
    options.go_on = [&]() -> Status {
        if (++asked > 5) return {};
        const std::string filler(300'000, 'f');
        for (std::uint64_t i = 0; i < 10; ++i) {
            home_.put("profiles", {{"name", "big"}, {"level", asked}, {"guild", filler}});
            home_.drain();
            home_.prepare_journal();
        }
        return {};
    };
    const auto taken = try_back_up("backup", options);
    ASSERT_TRUE(taken.ok()) << taken.status().text();
    EXPECT_GT(asked, 5);
    expect_restores_to(digest);
}

TEST_F(BackupTest, holds_the_owners_safe_watermark_only_while_it_copies) {
    live(0, 10);
    home_.drain();
    const std::string digest = *home_->digest();
    const Lsn safe = home_->health().safe_lsn;
    ASSERT_EQ(safe, home_->health().stored_lsn);
    std::vector<Lsn> seen;
    BackupOptions options;
    options.go_on = [&]() -> Status {
        home_.put("counters", {{"id", seen.size()}, {"value", 1}});
        home_.drain();
        seen.push_back(home_->health().safe_lsn);
        return {};
    };
    ASSERT_TRUE(try_back_up("backup", options).ok());
    EXPECT_EQ(seen.front(), safe) << "pinned";
    EXPECT_GT(seen.back(), safe) << "and let go before the rows were written";
    expect_restores_to(digest);
}

TEST_F(BackupTest, while_threads_commit_is_the_state_at_one_lsn) {
    home_.close();
    home_.options.threads = true;
    home_.options.clock = nullptr;
    home_.options.drain_interval_ms = 1;
    home_.options.journal_file_bytes = 256 << 10;
    home_.open();
    struct Put {
        std::uint64_t id;
        std::int64_t value;
    };
    const std::uint64_t seed = test_seed();
    std::mutex mutex;
    std::map<std::uint64_t, Put> by_lsn;  // guarded by mutex
    std::atomic<bool> stop{false};
    std::vector<std::thread> committers;
    for (std::uint64_t thread = 0; thread < 3; ++thread) {
        committers.emplace_back([&, thread] {
            Random random(seed + thread);
            for (std::int64_t i = 1; !stop.load(); ++i) {
                const Put put{random.below(50), i};
                Transaction transaction = home_->begin();
                EXPECT_TRUE(
                    transaction.put("counters", {{"id", put.id}, {"value", put.value}}).ok());
                const auto token = transaction.commit({.wait = i % 4 == 0});
                if (token.status().code() == Code::busy) continue;
                ASSERT_TRUE(token.ok()) << token.status().text();
                const std::lock_guard lock(mutex);
                by_lsn[token->lsn()] = put;
            }
        });
    }
    std::vector<BackupTaken> taken;
    for (int i = 0; i < 6; ++i) taken.push_back(back_up("backup " + std::to_string(i)));
    std::thread other([&] { back_up("beside"); });  // two at once
    taken.push_back(back_up("backup 6"));
    other.join();
    stop.store(true);
    for (std::thread& committer : committers) committer.join();
    EXPECT_TRUE(home_->health().trouble.ok()) << home_->health().trouble.text();
    home_.close();

    // A second world stops where the backup was taken.
    for (std::size_t i = 0; i < taken.size(); ++i) {
        const Lsn lsn = taken[i].manifest.at.lsn;
        Home second;
        second.open();
        std::map<std::uint64_t, std::int64_t> model;
        for (const auto& [at, put] : by_lsn) {
            if (at <= lsn) model[put.id] = put.value;
        }
        for (const auto& [id, value] : model) {
            second.put("counters", {{"id", id}, {"value", value}});
        }
        EXPECT_EQ(taken[i].manifest.contents.digest.hex(), *second->digest()) << "at LSN " << lsn;
        expect_restores_to(*second->digest(), "backup " + std::to_string(i));
    }
}

TEST_F(BackupTest, is_offered_to_programs_that_have_the_world_open) {
    live(0, 5);
    home_.drain();
    live(5, 8);
    const auto taken = back_up_world(home_.directory(), beside("backup"));
    ASSERT_TRUE(taken.ok()) << taken.status().text();
    EXPECT_EQ(taken->lsn, home_->health().accepted_lsn);
    EXPECT_EQ(taken->tick, 8U);
    EXPECT_EQ(taken->digest, *home_->digest());
    const auto restored = restore_world(beside("backup"), beside("restored"));
    ASSERT_TRUE(restored.ok()) << restored.status().text();
    EXPECT_EQ(restored->world, taken->world);
    EXPECT_EQ(restored->rows, taken->rows);
    EXPECT_EQ(digest_of("restored"), taken->digest);
    const auto fork = restore_world(beside("backup"), beside("fork"), true);
    ASSERT_TRUE(fork.ok()) << fork.status().text();
    EXPECT_NE(fork->world, taken->world);
    EXPECT_EQ(digest_of("fork"), taken->digest);
    EXPECT_EQ(back_up_world(beside("nowhere"), beside("none")).status().code(), Code::not_found);
    EXPECT_EQ(restore_world(beside("nowhere"), beside("none")).status().code(), Code::not_found);
}

}  // namespace
}  // namespace perdure::jobs
