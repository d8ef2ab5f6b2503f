// The leader appends while others prepare, trim, read and look: for the thread sanitizer, and for
// what all of them must agree on.
#include <atomic>
#include <thread>

#include "journal/test_journal.h"

namespace perdure::journal::test {
namespace {

TEST_F(JournalTest, OthersPrepareTrimAndReadBesideTheLeader) {
    it.options.bytes_max = 8 * file_bytes_min;
    open();
    constexpr Lsn total = 600;
    std::mutex mutex;
    Appended newest;  // guarded by mutex
    std::atomic<bool> done{false};
    std::atomic<std::uint64_t> reads{0};

    std::thread background([&] {
        while (!done) {
            const auto more = it.journal->prepare_step();
            EXPECT_TRUE(more.ok() || more.status().code() == Code::busy) << more.status().text();
            EXPECT_TRUE(
                it.journal->trim(it.journal->last() > 20 ? it.journal->last() - 20 : 0).ok());
            static_cast<void>(it.journal->statistics());
            std::this_thread::yield();
        }
    });
    std::thread reader([&] {
        while (!done) {
            Appended at;
            {
                const std::lock_guard lock(mutex);
                at = newest;
            }
            std::this_thread::yield();
            if (at.last == 0) continue;
            const auto changes = it.journal->read(at.address, *it.catalog);
            // Trimmed meanwhile, or exactly what was written.
            if (!changes) {
                EXPECT_EQ(changes.status().code(), Code::not_found) << changes.status().text();
                continue;
            }
            EXPECT_EQ(changes->back().lsn, at.last);
            ++reads;
        }
    });

    while (it.journal->last() < total && !HasFailure()) {
        const ChangeSet changes = it.next(it.block('x'));
        const std::uint64_t bytes = encoded_bytes_max(changes);
        if (!it.journal->has_room(bytes)) {
            const Status status = it.journal->prepare(bytes);
            EXPECT_TRUE(status.ok() || status.code() == Code::busy) << status.text();
            std::this_thread::yield();
            continue;
        }
        const auto appended = it.append_changes(changes);
        EXPECT_TRUE(appended.ok()) << appended.status().text();
        if (!appended) break;
        if (appended->last % 7 == 0) attest();
        const std::lock_guard lock(mutex);
        newest = *appended;
    }
    while (reads == 0 && !HasFailure()) std::this_thread::yield();
    done = true;
    background.join();
    reader.join();
    EXPECT_LE(it.journal->statistics().bytes_on_disk, it.options.bytes_max);
    crash();
    it.from = {};
    it.recovered = recover_from(*it.disk, it.world, it.watermark());
    EXPECT_TRUE(it.recovered.status.ok()) << it.recovered.status.text();
    EXPECT_EQ(it.recovered.findings.last, total);
}

}  // namespace
}  // namespace perdure::journal::test
