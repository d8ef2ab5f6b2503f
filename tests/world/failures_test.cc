// What a world does when the disk or the store fails under it.
#include <thread>

#include <sqlite3.h>

#include "world/home.h"

namespace perdure {
namespace {

class DiskFailure : public OnDisk {
protected:
    void SetUp() override {
        OnDisk::SetUp();
        home_.put("counters", {{"id", 1u}, {"value", 1}});
    }
    // Accepted, not yet flushed.
    Token accept(std::int64_t value) {
        Transaction transaction = home_->begin();
        EXPECT_TRUE(transaction.put("counters", {{"id", 1u}, {"value", value}}).ok());
        auto token = transaction.commit();
        EXPECT_TRUE(token.ok()) << token.status().text();
        return *token;
    }
    void fail_the_journal() {
        const Token lost = accept(2);
        home_.fail_flushes();
        EXPECT_EQ(lost.wait().code(), Code::unknown);
    }
};

TEST_F(DiskFailure, a_failed_flush_leaves_what_was_in_flight_unknown) {
    std::vector<std::string> calls;
    const Token before = accept(2);
    EXPECT_TRUE(before.wait().ok());
    const Token first = accept(3);
    const Token second = accept(4);
    second.then([&](const Status& status) { calls.emplace_back(code_name(status.code())); });
    home_.fail_flushes();
    EXPECT_EQ(first.wait().code(), Code::unknown);
    EXPECT_EQ(second.status().code(), Code::unknown);
    EXPECT_TRUE(second.done());
    EXPECT_TRUE(before.status().ok());
    EXPECT_EQ(home_->poll(), 1u);
    EXPECT_EQ(calls, std::vector<std::string>{"unknown"});
}

TEST_F(DiskFailure, a_commit_that_waits_answers_unknown) {
    home_.fail_flushes();
    EXPECT_EQ(home_.try_put("counters", {{"id", 1u}}).code(), Code::unknown);
}

TEST_F(DiskFailure, after_it_the_world_is_read_only_and_says_why) {
    fail_the_journal();
    EXPECT_EQ(home_.try_put("counters", {{"id", 2u}}).code(), Code::read_only);
    EXPECT_EQ(home_->commit().status().code(), Code::read_only);
    const Health health = home_->health();
    EXPECT_TRUE(health.read_only);
    EXPECT_FALSE(health.trouble.ok());
    home_.files.clear_faults();
    EXPECT_EQ(home_->commit().status().code(), Code::read_only) << "a failed flush is final";
}

TEST_F(DiskFailure, reads_show_what_is_durable) {
    fail_the_journal();
    EXPECT_EQ(home_.rows("counters"), Rows{"1 1"});
    EXPECT_EQ(home_.row("counters", {{"id", 1u}}), "1 1");
    EXPECT_EQ(home_->snapshot()->lsn(), home_->health().durable_lsn);
}

TEST_F(DiskFailure, the_drain_ends_at_what_is_durable) {
    const Token durable = accept(2);
    EXPECT_TRUE(durable.wait().ok());
    fail_the_journal();
    home_.drain();
    EXPECT_EQ(home_->health().stored_lsn, durable.lsn());
    EXPECT_FALSE(home_->health().trouble.ok()) << "a drain that works does not make it well";
}

TEST_F(DiskFailure, closing_says_so_and_ends) {
    fail_the_journal();
    EXPECT_FALSE(home_->close().ok());
}

TEST_F(DiskFailure, closing_says_so_even_if_nothing_was_in_flight) {
    home_.fail_flushes();
    home_.clock.advance_ns(second_ns);
    home_->engine().step_attest();
    EXPECT_FALSE(home_->close().ok());
}

TEST_F(DiskFailure, the_next_open_recovers) {
    fail_the_journal();
    static_cast<void>(home_->close().ok());
    home_.files.clear_faults();
    home_.open();
    // The write itself went through, its flush was not done: either is right, nothing in between.
    const Rows rows = home_.rows("counters");
    EXPECT_TRUE(rows == Rows{"1 1"} || rows == Rows{"1 2"}) << rows[0];
    home_.put("counters", {{"id", 2u}, {"value", 2}});
    EXPECT_FALSE(home_->health().read_only);
}

TEST_F(DiskFailure, a_failed_write_is_as_final_as_a_failed_flush) {
    home_.files.inject({.kind = io::OperationKind::write,
                        .type = io::FaultType::fail_no_space,
                        .path_part = "pdj"});
    EXPECT_EQ(home_.try_put("counters", {{"id", 2u}}).code(), Code::unknown);
    EXPECT_EQ(home_.try_put("counters", {{"id", 2u}}).code(), Code::read_only);
    home_.crash();
    home_.open();
    EXPECT_EQ(home_.rows("counters"), Rows{"1 1"});
}

TEST_F(DiskFailure, what_lives_goes_on_in_memory) {
    const Entity ana = home_.entities().create();
    home_.entities().set(ana, Purse{5});
    fail_the_journal();
    EXPECT_EQ(home_->commit().status().code(), Code::read_only);
    EXPECT_EQ(home_.entities().get<Purse>(ana)->coins, 5);
    home_.entities().set(ana, Purse{6});
    EXPECT_EQ(home_.entities().get<Purse>(ana)->coins, 6);
}

TEST_F(DiskFailure, an_attest_group_that_fails_ends_the_journal_too) {
    home_.fail_flushes();
    home_.clock.advance_ns(second_ns);
    home_->engine().step_attest();
    EXPECT_TRUE(home_->health().read_only);
}

TEST_F(DiskFailure, with_threads_everybody_who_waits_is_told) {
    home_.options.threads = true;
    home_.options.journal_first_file_bytes = 1 << 20;  // the flushes before the fault fit into it
    home_.reopen();
    home_.files.inject({.kind = io::OperationKind::sync, .at = 30, .from_then_on = true});
    std::atomic<int> unknown{0};
    std::atomic<int> refused{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 6; ++thread) {
        threads.emplace_back([&] {
            while (true) {
                const Status put = home_.try_put("counters", {{"id", 7u}, {"value", 1}});
                if (put.ok()) continue;
                if (put.code() == Code::unknown) ++unknown;
                if (put.code() == Code::read_only) ++refused;
                EXPECT_TRUE(put.code() == Code::unknown || put.code() == Code::read_only)
                    << put.text();
                return;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(unknown + refused, 6);
}

// A world that cannot even be prepared for commits: files ahead of the journal cannot be made.
TEST_F(DiskFailure, no_space_for_the_next_journal_file_refuses_commits_and_heals) {
    home_.files.inject({.kind = io::OperationKind::write,
                        .type = io::FaultType::fail_no_space,
                        .from_then_on = true,
                        .path_part = "spare"});
    Status refused;
    std::uint64_t id = 100;
    while (refused.ok() && id < 2000) refused = home_.try_put("counters", {{"id", ++id}});
    EXPECT_EQ(refused.code(), Code::no_space) << refused.text();
    EXPECT_FALSE(home_->health().read_only);
    EXPECT_EQ(home_.try_put("counters", {{"id", id}}).code(), Code::no_space);
    home_.files.clear_faults();
    home_.put("counters", {{"id", id}});
    home_.crash();
    home_.open();
    EXPECT_EQ(home_.rows("counters").size(), id - 100 + 1);
}

// The store stands still.
class StoreTrouble : public OnDisk {
protected:
    // Another program holds SQLite's write lock.
    class Lock {
    public:
        explicit Lock(const std::string& path) {
            EXPECT_EQ(sqlite3_open(path.c_str(), &database_), SQLITE_OK);
            EXPECT_EQ(sqlite3_exec(database_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr),
                      SQLITE_OK)
                << sqlite3_errmsg(database_);
        }
        ~Lock() {
            sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
            sqlite3_close(database_);
        }
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;

    private:
        sqlite3* database_ = nullptr;
    };
};

TEST_F(StoreTrouble, the_world_lives_on_and_says_so_until_the_store_is_back) {
    home_.put("counters", {{"id", 1u}, {"value", 1}});
    const std::uint64_t stored = home_->health().stored_lsn;
    {
        const Lock lock(home_.path("store.sqlite"));
        home_.clock.advance_ns(2 * second_ns);
        EXPECT_FALSE(home_->engine().step_store().ok());
        Health health = home_->health();
        EXPECT_FALSE(health.trouble.ok());
        EXPECT_NE(health.trouble.message().find("store"), std::string::npos)
            << health.trouble.text();
        EXPECT_FALSE(health.read_only);
        home_.put("counters", {{"id", 2u}, {"value", 2}});
        EXPECT_EQ(home_.rows("counters"), (Rows{"1 1", "2 2"}));
        EXPECT_TRUE(home_->engine().step_store().ok()) << "it is not asked again at once";
        EXPECT_EQ(home_->health().stored_lsn, stored);
    }
    home_.drain();
    EXPECT_TRUE(home_->health().trouble.ok());
    EXPECT_EQ(home_->health().stored_lsn, home_->health().accepted_lsn);
    EXPECT_EQ(home_.rows("counters"), (Rows{"1 1", "2 2"}));
}

}  // namespace
}  // namespace perdure
