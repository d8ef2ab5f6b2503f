// Opening, committing, tokens, health, closing.
#include "perdure/world.h"

#include "world/home.h"

namespace perdure {
namespace {

using Calls = std::vector<std::string>;

class WorldTest : public OnEveryStore {};
INSTANTIATE_TEST_SUITE_P(, WorldTest, every_store(), store_name);

TEST_P(WorldTest, a_new_world_holds_the_world_and_nothing_else) {
    EXPECT_TRUE(home_->recovery().created);
    EXPECT_EQ(home_->recovery().replayed_changes, 0u);
    EXPECT_EQ(home_.entities().count(), 1u);
    EXPECT_EQ(home_->next_tick(), 1u);
    EXPECT_EQ(home_.rows("profiles"), Rows{});
}

TEST_P(WorldTest, what_was_committed_is_there) {
    home_.put("profiles", {{"name", "ana"}, {"level", 7}});
    EXPECT_EQ(home_.rows("profiles"), Rows{"ana 7 false null"});
}

TEST_P(WorldTest, a_tick_carries_components_and_rows_together) {
    const Entity ana = home_.entities().create();
    home_.entities().set(ana, Purse{5});
    ASSERT_TRUE(home_.tick().put("counters", {{"id", 1u}, {"value", 5}}).ok());
    const Token saved = home_.commit();
    EXPECT_EQ(saved.tick(), 1u);
    EXPECT_EQ(home_->next_tick(), 2u);
    home_.drain();
    EXPECT_EQ(home_.rows("counters"), Rows{"1 5"});
    EXPECT_EQ(home_.row("Purse", {{"entity", ana}}), text::format("{} 5", ana.id));
}

TEST_P(WorldTest, commit_does_not_wait_unless_asked) {
    home_.entities().set(world_entity, Purse{1});
    const auto saved = home_->commit();
    ASSERT_TRUE(saved.ok());
    EXPECT_FALSE(saved->done());
    EXPECT_EQ(saved->status().code(), Code::busy);
    EXPECT_TRUE(saved->wait().ok());
    EXPECT_TRUE(saved->done());
}

TEST_P(WorldTest, a_callback_runs_in_poll_once_the_tick_is_durable) {
    Calls calls;
    home_.entities().set(world_entity, Purse{1});
    const auto saved = home_->commit();
    saved->then([&](const Status& status) { calls.push_back(status.text()); });
    EXPECT_EQ(home_->poll(), 0u);
    EXPECT_TRUE(saved->wait().ok());
    EXPECT_EQ(calls, Calls{});
    EXPECT_EQ(home_->poll(), 1u);
    EXPECT_EQ(calls, Calls{"ok"});
}

TEST_P(WorldTest, each_change_set_has_the_next_lsn) {
    const Token first = home_.commit();
    Transaction transaction = home_->begin();
    ASSERT_TRUE(transaction.put("counters", {{"id", 1u}}).ok());
    const auto second = transaction.commit();
    ASSERT_TRUE(second.ok());
    EXPECT_EQ(second->lsn(), first.lsn() + 1);
    EXPECT_EQ(second->tick(), std::nullopt);
    EXPECT_EQ(home_.commit().lsn(), first.lsn() + 2);
}

// Levels: who is told when.
class LevelTest : public OnEveryStore {
protected:
    // A row of this table, accepted, and the token that came of it.
    Token accept(std::string_view table, const CommitOptions& options = {}) {
        Transaction transaction = home_->begin();
        EXPECT_TRUE(transaction.put(table, {{"id", 1u}, {"value", 1}}).ok());
        auto token = transaction.commit(options);
        EXPECT_TRUE(token.ok()) << token.status().text();
        return *token;
    }
};
INSTANTIATE_TEST_SUITE_P(, LevelTest, every_store(), store_name);

TEST_P(LevelTest, ephemeral_and_relaxed_rows_are_acknowledged_at_acceptance) {
    EXPECT_TRUE(accept("flashes").done());
    EXPECT_EQ(accept("flashes").level(), Level::ephemeral);
    EXPECT_TRUE(accept("drifts").done());
    EXPECT_EQ(accept("drifts").level(), Level::relaxed);
    EXPECT_EQ(home_.rows("flashes"), Rows{"1 1"});
    EXPECT_EQ(home_.rows("drifts"), Rows{"1 1"});
}

TEST_P(LevelTest, journal_rows_are_acknowledged_when_they_are_flushed) {
    const Token saved = accept("counters");
    EXPECT_EQ(saved.level(), Level::journal);
    EXPECT_FALSE(saved.done());
    EXPECT_TRUE(home_->engine().step_journal());
    EXPECT_TRUE(saved.done());
    EXPECT_LT(home_->health().stored_lsn, saved.lsn());
}

TEST_P(LevelTest, stored_rows_are_acknowledged_when_the_store_has_them) {
    const Token saved = accept("ledger");
    EXPECT_EQ(saved.level(), Level::stored);
    EXPECT_TRUE(home_->engine().step_journal());
    EXPECT_FALSE(saved.done());
    EXPECT_TRUE(home_->engine().drain_due()) << "someone awaits it";
    EXPECT_TRUE(saved.wait().ok());
    EXPECT_GE(home_->health().stored_lsn, saved.lsn());
}

TEST_P(LevelTest, the_strongest_row_of_a_change_set_decides) {
    Transaction transaction = home_->begin();
    ASSERT_TRUE(transaction.put("flashes", {{"id", 1u}}).ok());
    ASSERT_TRUE(transaction.put("counters", {{"id", 1u}}).ok());
    EXPECT_EQ(transaction.commit()->level(), Level::journal);
    ASSERT_TRUE(transaction.put("drifts", {{"id", 1u}}).ok());
    ASSERT_TRUE(transaction.put("flashes", {{"id", 1u}}).ok());
    EXPECT_EQ(transaction.commit()->level(), Level::relaxed);
    ASSERT_TRUE(transaction.put("ledger", {{"id", 1u}}).ok());
    ASSERT_TRUE(transaction.put("flashes", {{"id", 1u}}).ok());
    EXPECT_EQ(transaction.commit()->level(), Level::stored);
}

TEST_P(LevelTest, a_commit_may_raise_its_level_and_never_lowers_it) {
    EXPECT_EQ(accept("counters", {.level = Level::stored}).level(), Level::stored);
    EXPECT_EQ(accept("drifts", {.level = Level::journal}).level(), Level::journal);
    EXPECT_EQ(accept("ledger", {.level = Level::journal}).level(), Level::stored);
    EXPECT_EQ(accept("counters", {.level = Level::ephemeral}).level(), Level::journal);
}

TEST_P(LevelTest, one_may_wait_for_more_than_the_level) {
    const Token saved = accept("flashes");
    EXPECT_TRUE(saved.wait(Level::journal).ok());
    EXPECT_GE(home_->health().durable_lsn, saved.lsn());
    EXPECT_TRUE(saved.wait(Level::stored).ok());
    EXPECT_GE(home_->health().stored_lsn, saved.lsn());
}

TEST_P(LevelTest, wait_in_the_options_waits_for_the_level) {
    EXPECT_TRUE(accept("counters", {.wait = true}).done());
    EXPECT_TRUE(accept("ledger", {.wait = true}).done());
    EXPECT_TRUE(accept("counters", {.level = Level::stored, .wait = true}).done());
    EXPECT_EQ(home_->health().stored_lsn, home_->health().accepted_lsn);
}

class HealthTest : public OnEveryStore {};
INSTANTIATE_TEST_SUITE_P(, HealthTest, every_store(), store_name);

TEST_P(HealthTest, follows_a_change_set_on_its_way) {
    EXPECT_EQ(home_->health().tick, std::nullopt);
    home_.commit();
    home_.drain();
    const Health before = home_->health();
    EXPECT_TRUE(before.trouble.ok()) << before.trouble.text();
    EXPECT_FALSE(before.read_only);
    EXPECT_GT(before.epoch, 0u);

    ASSERT_TRUE(home_.tick().put("counters", {{"id", 1u}, {"value", 1}}).ok());
    const auto saved = home_->commit();
    Health health = home_->health();
    EXPECT_EQ(health.accepted_lsn, saved->lsn());
    EXPECT_EQ(health.durable_lsn, saved->lsn() - 1);
    EXPECT_EQ(health.tick, 2u);
    EXPECT_EQ(health.pending_changes, 1u);
    EXPECT_GT(health.pending_bytes, 0u);
    EXPECT_GT(health.index_bytes, 0u);

    EXPECT_TRUE(saved->wait().ok());
    health = home_->health();
    EXPECT_EQ(health.durable_lsn, saved->lsn());
    EXPECT_EQ(health.journal_groups, before.journal_groups + 1);
    EXPECT_GT(health.journal_bytes_written, before.journal_bytes_written);

    home_.drain();
    health = home_->health();
    EXPECT_EQ(health.stored_lsn, saved->lsn());
    EXPECT_EQ(health.safe_lsn, saved->lsn());
    EXPECT_EQ(health.pending_changes, 0u);
    EXPECT_EQ(health.pending_bytes, 0u);
    EXPECT_EQ(health.drains, before.drains + 1);
    EXPECT_EQ(health.rows_drained, before.rows_drained + 1);
}

TEST_P(HealthTest, knows_what_lies_on_the_disk_and_where) {
    home_.put("counters", {{"id", 1u}, {"value", 1}});
    home_.drain();
    const Health health = home_->health();
    EXPECT_GE(health.journal_bytes, std::uint64_t{64} << 10);  // the first file
    EXPECT_GE(health.journal_files, 1u);
    EXPECT_GE(health.journal_bytes_prepared, std::uint64_t{64} << 10);
    EXPECT_GT(health.store_bytes, 0u);
    EXPECT_EQ(health.store.substr(0, 6), GetParam() == Home::Kind::memory ? "memory" : "sqlite");
}

TEST_P(WorldTest, a_closed_world_accepts_nothing_and_its_tokens_still_answer) {
    home_.entities().set(world_entity, Purse{1});
    const auto saved = home_->commit();
    EXPECT_TRUE(home_->close().ok());
    EXPECT_TRUE(home_->close().ok()) << "closing twice is closing once";
    EXPECT_TRUE(saved->status().ok());
    EXPECT_EQ(home_->commit().status().code(), Code::read_only);
    EXPECT_TRUE(home_->health().read_only);
}

TEST_P(WorldTest, closing_drains_everything) {
    home_.put("counters", {{"id", 1u}, {"value", 1}});
    home_.put("drifts", {{"id", 1u}, {"value", 1}});
    EXPECT_TRUE(home_->close().ok());
    const Health health = home_->health();
    EXPECT_EQ(health.stored_lsn, health.accepted_lsn);
    EXPECT_EQ(health.safe_lsn, health.accepted_lsn);
}

TEST_P(WorldTest, tokens_outlive_their_world) {
    Token saved;
    {
        Home home(GetParam());
        home.open();
        home.entities().set(world_entity, Purse{1});
        saved = *home->commit();
        home.close();
    }
    EXPECT_TRUE(saved.done());
    EXPECT_TRUE(saved.wait().ok());
}

TEST_P(WorldTest, its_digest_is_that_of_its_rows) {
    Home other(GetParam());
    other.open();
    const auto empty = home_->digest();
    ASSERT_TRUE(empty.ok()) << empty.status().text();
    EXPECT_EQ(*empty, *other->digest());
    for (Home* home : {&home_, &other}) {
        home->put("counters", {{"id", home == &home_ ? 1u : 2u}, {"value", 1}});
        home->put("counters", {{"id", home == &home_ ? 2u : 1u}, {"value", 1}});
    }
    EXPECT_EQ(*home_->digest(), *other->digest()) << "the order does not count";
    EXPECT_NE(*home_->digest(), *empty);
    home_.put("flashes", {{"id", 1u}, {"value", 1}});
    EXPECT_EQ(*home_->digest(), *other->digest()) << "ephemeral rows do not count";
    home_.put("counters", {{"id", 1u}, {"value", 2}});
    EXPECT_NE(*home_->digest(), *other->digest());
}

TEST(Digest, is_the_same_on_every_store) {
    Home memory(Home::Kind::memory);
    Home sqlite(Home::Kind::sqlite);
    for (Home* home : {&memory, &sqlite}) {
        home->open();
        const Entity ana = home->entities().create(EntityKind::player);
        home->entities().set(ana, Position{-0.0F, 1e-40F, 3});
        home->entities().set(ana, Title{"Émile", {}});
        home->put("profiles", {{"name", "ana"}, {"guild", "smiths"}});
        home->commit();
    }
    EXPECT_EQ(*memory->digest(), *sqlite->digest());
}

// What is refused before anything is touched.
TEST(WorldOpen, a_directory_without_a_world_is_not_found_unless_one_is_to_be_made) {
    Home home;
    home.options.create = false;
    EXPECT_EQ(home.try_open().code(), Code::not_found);
    EXPECT_FALSE(*home.disk.exists(home.directory()));
}

TEST(WorldOpen, a_directory_with_something_else_in_it_is_not_written_into) {
    Home home;
    ASSERT_TRUE(home.disk.create_directory(home.directory()).ok());
    ASSERT_TRUE(io::replace_file(home.disk, home.directory(), "thesis.txt", {}).ok());
    const Status refused = home.try_open();
    EXPECT_EQ(refused.code(), Code::invalid);
    EXPECT_NE(refused.message().find("thesis.txt"), std::string::npos) << refused.text();
    EXPECT_EQ(*home.disk.list(home.directory()), std::vector<std::string>{"thesis.txt"});
}

TEST(WorldOpen, a_missing_parent_is_an_error_that_names_the_path) {
    Home home;
    auto opened = World::open(home.path("a/b/c"), home.schema, home.options);
    EXPECT_EQ(opened.status().code(), Code::not_found) << opened.status().text();
    EXPECT_NE(opened.status().message().find("a/b/c"), std::string::npos);
}

TEST(WorldOpen, two_owners_are_one_too_many) {
    Home home;
    home.open();
    auto second = World::open(home.directory(), home.schema, home.options);
    EXPECT_EQ(second.status().code(), Code::locked);
    EXPECT_NE(second.status().message().find(home.directory()), std::string::npos);
    home.put("counters", {{"id", 1u}});  // the first one goes on
    home.reopen();
}

TEST(WorldOpen, wrong_options_are_refused) {
    const auto refused = [](auto change) {
        Home home;
        change(home.options);
        const Status status = home.try_open();
        EXPECT_FALSE(*home.disk.exists(home.path("identity"))) << "nothing is made";
        return status.code();
    };
    EXPECT_EQ(refused([](WorldOptions& options) { options.store = "abacus"; }), Code::unsupported);
    EXPECT_EQ(refused([](WorldOptions& options) { options.journal_files_ahead = 0; }),
              Code::invalid);
    EXPECT_EQ(refused([](WorldOptions& options) { options.journal_files_ahead = 65; }),
              Code::invalid);
    EXPECT_EQ(refused([](WorldOptions& options) { options.journal_file_bytes = 4096; }),
              Code::invalid);
    EXPECT_EQ(refused([](WorldOptions& options) { options.journal_file_bytes += 1; }),
              Code::invalid);
    EXPECT_EQ(refused([](WorldOptions& options) { options.journal_bytes_max = 1 << 20; }),
              Code::invalid);
    EXPECT_EQ(refused([](WorldOptions& options) { options.index_bytes_max = 0; }), Code::invalid);
    EXPECT_EQ(refused([](WorldOptions& options) { options.pending_bytes_max = 0; }), Code::invalid);
}

TEST(WorldOpen, the_memory_store_on_a_real_directory_is_refused) {
    Home home;
    home.options.files = nullptr;
    home.options.store = "memory";
    EXPECT_EQ(home.try_open().code(), Code::invalid);
    EXPECT_FALSE(*home.disk.exists(home.directory()));
}

TEST(WorldOpen, a_wrong_schema_is_refused_and_nothing_is_made) {
    const auto refused = [](auto change) {
        Home home;
        change(home.schema);
        const Status status = home.try_open();
        EXPECT_FALSE(*home.disk.exists(home.path("identity"))) << status.text();
        return status.code();
    };
    EXPECT_EQ(refused([](Schema& schema) { schema.table("profiles").key<std::uint64_t>("id"); }),
              Code::invalid)
        << "a table twice";
    EXPECT_EQ(refused([](Schema& schema) { schema.table("PURSE").key<std::uint64_t>("id"); }),
              Code::invalid)
        << "a component's name in another case";
    EXPECT_EQ(refused([](Schema& schema) { schema.table("entity").key<std::uint64_t>("id"); }),
              Code::invalid)
        << "one of ours";
    EXPECT_EQ(refused([](Schema& schema) { schema.table("_mine").key<std::uint64_t>("id"); }),
              Code::invalid);
    EXPECT_EQ(refused([](Schema& schema) { schema.table("keyless").column<bool>("a"); }),
              Code::invalid);
    EXPECT_EQ(refused([](Schema& schema) { schema.table("floats").key<double>("id"); }),
              Code::invalid);
    EXPECT_EQ(refused([](Schema& schema) { schema.component<Purse>(); }), Code::invalid);
    EXPECT_EQ(refused([](Schema& schema) {
                  schema.table("things").key<std::uint64_t>("id").category("unheard_of");
              }),
              Code::invalid);
    EXPECT_EQ(refused([](Schema& schema) {
                  schema.category({.name = "lazy", .consistency = "eventual"});
              }),
              Code::invalid);
    EXPECT_EQ(
        refused([](Schema& schema) { schema.category({.name = "lazy", .retention = "a week"}); }),
        Code::invalid);
    EXPECT_EQ(refused([](Schema& schema) { schema.category({.name = "lazy", .interval_ms = 0}); }),
              Code::invalid);
}

TEST(WorldOpen, an_error_says_which_world) {
    Home home;
    home.options.create = false;
    EXPECT_NE(home.try_open().message().find(home.directory()), std::string::npos);
}

// The power fails while a world is made: the next open makes it, or finds it whole.
TEST(WorldOpen, making_a_world_may_be_cut_short_at_every_operation) {
    std::uint64_t operations = 0;
    {
        Home counted;
        counted.open();
        operations = counted.files.operation_count();
    }
    ASSERT_GT(operations, 20u);
    for (std::uint64_t at = 1; at <= operations; ++at) {
        Home home;
        home.files.inject({.at = at, .type = io::FaultType::crash_point});
        if (home.try_open().ok()) home.crash();
        home.options.files = &home.disk;
        const Status opened = home.try_open();
        ASSERT_TRUE(opened.ok()) << "operation " << at << ": " << opened.text();
        EXPECT_EQ(home.entities().count(), 1u);
        home.commit();
        home.close();
    }
}

}  // namespace
}  // namespace perdure
