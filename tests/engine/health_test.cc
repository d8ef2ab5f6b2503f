// Health in words: src/engine/health.cc. What an engine says of itself: engine_test.cc.
#include "perdure/health.h"

#include <gtest/gtest.h>

#include "perdure/runtime.h"

namespace perdure {
namespace {

TEST(HealthText, says_how_far_each_part_is_and_what_is_used) {
    Health health;
    health.epoch = 3;
    health.accepted_lsn = 2100;
    health.durable_lsn = 2099;
    health.stored_lsn = 900;
    health.safe_lsn = 2100;
    health.tick = 77;
    health.pending_changes = 1200;
    health.pending_bytes = 1500;
    health.pending_share_bytes = 256'000'000;
    health.index_share_bytes = 512'000'000;
    health.journal_bytes = 64'000'000;
    health.journal_share_bytes = 4'000'000'000;
    health.journal_files = 1;
    health.journal_groups = 2100;
    health.store_bytes = 4096;
    health.disk_free_bytes = 5'000'000'000;
    health.worlds = 1;
    health.flush_us_last = 3200;
    health.store = "sqlite 3.40.1";
    EXPECT_EQ(to_text(health),
              "state    open, epoch 3\n"
              "newest   LSN 2100, tick 77\n"
              "durable  LSN 2099, 1 behind; last flush 3.2 ms\n"
              "store    sqlite 3.40.1, LSN 900, 1,200 behind; safe from power failure: LSN 2100; "
              "4.1 kB\n"
              "pending  1,200 change sets, 1.5 kB of 256.0 MB; index 0 B of 512.0 MB\n"
              "journal  64.0 MB of 4.0 GB in 1 file; written 0 B, prepared 0 B, 2,100 groups\n"
              "disk     5.0 GB free when a journal file was last prepared\n"
              "drained  0 rows in 0 transactions\n"
              "refused  0 commits (busy); 0 waited for a journal file\n"
              "budgets  of 1 world");
}

TEST(HealthText, says_what_is_wrong) {
    Health health;
    health.read_only = true;
    health.invariant_alarms = 1234;
    health.trouble = Status(Code::io, "the disk is gone\n");
    const std::string text = to_text(health);
    EXPECT_EQ(text.find("state    read-only, epoch 0\n"
                        "trouble  io: the disk is gone\\x0a\n"
                        "newest   LSN 0, tick none\n"),
              0U)
        << text;
    EXPECT_EQ(text.find("\ndisk "), std::string::npos) << text;
    EXPECT_NE(text.find("\nalarms   1,234 of invariants\n"), std::string::npos) << text;
}

TEST(HealthText, of_a_runtime_says_what_is_used_of_its_budgets) {
    RuntimeHealth health;
    health.worlds = 20;
    health.threads = 1;
    health.pending_bytes = 1000;
    health.pending_bytes_max = 2000;
    EXPECT_EQ(to_text(health),
              "runtime  20 worlds, 1 thread, 0 visits\n"
              "pending  1.0 kB of 2.0 kB\n"
              "index    0 B of 0 B\n"
              "journal  0 B of 0 B\n"
              "caches   0 B of 0 B\n"
              "pool     0 B kept unused");
}

}  // namespace
}  // namespace perdure
