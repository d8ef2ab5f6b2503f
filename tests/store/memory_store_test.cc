#include "store/memory_store.h"

#include "store/language.h"

namespace perdure::store {
namespace {

class CrashingBackend final : public Backend {
public:
    explicit CrashingBackend(std::shared_ptr<MemoryStorage> storage)
        : storage_(std::move(storage)) {}
    Result<std::unique_ptr<Store>> open() override {
        return std::unique_ptr<Store>(std::make_unique<MemoryStore>(storage_, &clock));
    }

private:
    std::shared_ptr<MemoryStorage> storage_;
};

class MemoryStoreTest : public testing::Test {
protected:
    void crash_to(Lsn lsn) {
        world.close();
        storage->survive(lsn);
        world.reopen();
    }

    std::shared_ptr<MemoryStorage> storage =
        std::make_shared<MemoryStorage>(MemoryStorage::Crashes::yes);
    World world{std::make_unique<CrashingBackend>(storage)};
    TableDefinition table = positions();
};

TEST_F(MemoryStoreTest, a_crash_comes_back_at_any_state_since_the_last_checkpoint) {
    ASSERT_OK(world.define(table));
    ASSERT_TRUE(world.store().checkpoint_step().ok());
    ASSERT_OK(world.upsert(table, {{{"id", 1}}}));
    ASSERT_OK(world.upsert(table, {{{"id", 2}}}));
    ASSERT_OK(world.erase(table, {{{"id", 1}}}));
    EXPECT_EQ(storage->survivable(), (std::vector<Lsn>{1, 2, 3, 4}));
    crash_to(3);
    EXPECT_EQ(keys_text(world.all(table)), "1 2");
    EXPECT_EQ(world.store().watermarks()->visible.lsn, 3U);
    EXPECT_EQ(world.store().watermarks()->safe, 1U);
    ASSERT_OK(world.upsert(table, {{{"id", 9}}}));
    EXPECT_EQ(keys_text(world.all(table)), "1 2 9");
    crash_to(1);
    EXPECT_EQ(world.count(table), 0U);
}

TEST_F(MemoryStoreTest, a_checkpoint_is_never_taken_back) {
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.upsert(table, {{{"id", 1}}}));
    ASSERT_TRUE(world.store().checkpoint_step().ok());
    EXPECT_EQ(storage->survivable(), (std::vector<Lsn>{2}));
    crash_to(2);
    EXPECT_EQ(keys_text(world.all(table)), "1");
}

TEST_F(MemoryStoreTest, definitions_are_taken_back_with_the_rows) {
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.define(named_values()));
    crash_to(1);
    EXPECT_EQ(*world.store().definitions(), std::vector{table});
    ASSERT_OK(world.define(named_values()));
    crash_to(0);
    EXPECT_TRUE(world.store().definitions()->empty());
    ASSERT_OK(world.define(named_values()));
    EXPECT_EQ(world.count(named_values()), 0U);
}

TEST_F(MemoryStoreTest, a_take_over_is_never_taken_back) {
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.store().take_over(5));
    crash_to(0);
    expect_refused(world.define(table), Code::conflict, {"epoch 5"});
}

TEST(MemoryStoreAlone, has_a_storage_and_a_clock_of_its_own) {
    MemoryStore store;
    const TableDefinition table = positions();
    Watermark after;
    after.lsn = 1;
    ASSERT_OK(store.apply({}, after, std::span(&table, 1)));
    EXPECT_EQ(*(*store.snapshot())->count(table), 0U);
}

TEST_F(MemoryStoreTest, it_answers_no_sql) {
    EXPECT_FALSE(world.store().capabilities().sql);
    EXPECT_EQ(world.store().declare_views(world.fence(), {}).code(), Code::unsupported);
}

}  // namespace
}  // namespace perdure::store
