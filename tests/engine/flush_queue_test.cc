#include "engine/flush_queue.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "engine/tables.h"
#include "io/faulty_file_system.h"
#include "io/memory_file_system.h"

namespace perdure::engine {
namespace {

// A journal, and a queue before it. Groups are written down as they become durable: {{1}, {2, 3}}.
class FlushQueueTest : public testing::Test {
protected:
    using Groups = std::vector<std::vector<Lsn>>;

    FlushQueueTest() { open("journal", {.file_bytes = 1 << 20}); }

    void open(const std::string& directory, const journal::Options& options) {
        files_.on_operation = [this](const io::Operation& operation) {
            if (operation.kind == io::OperationKind::sync) flush_begins();
        };
        auto opened = journal::Journal::open(files_, clock_, directory, options, {}, Catalog());
        EXPECT_TRUE(opened.ok()) << opened.status().text();
        journal_ = *std::move(opened);
        queue_.attach(*journal_, clock_);
    }
    void TearDown() override { let_flush(); }

    Lsn push(bool alarm = false, std::optional<TableDefinition> definition = {}) {
        const std::scoped_lock lock(acceptance_);
        ChangeSet& changes = accepted_.emplace_back();
        changes.lsn = accepted_.size();
        if (definition) changes.definitions.push_back(*std::move(definition));
        const std::uint64_t bytes = journal::encoded_bytes_max(changes);
        const Status room = journal_->prepare(queue_.queued_bytes() + bytes);
        EXPECT_TRUE(room.ok() || room.code() == Code::read_only) << room.text();
        queue_.push(changes, bytes, alarm);
        return changes.lsn;
    }
    std::thread waiter(Lsn lsn) {
        return std::thread([this, lsn] {
            queue_.wait(lsn);
            ++returned_;
        });
    }
    [[nodiscard]] Groups groups() {
        const std::scoped_lock lock(acceptance_);
        return groups_;
    }
    void fail_flushes() { files_.inject({.kind = io::OperationKind::sync, .from_then_on = true}); }

    // The next flush does not return until let_flush().
    void hold_flush() {
        const std::scoped_lock lock(gate_);
        held_ = true;
    }
    void await_held_flush() {
        std::unique_lock lock(gate_);
        gate_changed_.wait(lock, [&] { return flushing_; });
    }
    void let_flush() {
        const std::scoped_lock lock(gate_);
        held_ = false;
        gate_changed_.notify_all();
    }

    io::MemoryFileSystem disk_;
    io::FaultyFileSystem files_{disk_};
    io::ManualClock clock_;
    std::unique_ptr<journal::Journal> journal_;
    std::atomic<int> failures_{0};
    std::atomic<int> alarms_{0};
    std::atomic<int> returned_{0};
    std::mutex acceptance_;
    std::deque<ChangeSet> accepted_;
    FlushQueue queue_{[this](const journal::Appended& appended) { group_durable(appended); },
                      [this](const Status&) { ++failures_; }};

private:
    void group_durable(const journal::Appended& appended) {
        const std::scoped_lock lock(acceptance_);
        EXPECT_LT(queue_.durable(), appended.last) << "told before those who wait";
        std::vector<Lsn>& group = groups_.emplace_back();
        for (Lsn lsn = appended.last - appended.taken + 1; lsn <= appended.last; ++lsn) {
            group.push_back(lsn);
        }
    }
    void flush_begins() {
        std::unique_lock lock(gate_);
        if (!held_) return;
        flushing_ = true;
        gate_changed_.notify_all();
        gate_changed_.wait(lock, [&] { return !held_; });
        flushing_ = false;
    }

