// Files of a world that are torn, damaged, emptied, gone, or another world's. src/engine/open.cc.
#include "base/bytes.h"
#include "world/home.h"

namespace perdure {
namespace {

class DamagedWorldTest : public OnDisk {
protected:
    std::string newest_journal_file() {
        std::string newest;
        for (const std::string& name : *home_.disk.list(home_.path("journal"))) {
            if (name.ends_with(".pdj")) newest = home_.path("journal/" + name);
        }
        return newest;
    }
};

TEST_F(DamagedWorldTest, a_torn_end_is_cut_kept_and_reported) {
    home_.put("counters", {{"id", 1u}, {"value", 1}});
    home_.files.inject(
        {.kind = io::OperationKind::write, .type = io::FaultType::short_write, .path_part = "pdj"});
    Transaction transaction = home_->begin();
    for (std::uint64_t id = 2; id < 2000; ++id) {  // of some blocks, half of which are written
        ASSERT_TRUE(transaction.put("counters", {{"id", id}, {"value", 1}}).ok());
    }
    EXPECT_EQ(transaction.commit({.wait = true}).status().code(), Code::unknown);
    home_.crash();
    home_.open();
    EXPECT_GT(home_->recovery().torn_bytes, 0u);
    EXPECT_FALSE(home_->recovery().clean);
    EXPECT_FALSE(home_->recovery().remarks.empty());
    EXPECT_FALSE(home_.disk.list(home_.path("quarantine"))->empty());
    EXPECT_EQ(home_.rows("counters"), Rows{"1 1"});
    home_.reopen();
    EXPECT_TRUE(home_->recovery().clean);
    EXPECT_FALSE(home_.disk.list(home_.path("quarantine"))->empty()) << "never deleted by us";
}

TEST_F(DamagedWorldTest, damage_to_what_was_acknowledged_is_refused) {
    for (std::uint64_t id = 1; id < 10; ++id) home_.put("counters", {{"id", id}});
    home_.crash();
    auto file = home_.disk.open(newest_journal_file(), {.write = true});
    ASSERT_TRUE(file.ok());
    std::vector<std::uint64_t> groups;
    std::array<std::byte, io::block_bytes> block{};
    for (std::uint64_t at = 0; *(*file)->read_at(at, block) == block.size(); at += block.size()) {
        if (as_text(block).starts_with("PDJGROUP")) groups.push_back(at);
    }
    ASSERT_GT(groups.size(), 5u);
    const std::uint64_t inside = groups[groups.size() - 3] + 130;
    ASSERT_TRUE((*file)->write_at(inside, as_bytes("damaged")).ok());
    const Status refused = home_.try_open();
    EXPECT_EQ(refused.code(), Code::corrupt);
    EXPECT_NE(refused.message().find(".pdj"), std::string::npos) << refused.text();
}

TEST_F(DamagedWorldTest, a_store_that_is_gone_is_made_again_from_a_journal_that_has_everything) {
    home_.put("counters", {{"id", 1u}, {"value", 1}});
    const Entity ana = home_.entities().create();
    home_.entities().set(ana, Purse{5});
    home_.commit();
    home_.crash();
    for (const std::string& name : *home_.disk.list(home_.directory())) {
        if (name.starts_with("store.sqlite")) {
            ASSERT_TRUE(home_.disk.remove(home_.path(name)).ok());
        }
    }
    home_.open();
    EXPECT_EQ(home_.rows("counters"), Rows{"1 1"});
    EXPECT_EQ(home_.entities().get<Purse>(ana)->coins, 5);
}

class EmptiedJournal : public DamagedWorldTest {
protected:
    void SetUp() override {
        DamagedWorldTest::SetUp();
        home_.put("counters", {{"id", 1u}, {"value", 1}});
        home_.commit({.tick = 9});
        home_.close();
        for (const std::string& name : *home_.disk.list(home_.path("journal"))) {
            ASSERT_TRUE(home_.disk.remove(home_.path("journal/" + name)).ok());
        }
    }
};

TEST_F(EmptiedJournal, under_a_store_that_is_ahead_is_refused) {
    const Status refused = home_.try_open();
    EXPECT_EQ(refused.code(), Code::corrupt);
    EXPECT_NE(refused.message().find("take_over"), std::string::npos) << refused.text();
    EXPECT_EQ(home_.try_open().code(), Code::corrupt) << "and stays so";
}

TEST_F(EmptiedJournal, may_be_taken_over_and_says_so) {
    home_.options.take_over = true;
    home_.open();
    EXPECT_FALSE(home_->recovery().remarks.empty());
    EXPECT_EQ(home_.rows("counters"), Rows{"1 1"});
    EXPECT_EQ(home_->next_tick(), 10u);
    home_.put("counters", {{"id", 2u}, {"value", 2}});
    home_.options.take_over = false;
    crash();
    EXPECT_EQ(home_.rows("counters"), (Rows{"1 1", "2 2"}));
}

// Each owner takes an epoch from the store, whether it commits or not.
TEST_F(DamagedWorldTest, a_journal_that_went_after_idle_owners_may_be_taken_over) {
    home_.put("counters", {{"id", 1u}, {"value", 1}});
    for (int owner = 0; owner < 3; ++owner) home_.reopen();
    home_.close();
    for (const std::string& name : *home_.disk.list(home_.path("journal"))) {
        ASSERT_TRUE(home_.disk.remove(home_.path("journal/" + name)).ok());
    }
    home_.options.take_over = true;
    home_.open();
    EXPECT_EQ(home_.rows("counters"), Rows{"1 1"});
}

TEST_F(DamagedWorldTest, taking_over_a_world_with_its_journal_changes_nothing) {
    home_.put("counters", {{"id", 1u}, {"value", 1}});
    home_.options.take_over = true;
    crash();
    EXPECT_EQ(home_.rows("counters"), Rows{"1 1"});
    EXPECT_TRUE(home_->recovery().remarks.empty()) << home_->recovery().remarks[0];
}

TEST_F(DamagedWorldTest, the_store_of_another_world_is_refused) {
    Home other;
    other.open();
    other.close();
    home_.close();
    const auto copy = io::read_file(home_.disk, other.path("store.sqlite"), 1 << 30);
    ASSERT_TRUE(copy.ok());
    ASSERT_TRUE(
        io::replace_file(home_.disk, home_.directory(), "store.sqlite", as_bytes(*copy)).ok());
    EXPECT_EQ(home_.try_open().code(), Code::conflict);
}

TEST_F(DamagedWorldTest, a_damaged_identity_is_refused) {
    home_.close();
    ASSERT_TRUE(
        io::replace_file(home_.disk, home_.directory(), "identity", as_bytes("PERDUREW")).ok());
    EXPECT_EQ(home_.try_open().code(), Code::corrupt);
}

}  // namespace
}  // namespace perdure
