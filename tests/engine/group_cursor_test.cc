#include "engine/group_cursor.h"

#include <gtest/gtest.h>

#include "engine/parts.h"

namespace perdure::engine {
namespace {

class GroupCursorTest : public testing::Test {
protected:
    // Groups of so many change sets, whose bodies are let go.
    void groups(std::initializer_list<int> sizes) {
        for (const int size : sizes) {
            for (int i = 0; i < size; ++i) {
                const auto value = static_cast<std::int64_t>(pending().last() + 1);
                parts_.accept(parts_.change().put("bodies", {Entity{2}, value}));
            }
            parts_.flush();
        }
        pending().let_go(pending().last(), 0, 0);
    }
    // The LSN's body says its LSN.
    void expect_found(Lsn lsn) {
        const auto found = cursor_.find(pending().entry(lsn));
        ASSERT_TRUE(found.ok()) << found.status().text();
        EXPECT_EQ((*found)->lsn, lsn);
        EXPECT_EQ(rows_of((*found)->batches.front()), Rows{"2 " + std::to_string(lsn)});
    }
    Pending& pending() { return parts_.core->pending; }

    Parts parts_;
    const Lsn before_ = parts_.core->pending.last();
    GroupCursor cursor_{*parts_.journal, parts_.core->catalog};
};

TEST_F(GroupCursorTest, finds_every_change_set_in_any_order) {
    groups({3, 1, 4});
    for (Lsn lsn = before_ + 1; lsn <= before_ + 8; ++lsn) expect_found(lsn);
    for (Lsn lsn = before_ + 8; lsn > before_; --lsn) expect_found(lsn);
    cursor_.clear();
    expect_found(before_ + 5);
}

// Nor does it answer from the group before, which is not the one asked for.
TEST_F(GroupCursorTest, a_group_that_cannot_be_read_is_an_error_and_the_others_are_not) {
    groups({2, 2});
    expect_found(before_ + 1);
    const auto address = pending().entry(before_ + 3).address;
    const std::string file = "journal/" + parts_.disk.list("journal")->front();
    parts_.disk.flip_bit(file, address.offset + 4000, 3);
    for (int times = 0; times < 2; ++times) {
        EXPECT_EQ(cursor_.find(pending().entry(before_ + 4)).status().code(), Code::corrupt);
    }
    expect_found(before_ + 2);
}

}  // namespace
}  // namespace perdure::engine
