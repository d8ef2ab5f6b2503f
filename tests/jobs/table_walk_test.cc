#include "jobs/table_walk.h"

#include "store/memory_store.h"
#include "world/home.h"

namespace perdure::jobs {
namespace {

class TableWalk : public OnDisk {
protected:
    void SetUp() override {
        OnDisk::SetUp();
        Transaction transaction = home_->begin();
        for (std::uint64_t id = 0; id < rows; ++id) {
            ASSERT_TRUE(transaction.put("counters", {{"id", id}, {"value", 1}}).ok());
            ASSERT_TRUE(transaction.put("flashes", {{"id", id}, {"value", 1}}).ok());
        }
        ASSERT_TRUE(transaction.commit({.wait = true}).ok());
        digest_ = *home_->digest();
    }
    static constexpr std::uint64_t rows = 3000;  // several pages
    std::string digest_;
};

// `perdure verify` of a store that takes more than 30 s to read answered `expired`.
TEST_F(TableWalk, goes_on_when_snapshots_grow_too_old) {
    int pages = 0;
    const auto contents = walk_tables(home_->engine().store(), [&](Batch&) {
        ++pages;
        home_.clock.advance_ns(31 * second_ns);
        return Status();
    });
    ASSERT_TRUE(contents.ok()) << contents.status().text();
    EXPECT_GT(pages, 2);
    EXPECT_EQ(contents->digest.hex(), digest_);
    EXPECT_EQ(contents->tables.at("counters"), rows);
    EXPECT_EQ(contents->tables.count("flashes"), 0U) << "ephemeral";
}

TEST_F(TableWalk, copies_from_one_back_end_to_another) {
    store::MemoryStore memory;
    const auto go_on = [] { return Status(); };
    const auto copied = copy_tables(home_->engine().store(), memory, go_on);
    ASSERT_TRUE(copied.ok()) << copied.status().text();
    EXPECT_EQ(copied->digest.hex(), digest_);
    const auto there = walk_tables(memory, [](Batch&) { return Status(); });
    ASSERT_TRUE(there.ok()) << there.status().text();
    EXPECT_EQ(*there, *copied);
    EXPECT_EQ(memory.watermarks()->visible, home_->engine().store().watermarks()->visible);
}

TEST_F(TableWalk, ends_where_a_visit_fails) {
    const auto stop = [](Batch&) { return Status(Code::io, "the other disk"); };
    EXPECT_EQ(walk_tables(home_->engine().store(), stop).status().code(), Code::io);
}

}  // namespace
}  // namespace perdure::jobs
