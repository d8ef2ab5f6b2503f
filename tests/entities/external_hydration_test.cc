#include "entities/external_hydration.h"

#include <gtest/gtest.h>

#include "entities/living_world.h"

namespace perdure::entities {
namespace {

class ExternalHydrationTest : public testing::Test {
protected:
    static Schema schema() {
        Schema schema;
        schema.component<Position>({.external = true});
        return schema;
    }
    ExternalHydrationTest() {
        callbacks_.on_load<Position>(
            [this](std::span<const Entity> ids, std::span<const Position>) {
                for (const Entity id : ids) loaded_.push_back(id.id);
                return Status();
            });
        ana_ = world_.create();
        bo_ = world_.create();
        world_.commit();
        world_.crash(schema());
        connect();
    }
    void connect() {
        const Status connected = world_.registry().connect(callbacks_);
        EXPECT_TRUE(connected.ok()) << connected.text();
    }
    // A row of each, whoever wrote them.
    [[nodiscard]] Batch rows(const std::vector<std::uint64_t>& ids,
                             Operation operation = Operation::upsert) const {
        const TableDefinition& table = *world_.catalog.find("Position");
        const std::size_t columns =
            operation == Operation::erase ? table.key_columns : table.columns.size();
        BatchBuilder builder(table, operation);
        for (const std::uint64_t id : ids) {
            EXPECT_TRUE(builder.add_value(0, Entity{id}).ok());
            for (std::size_t column = 1; column < columns; ++column) {
                EXPECT_TRUE(builder.add_value(column, 1.0F).ok());
            }
            builder.end_row();
        }
        return *builder.finish();
    }
    LivingWorld world_{schema()};
    ExternalCallbacks callbacks_;
    std::vector<std::uint64_t> loaded_;
    Entity ana_, bo_;
};

TEST_F(ExternalHydrationTest, a_row_of_what_no_entity_can_be_is_refused) {
    ExternalHydration hydration(world_.registry(), callbacks_);
    const Status stored = hydration.stored(rows({ana_.id, 0}));
    EXPECT_EQ(stored.code(), Code::corrupt);
    EXPECT_NE(stored.message().find("table Position: a row of entity 0"), std::string_view::npos)
        << stored.text();
    const Batch change = rows({0});
    hydration.touched(change);
    ASSERT_TRUE(hydration.entities().ok());
    EXPECT_EQ(hydration.undrained(change).code(), Code::corrupt);
}

TEST_F(ExternalHydrationTest, rows_of_nobody_are_remarked_upon_and_their_ids_are_not_given) {
    ExternalHydration hydration(world_.registry(), callbacks_);
    const Batch found = rows({ana_.id, 90'000, 80'000});
    ASSERT_TRUE(hydration.entities().ok());
    ASSERT_TRUE(hydration.stored(found).ok());
    EXPECT_EQ(loaded_, Ids{ana_.id});
    std::vector<std::string> remarks;
    hydration.done(remarks);
    ASSERT_EQ(remarks.size(), 1U);
    EXPECT_NE(remarks[0].find("2 rows are of entities that are not alive, the lowest is 80000"),
              std::string::npos)
        << remarks[0];
    EXPECT_GT(world_.create().id, 90'000U);
}

TEST_F(ExternalHydrationTest, the_last_undrained_change_counts) {
    ExternalHydration hydration(world_.registry(), callbacks_);
    const Batch erased = rows({bo_.id}, Operation::erase);
    const Batch again = rows({ana_.id});
    for (const Batch* change : {&erased, &again}) hydration.touched(*change);
    ASSERT_TRUE(hydration.entities().ok());
    ASSERT_TRUE(hydration.stored(rows({ana_.id, bo_.id})).ok());
    EXPECT_EQ(loaded_, Ids());
    for (const Batch* change : {&erased, &again}) ASSERT_TRUE(hydration.undrained(*change).ok());
    EXPECT_EQ(loaded_, Ids{ana_.id});
}

}  // namespace
}  // namespace perdure::entities
