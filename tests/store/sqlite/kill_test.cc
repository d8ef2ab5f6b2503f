// Real processes, killed with kill -9 at any moment: the next open finds a
// whole state, the last committed one or later.
#include <csignal>

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/sqlite/sqlite_files.h"

namespace perdure::store {
namespace {

class KillTest : public SqliteTest {
protected:
    // Each apply moves every row to the same number: a state is whole if all rows
    // agree with its LSN.
    static void apply_next(World& world) {
        const auto number = static_cast<std::int64_t>(world.next().lsn);
        std::vector<Row> rows;
        for (std::int64_t id = 0; id < 400; ++id) rows.push_back({{"id", id * 37}, {"n", number}});
        EXPECT_OK(world.upsert(table(), rows));
    }
    static TableDefinition table() {
        return table_of(1, "numbers", 1, {{"id", of(ColumnKind::id)}, {"n", of(ColumnKind::i64)}});
    }

    // In the child: writes for ever, and says after each apply that it is done.
    [[noreturn]] void write_until_killed(int pipe, std::uint64_t checkpoint_every) {
        World world = open();
        if (world.store().watermarks()->visible.lsn == 0 && !world.define(table()).ok()) ::_exit(1);
        for (std::uint64_t round = 1;; ++round) {
            apply_next(world);
            const Lsn done = world.store().watermarks()->visible.lsn;
            if (::write(pipe, &done, sizeof done) != sizeof done) ::_exit(1);
            if (round % checkpoint_every == 0 && !world.store().checkpoint_step().ok()) ::_exit(1);
        }
    }

    // The last LSN that the child said was done.
    Lsn run_and_kill(std::uint64_t applies, std::uint64_t microseconds,
                     std::uint64_t checkpoint_every) {
        int ends[2];
        EXPECT_EQ(::pipe(ends), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            ::close(ends[0]);
            write_until_killed(ends[1], checkpoint_every);
        }
        ::close(ends[1]);
        if (child <= 0) std::abort();  // kill(-1) would end everything there is
        Lsn done = 0;
        for (std::uint64_t count = 0; count < applies; ++count) {
            if (::read(ends[0], &done, sizeof done) != sizeof done) break;
        }
        ::usleep(
            static_cast<useconds_t>(microseconds));  // anywhere within the next apply or checkpoint
        ::kill(child, SIGKILL);
        while (::read(ends[0], &done, sizeof done) == sizeof done) {
        }
        ::close(ends[0]);
        int status = 0;
        ::waitpid(child, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status));
        return done;
    }

    void expect_whole_from(Lsn done) {
        World world = open();
        const Lsn found = world.store().watermarks()->visible.lsn;
        EXPECT_GE(found, done);
        EXPECT_LE(found, done + 1);
        const auto answer = world.all(table());
        for (std::uint32_t row = 0; row < answer.rows(); ++row) {
            ASSERT_EQ(answer.fixed<std::int64_t>(1, row), static_cast<std::int64_t>(found));
        }
        EXPECT_EQ(PlainSqlite(path()).ask("PRAGMA integrity_check"), "ok");
    }
};

TEST_F(KillTest, a_killed_writer_leaves_a_whole_state) {
    const std::uint64_t seed = test_seed();
    SCOPED_TRACE(seed);
    Random random(seed);
    for (int kill = 0; kill < 30 && !HasFailure(); ++kill) {
        const Lsn done = run_and_kill(1 + random.below(4), random.below(3000), 1 + random.below(3));
        expect_whole_from(done);
    }
}

}  // namespace
}  // namespace perdure::store