    Groups groups_;  // guarded by acceptance_
    std::mutex gate_;
    std::condition_variable gate_changed_;
    bool held_ = false;
    bool flushing_ = false;
};

TEST_F(FlushQueueTest, who_waits_writes_it_himself) {
    queue_.wait(push());
    EXPECT_EQ(groups(), (Groups{{1}}));
    EXPECT_EQ(queue_.durable(), 1u);
    EXPECT_EQ(journal_->last(), 1u);
}

TEST_F(FlushQueueTest, a_group_takes_everything_that_is_queued) {
    for (int i = 0; i < 5; ++i) push();
    queue_.wait(2);
    EXPECT_EQ(groups(), (Groups{{1, 2, 3, 4, 5}}));
}

TEST_F(FlushQueueTest, waiting_for_what_is_durable_does_nothing) {
    queue_.wait(push());
    queue_.wait(1);
    queue_.wait(0);
    EXPECT_EQ(groups().size(), 1u);
}

TEST_F(FlushQueueTest, a_step_leads_once_if_there_is_work) {
    EXPECT_FALSE(queue_.step());
    push();
    push();
    EXPECT_TRUE(queue_.step());
    EXPECT_FALSE(queue_.step());
    EXPECT_EQ(groups(), (Groups{{1, 2}}));
}

TEST_F(FlushQueueTest, while_one_flush_runs_the_next_group_forms) {
    hold_flush();
    push();
    std::thread first = waiter(1);
    await_held_flush();
    for (int i = 0; i < 3; ++i) push();
    EXPECT_FALSE(queue_.step()) << "there is a leader";
    let_flush();
    queue_.wait(4);
    first.join();
    EXPECT_EQ(groups(), (Groups{{1}, {2, 3, 4}}));
}

TEST_F(FlushQueueTest, a_leader_hands_over_to_those_who_still_wait) {
    hold_flush();
    push();
    std::thread first = waiter(1);
    await_held_flush();
    std::vector<std::thread> waiters;
    for (int i = 0; i < 6; ++i) waiters.push_back(waiter(push()));
    let_flush();
    first.join();
    for (std::thread& each : waiters) each.join();
    EXPECT_EQ(returned_, 7);
    EXPECT_EQ(groups().front(), (std::vector<Lsn>{1}));
    EXPECT_EQ(queue_.durable(), 7u);
}

TEST_F(FlushQueueTest, rings_when_work_comes_that_nobody_leads) {
    queue_.set_alarm([this] { ++alarms_; });
    push(true);
    EXPECT_EQ(alarms_, 1);
    push(true);
    EXPECT_EQ(alarms_, 1) << "it has rung for the first";
    queue_.step();
    push(false);
    EXPECT_EQ(alarms_, 1) << "the caller sees to it";
}

TEST_F(FlushQueueTest, a_leader_rings_for_what_came_meanwhile_if_nobody_waits_for_it) {
    queue_.set_alarm([this] { ++alarms_; });
    hold_flush();
    push();
    std::thread first = waiter(1);
    await_held_flush();
    push(true);
    EXPECT_EQ(alarms_, 0) << "a leader is at work";
    let_flush();
    first.join();
    EXPECT_EQ(alarms_, 1);
    EXPECT_TRUE(queue_.step());
}

TEST_F(FlushQueueTest, a_definition_has_its_group_to_itself) {
    TableBuilder table("things");
    table.key<std::uint64_t>("id");
    push();
    push();
    push(false, catalogued(Catalog(), table.definition()));
    push();
    queue_.wait(4);
    EXPECT_EQ(groups(), (Groups{{1, 2}, {3}, {4}}));
}

TEST_F(FlushQueueTest, counts_the_bytes_that_wait) {
    EXPECT_EQ(queue_.queued_bytes(), 0u);
    push();
    const std::uint64_t one = queue_.queued_bytes();
    EXPECT_GT(one, 0u);
    push();
    EXPECT_EQ(queue_.queued_bytes(), 2 * one);
    queue_.wait(2);
    EXPECT_EQ(queue_.queued_bytes(), 0u);
}

TEST_F(FlushQueueTest, is_idle_unless_something_waits_or_someone_leads) {
    EXPECT_TRUE(queue_.idle());
    push();
    EXPECT_FALSE(queue_.idle());
    queue_.step();
    EXPECT_TRUE(queue_.idle());
    hold_flush();
    push();
    std::thread first = waiter(2);
    await_held_flush();
    EXPECT_FALSE(queue_.idle());
    let_flush();
    first.join();
}

TEST_F(FlushQueueTest, a_failed_flush_is_final_and_told_once) {
    queue_.wait(push());
    fail_flushes();
    queue_.wait(push());
    EXPECT_EQ(failures_, 1);
    EXPECT_EQ(queue_.durable(), 1u);
    files_.clear_faults();
    push();
    queue_.wait(3);  // returns
    EXPECT_FALSE(queue_.step());
    EXPECT_TRUE(queue_.idle());
    EXPECT_EQ(failures_, 1);
    EXPECT_EQ(queue_.durable(), 1u);
    EXPECT_EQ(journal_->last(), 1u);
}

TEST_F(FlushQueueTest, when_a_flush_fails_nobody_hangs) {
    hold_flush();
    fail_flushes();
    push();
    std::thread first = waiter(1);
    await_held_flush();
    std::vector<std::thread> waiters;
    for (int i = 0; i < 6; ++i) waiters.push_back(waiter(push()));
    let_flush();
    first.join();
    for (std::thread& each : waiters) each.join();
    EXPECT_EQ(returned_, 7);
    EXPECT_EQ(failures_, 1);
    EXPECT_EQ(queue_.durable(), 0u);
}

TEST_F(FlushQueueTest, attests_once_when_idle) {
    EXPECT_TRUE(queue_.attest_if_idle().ok());
    EXPECT_EQ(journal_->statistics().groups, 0u) << "nothing was written since the file began";
    queue_.wait(push());
    EXPECT_TRUE(queue_.attest_if_idle().ok());
    EXPECT_TRUE(queue_.attest_if_idle().ok());
    EXPECT_EQ(journal_->statistics().groups, 2u);
    queue_.wait(push());
    EXPECT_TRUE(queue_.attest_if_idle().ok());
    EXPECT_EQ(journal_->statistics().groups, 4u);
}

TEST_F(FlushQueueTest, does_not_attest_while_something_waits) {
    queue_.wait(push());
    push();
    EXPECT_TRUE(queue_.attest_if_idle().ok());
    EXPECT_EQ(journal_->statistics().groups, 1u);
}

TEST_F(FlushQueueTest, rests_only_while_there_is_nothing_to_do) {
    push();
    queue_.rest();
    EXPECT_FALSE(queue_.idle());
    hold_flush();
    std::thread first = waiter(1);
    await_held_flush();
    queue_.rest();
    EXPECT_FALSE(queue_.idle()) << "somebody leads";
    let_flush();
    first.join();
    EXPECT_EQ(groups(), (Groups{{1}}));
    EXPECT_TRUE(queue_.is_unattested());
    fail_flushes();
    queue_.wait(push());
    queue_.rest();
    EXPECT_FALSE(queue_.is_unattested()) << "it never will be";
    EXPECT_EQ(failures_, 1);
}

TEST_F(FlushQueueTest, a_failed_attest_group_is_a_failed_flush) {
    queue_.wait(push());
    fail_flushes();
    EXPECT_FALSE(queue_.attest_if_idle().ok());
    EXPECT_EQ(failures_, 1);
    queue_.wait(push());  // returns
    EXPECT_EQ(queue_.durable(), 1u);
}

class FullJournal : public FlushQueueTest {
protected:
    FullJournal() {
        open("small", {.file_bytes = 32 << 10, .bytes_max = 64 << 10, .files_ahead = 0});
        while (journal_->has_room(1)) queue_.wait(push_as_it_is());
        queue_.wait(push_as_it_is());  // into the block that was kept back for an attest group
    }
    Lsn push_as_it_is() {
        const std::scoped_lock lock(acceptance_);
        ChangeSet& changes = accepted_.emplace_back();
        changes.lsn = accepted_.size();
        queue_.push(changes, 1, false);
        return changes.lsn;
    }
};

TEST_F(FullJournal, no_room_for_an_attest_group_is_no_harm) {
    const Lsn last = queue_.durable();
    ASSERT_EQ(journal_->attest().code(), Code::busy) << "else this test shows nothing";
    EXPECT_TRUE(queue_.attest_if_idle().ok());
    EXPECT_EQ(failures_, 0);
    queue_.wait(push());  // makes room and goes on
    EXPECT_EQ(queue_.durable(), last + 1);
}

TEST_F(FlushQueueTest, many_threads_get_their_commits_made_durable_in_order) {
    constexpr int threads = 8;
    constexpr int each = 400;
    std::atomic<bool> over{false};
    std::thread journal_thread([&] {
        while (!over) {
            if (!queue_.step()) std::this_thread::yield();
        }
    });
    std::vector<std::thread> committers;
    for (int thread = 0; thread < threads; ++thread) {
        committers.emplace_back([&, thread] {
            for (int i = 0; i < each; ++i) {
                const bool waits = (i + thread) % 3 != 0;
                const Lsn lsn = push(!waits);
                if (!waits) continue;
                queue_.wait(lsn);
                EXPECT_GE(queue_.durable(), lsn);
            }
        });
    }
    for (std::thread& committer : committers) committer.join();
    queue_.wait(threads * each);
    over = true;
    journal_thread.join();
    Lsn next = 1;
    for (const std::vector<Lsn>& group : groups()) {
        for (const Lsn lsn : group) EXPECT_EQ(lsn, next++);
    }
    EXPECT_EQ(next, threads * each + 1u);
    EXPECT_EQ(queue_.queued_bytes(), 0u);
}

TEST_F(FlushQueueTest, many_threads_are_all_told_when_the_disk_fails_under_them) {
    constexpr int threads = 8;
    files_.inject({.kind = io::OperationKind::sync, .at = 60, .from_then_on = true});
    std::vector<std::thread> committers;
    for (int thread = 0; thread < threads; ++thread) {
        committers.emplace_back([&] {
            for (bool durable = true; durable;) {
                const Lsn lsn = push();
                queue_.wait(lsn);
                durable = queue_.durable() >= lsn;
            }
        });
    }
    for (std::thread& committer : committers) committer.join();
    EXPECT_EQ(failures_, 1);
    EXPECT_EQ(queue_.durable(), journal_->last());
}

TEST_F(FlushQueueTest, does_not_attest_while_there_is_something_else_to_do) {
    push();
    EXPECT_TRUE(queue_.attest_if_idle().ok());
    EXPECT_EQ(journal_->statistics().groups, 0u) << "something is queued";
    hold_flush();
    std::thread leader = waiter(1);
    await_held_flush();
    EXPECT_TRUE(queue_.attest_if_idle().ok());
    let_flush();
    leader.join();
    EXPECT_EQ(journal_->statistics().groups, 1u) << "somebody led";
    push();
    fail_flushes();
    EXPECT_TRUE(queue_.step());
    EXPECT_TRUE(queue_.attest_if_idle().ok());
    EXPECT_EQ(failures_, 1) << "it has failed";
}

}  // namespace
}  // namespace perdure::engine
