// Everything at once: many committers, the world's thread, readers, the runtime's threads. For the
// thread sanitizer above all; and a real process that is really killed.
#include <atomic>
#include <csignal>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "world/home.h"

namespace perdure {
namespace {

class LivingWorldTest : public OnEveryStoreWithThreads {
protected:
    void SetUp() override {
        home_.options.journal_file_bytes = 256 << 10;  // many changes of file
        OnEveryStoreWithThreads::SetUp();
    }
};
INSTANTIATE_TEST_SUITE_P(, LivingWorldTest, every_store(), store_name);

TEST_P(LivingWorldTest, committers_readers_and_ticks_get_along_while_it_drains) {
    constexpr std::uint64_t threads = 8;
    constexpr std::int64_t each = 60;
    std::atomic<std::uint64_t> running{threads};
    std::vector<std::thread> committers;
    for (std::uint64_t thread = 0; thread < threads; ++thread) {
        committers.emplace_back([&, thread] {
            for (std::int64_t i = 1; i <= each; ++i) {
                Transaction transaction = home_->begin();
                EXPECT_TRUE(transaction.put("counters", {{"id", thread}, {"value", i}}).ok());
                EXPECT_TRUE(
                    transaction
                        .append("events", {{"at", static_cast<std::uint64_t>(i)}, {"seq", thread}})
                        .ok());
                EXPECT_TRUE(transaction.put("drifts", {{"id", thread}, {"value", i}}).ok());
                EXPECT_TRUE(transaction.put("flashes", {{"id", thread}, {"value", i}}).ok());
                Status saved;
                do {  // an appended key may have to be looked for again and again
                    const auto token = transaction.commit({.wait = i % 3 == 0});
                    saved = token.status();
                } while (saved.code() == Code::busy);
                EXPECT_TRUE(saved.ok()) << saved.text();
            }
            --running;
        });
    }
    std::thread reader([&] {
        while (running > 0) {
            auto view = home_->snapshot();
            if (!view.ok()) continue;  // all may be taken
            const Rows counters = Home::rows(*view, "counters");
            EXPECT_LE(counters.size(), threads);
            EXPECT_TRUE(home_->health().trouble.ok()) << home_->health().trouble.text();
        }
    });
    std::uint64_t called = 0;
    std::uint64_t ticks = 0;
    while (running > 0) {
        home_.entities().set(home_.entities().create(), Purse{1});
        ASSERT_TRUE(home_.tick().put("ledger", {{"id", ticks}, {"value", 1}}).ok());
        const auto saved = home_->commit();
        ASSERT_TRUE(saved.ok()) << saved.status().text();
        saved->then([&](const Status& status) { called += status.ok() ? 1 : 0; });
        ++ticks;
        home_->poll();
    }
    for (std::thread& committer : committers) committer.join();
    reader.join();
    EXPECT_EQ(home_.rows("events").size(), threads * static_cast<std::size_t>(each));
    EXPECT_TRUE(home_->close().ok());
    while (called < ticks && home_->poll() > 0) {
    }
    EXPECT_EQ(called, ticks);
    const Health health = home_->health();
    EXPECT_TRUE(health.trouble.ok()) << health.trouble.text();
    EXPECT_EQ(health.stored_lsn, health.accepted_lsn);
}

TEST_P(LivingWorldTest, opening_and_closing_while_others_wait_harms_nobody) {
    for (int life = 0; life < 5; ++life) {
        Home home(GetParam());
        home.options = home_.options;
        home.options.files = GetParam() == Home::Kind::sqlite ? &home.files : nullptr;
        home.open();
        std::vector<Token> tokens;
        for (std::uint64_t id = 0; id < 20; ++id) {
            Transaction transaction = home->begin();
            ASSERT_TRUE(transaction.put("counters", {{"id", id}}).ok());
            tokens.push_back(*transaction.commit());
        }
        std::vector<std::thread> waiters;
        for (const Token& token : tokens) {
            waiters.emplace_back([&token] { EXPECT_TRUE(token.wait(Level::journal).ok()); });
        }
        home.close();
        for (std::thread& waiter : waiters) waiter.join();
    }
}

// A process that commits until it is killed. Each tick changes one component, one row and appends
// one event, all with the number of the tick; the parent reads which ones were staged and
// acknowledged.
class KilledProcess : public testing::Test {
protected:
    struct Message {
        std::uint64_t tick;
        bool acknowledged;
    };

    static void live(Home& home, int pipe) {
        home.options.threads = true;
        home.options.clock = nullptr;
        home.options.drain_interval_ms = 5;
        if (!home.try_open().ok()) ::_exit(1);
        const auto tell = [&](Message message) {
            if (::write(pipe, &message, sizeof message) != sizeof message) ::_exit(2);
        };
        while (true) {
            const std::uint64_t tick = home->next_tick();
            const auto number = static_cast<std::int64_t>(tick);
            home.entities().set(world_entity, Purse{number});
            const bool staged = home.tick().put("counters", {{"id", 1u}, {"value", number}}).ok() &&
                                home.tick().append("events", {{"at", tick}, {"seq", 0u}}).ok();
            if (!staged) ::_exit(3);
            tell({tick, false});
            if (!home->commit({.wait = true}).ok()) ::_exit(4);
            tell({tick, true});
        }
    }

    // Starts the process, kills it after so many acknowledged ticks; the last staged and
    // acknowledged.
    void run_until_killed(Home& home, std::uint64_t ticks) {
        int pipe[2];
        ASSERT_EQ(::pipe(pipe), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            ::close(pipe[0]);
            live(home, pipe[1]);
        }
        ::close(pipe[1]);
        Message message{};
        std::uint64_t seen = 0;
        while (::read(pipe[0], &message, sizeof message) == sizeof message) {
            (message.acknowledged ? acknowledged_ : staged_) = message.tick;
            if (message.acknowledged && ++seen == ticks) ::kill(child, SIGKILL);
        }
        ::close(pipe[0]);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself: " << WEXITSTATUS(status);
    }

    std::uint64_t staged_ = 0;
    std::uint64_t acknowledged_ = 0;
};

TEST_F(KilledProcess, loses_nothing_it_acknowledged_and_shows_no_half_tick) {
    Home home;
    for (int life = 1; life <= 6; ++life) {
        run_until_killed(home, 40);
        if (HasFatalFailure()) return;
        home.open();
        const std::uint64_t tick = home->next_tick() - 1;
        EXPECT_GE(tick, acknowledged_) << "life " << life;
        EXPECT_LE(tick, staged_) << "life " << life;
        EXPECT_EQ(home.entities().get<Purse>(world_entity)->coins, static_cast<std::int64_t>(tick));
        EXPECT_EQ(home.rows("counters"), Rows{text::format("1 {}", tick)});
        EXPECT_EQ(home.rows("events").size(), tick);
        home.close();
    }
}

}  // namespace
}  // namespace perdure
