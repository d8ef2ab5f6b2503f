#include "cli/demo/crash_peer.h"

#include <gtest/gtest.h>

namespace perdure::cli::demo {
namespace {

TEST(PeerAudit, is_read_from_the_line_that_the_peer_prints) {
    const auto audit = parse_peer_audit(
        R"({"players_tick":41,"chests_tick":40,"ledger_tick":40,"coins":7,"trades_half_done":100,)"
        R"("coins_misplaced":512,"goods_misplaced":3})");
    ASSERT_TRUE(audit.has_value());
    EXPECT_EQ(audit->files_apart, 1);
    EXPECT_EQ(audit->trades_half_done, 100);
    EXPECT_EQ(audit->coins_off, 512);
    EXPECT_EQ(audit->goods_off, 3);
}

TEST(PeerAudit, is_not_made_of_anything_else) {
    EXPECT_FALSE(parse_peer_audit("ready").has_value());
    EXPECT_FALSE(parse_peer_audit("").has_value());
    EXPECT_FALSE(parse_peer_audit("[1]").has_value());
}

}  // namespace
}  // namespace perdure::cli::demo
