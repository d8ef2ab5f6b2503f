#include "perdure/relations.h"

#include <gtest/gtest.h>

#include "entities/graph.h"

namespace perdure::entities {
namespace {

class RelationsTest : public testing::Test {
protected:
    RelationsTest() {
        for (Entity& one : who) one = world.create();
        world.commit();
    }
    Relations& relations() { return world.relations(); }
    bool trade(std::size_t from, std::size_t to, std::int64_t volume = 1) {
        return relations().relate(who[from], who[to], Trades{volume, 1});
    }
    Pair pair(std::size_t from, std::size_t to) const { return {who[from].id, who[to].id}; }
    Pairs upserted(const ChangeSet& changes) {
        return pairs_in(changes, "Trades", Operation::upsert);
    }
    Pairs erased(const ChangeSet& changes) { return pairs_in(changes, "Trades", Operation::erase); }

    LivingWorld world{graph_schema()};
    Entity who[5];
};

TEST_F(RelationsTest, an_edge_has_a_direction_and_a_value) {
    EXPECT_TRUE(trade(0, 1, 7));
    EXPECT_EQ(*relations().get<Trades>(who[0], who[1]), (Trades{7, 1}));
    EXPECT_EQ(relations().get<Trades>(who[1], who[0]), nullptr);
    EXPECT_TRUE(trade(0, 1, 8));
    EXPECT_EQ(relations().get<Trades>(who[0], who[1])->volume, 8);
    EXPECT_EQ(relations().count_of<Trades>(), 1U);
}

TEST_F(RelationsTest, kinds_do_not_know_each_other) {
    trade(0, 1);
    relations().relate(who[0], who[1], Knows{"bo", who[2]});
    EXPECT_TRUE(relations().relate<Follows>(who[1], who[0]));
    EXPECT_FALSE(relations().has<Follows>(who[0], who[1]));
    EXPECT_TRUE(relations().unrelate<Trades>(who[0], who[1]));
    EXPECT_FALSE(relations().unrelate<Trades>(who[0], who[1]));
    EXPECT_EQ(*relations().get<Knows>(who[0], who[1]), (Knows{"bo", who[2]}));
}

TEST_F(RelationsTest, the_dead_have_none_and_get_none) {
    trade(0, 1);
    world->destroy(who[1]);
    EXPECT_FALSE(relations().has<Trades>(who[0], who[1]));
    EXPECT_FALSE(trade(0, 1));
    EXPECT_FALSE(trade(1, 0));
    EXPECT_FALSE(relations().relate(who[0], no_entity, Trades{}));
    EXPECT_TRUE(relations().relate(world_entity, who[0], Trades{}));
}

TEST_F(RelationsTest, iteration_is_in_order_of_id_whatever_was_added_first) {
    for (const std::size_t to : {3U, 1U, 4U, 2U}) trade(0U, to);
    trade(4, 1);
    trade(2, 1);
    trade(4, 0);
    EXPECT_EQ(relations().targets<Trades>(who[0]), (std::vector{who[1], who[2], who[3], who[4]}));
    EXPECT_EQ(relations().sources<Trades>(who[1]), (std::vector{who[0], who[2], who[4]}));
    EXPECT_EQ(pairs_of<Trades>(relations()), (Pairs{pair(0, 1), pair(0, 2), pair(0, 3), pair(0, 4),
                                                    pair(2, 1), pair(4, 0), pair(4, 1)}));
    EXPECT_EQ(relations().out_degree<Trades>(who[0]), 4U);
    EXPECT_EQ(relations().in_degree<Trades>(who[1]), 3U);
    EXPECT_EQ(relations().in_degree<Trades>(who[3]), 1U);
}

TEST_F(RelationsTest, order_is_the_same_after_a_crash) {
    for (const std::size_t to : {3U, 1U}) trade(0U, to);
    trade(4, 1);
    world.commit();
    for (const std::size_t to : {2U, 4U}) trade(0U, to);
    world.commit();
    const Pairs before = pairs_of<Trades>(relations());
    world.crash(graph_schema());
    EXPECT_EQ(pairs_of<Trades>(relations()), before);
}

TEST_F(RelationsTest, changes_are_found_as_those_of_components_are) {
    trade(0, 1);
    trade(2, 1);
    EXPECT_EQ(upserted(world.commit()).size(), 2U);
    EXPECT_TRUE(world.commit().batches.empty());
    relations().get_mutable_unmarked<Trades>(who[0], who[1])->volume = 5;
    EXPECT_TRUE(world.commit().batches.empty());
    EXPECT_TRUE(relations().changed<Trades>(who[0], who[1]));
    EXPECT_EQ(upserted(world.commit()), Pairs{pair(0, 1)});
    relations().edit<Trades>(who[2], who[1])->volume = 6;
    EXPECT_EQ(upserted(world.commit()), Pairs{pair(2, 1)});
    EXPECT_EQ(world.stored.edges("Trades").at(pair(0, 1))[2], Value(std::int64_t{5}));
    EXPECT_FALSE(relations().changed<Trades>(who[1], who[0]));
}

TEST_F(RelationsTest, mutable_iteration_marks_what_it_visits) {
    trade(0, 1);
    trade(0, 2);
    trade(3, 2);
    world.commit();
    relations().each<Trades>([](Entity, Entity, const Trades&) {});
    EXPECT_TRUE(world.commit().batches.empty());
    relations().each_in<Mut<Trades>>(who[2], [](Entity, Trades& trades) { trades.volume += 1; });
    EXPECT_EQ(upserted(world.commit()), (Pairs{pair(0, 2), pair(3, 2)}));
    relations().each_out<Mut<Trades>>(who[0], [](Entity, Trades& trades) { trades.volume += 1; });
    EXPECT_EQ(upserted(world.commit()), (Pairs{pair(0, 1), pair(0, 2)}));
    relations().each<Mut<Trades>>([](Entity, Entity, Trades& trades) { trades.volume += 1; });
    EXPECT_EQ(upserted(world.commit()).size(), 3U);
    EXPECT_EQ(relations().get<Trades>(who[0], who[2])->volume, 4);
}

TEST_F(RelationsTest, many_edges_are_visited_once_each) {
    const auto many = world.create_many(1000);
    for (const Entity one : many) trade(0, 1), relations().relate(who[0], one, Trades{1, 1});
    std::int64_t sum = 0;
    relations().each_out<Trades>(who[0],
                                 [&](Entity, const Trades& trades) { sum += trades.volume; });
    EXPECT_EQ(sum, 1001);
}

TEST_F(RelationsTest, a_visitor_that_removes_what_it_visits_is_a_bug) {
    trade(0, 1);
    EXPECT_DEATH(
        relations().each_out<Trades>(
            who[0], [&](Entity to, const Trades&) { relations().unrelate<Trades>(who[0], to); }),
        "iterating_ == 0");
    for (const Entity to : relations().targets<Trades>(who[0])) {
        EXPECT_TRUE(relations().unrelate<Trades>(who[0], to));
    }
    EXPECT_EQ(relations().count_of<Trades>(), 0U);
}

// A hyperedge: an entity, and a relation to its members.
TEST_F(RelationsTest, a_hyperedge_has_data_and_so_has_each_membership) {
    const Entity guild = world.create();
    world->set(guild, Name{"weavers", {}});
    for (const std::size_t member : {2U, 0U, 3U}) {
        relations().relate(guild, who[member], Likes{static_cast<std::int32_t>(member)});
    }
    EXPECT_EQ(relations().targets<Likes>(guild), (std::vector{who[0], who[2], who[3]}));
    EXPECT_EQ(relations().sources<Likes>(who[3]), std::vector{guild});
    world.commit();
    world->destroy(guild);
    EXPECT_EQ(pairs_in(world.commit(), "Likes", Operation::erase).size(), 3U);
    EXPECT_EQ(relations().in_degree<Likes>(who[3]), 0U);
}

// E-7
TEST_F(RelationsTest, edges_in_both_directions_are_erased_with_their_entity) {
    trade(0, 1);
    trade(1, 2);
    trade(2, 0);
    trade(1, 1);
    world.commit();
    world->destroy(who[1]);
    const ChangeSet changes = world.commit();
    EXPECT_EQ(erases(changes, "entity"), Ids{who[1].id});
    Pairs gone = erased(changes);
    std::sort(gone.begin(), gone.end());
    EXPECT_EQ(gone, (Pairs{pair(0, 1), pair(1, 1), pair(1, 2)}));
    EXPECT_EQ(world.stored.edges("Trades").size(), 1U);
}

TEST_F(RelationsTest, edges_of_a_whole_tree_are_erased_with_it) {
    const Entity chest = world.create();
    const Entity sword = world.create(EntityKind::plain, chest);
    relations().relate(who[0], sword, Trades{});
    relations().relate(sword, who[1], Knows{"owner", {}});
    world.commit();
    world->destroy(chest);
    const ChangeSet changes = world.commit();
    EXPECT_EQ(erased(changes).size(), 1U);
    EXPECT_EQ(pairs_in(changes, "Knows", Operation::erase).size(), 1U);
    EXPECT_EQ(world.stored.digest("Glow"), world.registry().digest());
}

TEST_F(RelationsTest, what_came_and_went_within_a_tick_was_never_there) {
    trade(0, 1);
    relations().unrelate<Trades>(who[0], who[1]);
    EXPECT_TRUE(world.commit().batches.empty());
    trade(0, 1);
    world.commit();
    relations().unrelate<Trades>(who[0], who[1]);
    trade(0, 1, 9);
    const ChangeSet changes = world.commit();
    EXPECT_EQ(upserted(changes), Pairs{pair(0, 1)});
    EXPECT_TRUE(erased(changes).empty());
}

TEST_F(RelationsTest, added_again_and_gone_again_is_erased) {
    trade(0, 1);
    world.commit();
    relations().unrelate<Trades>(who[0], who[1]);
    trade(0, 1);
    relations().unrelate<Trades>(who[0], who[1]);
    EXPECT_EQ(erased(world.commit()), Pairs{pair(0, 1)});
    EXPECT_TRUE(world.stored.edges("Trades").empty());
}

TEST_F(RelationsTest, a_refused_commit_keeps_its_marks) {
    trade(0, 1);
    trade(0, 2);
    world.commit();
    trade(0, 1, 5);
    relations().unrelate<Trades>(who[0], who[2]);
    const ChangeSet refused = world.capture();
    EXPECT_EQ(content_hash(refused), content_hash(world.commit()));
    EXPECT_EQ(upserted(refused), Pairs{pair(0, 1)});
    EXPECT_EQ(erased(refused), Pairs{pair(0, 2)});
}

TEST_F(RelationsTest, what_no_store_can_hold_is_refused_by_name) {
    relations().relate(who[0], who[1], Knows{std::string("a\0b", 3), {}});
    ChangeSet changes;
    BlockPool pool{1 << 20};
    const Status status = world.registry().capture(changes, 0, false, pool);
    EXPECT_EQ(status.code(), Code::invalid);
    EXPECT_NE(status.text().find("relation Knows, from entity 2 to 3, field as"), std::string::npos)
        << status.text();
}

TEST_F(RelationsTest, relaxed_edges_wait_but_new_ones_and_removals_do_not) {
    relations().relate(who[0], who[1], Likes{1});
    relations().relate(who[0], who[2], Likes{1});
    world.commit();
    relations().relate(who[0], who[1], Likes{2});
    relations().relate(who[1], who[2], Likes{3});
    relations().unrelate<Likes>(who[0], who[2]);
    const ChangeSet changes = world.commit();
    EXPECT_EQ(pairs_in(changes, "Likes", Operation::upsert), Pairs{pair(1, 2)});
    EXPECT_EQ(pairs_in(changes, "Likes", Operation::erase), Pairs{pair(0, 2)});
    world.now_ms += mood_interval_ms;
    EXPECT_EQ(pairs_in(world.commit(), "Likes", Operation::upsert), Pairs{pair(0, 1)});
}

TEST_F(RelationsTest, ephemeral_edges_stay_out_of_the_frame_and_end_with_the_process) {
    relations().relate(who[0], who[1], Sees{1});
    trade(0, 1);
    const ChangeSet changes = world.commit();
    ASSERT_EQ(changes.ephemeral.size(), 1U);
    EXPECT_EQ(changes.ephemeral[0].table().name, "Sees");
    world.crash(graph_schema());
    EXPECT_EQ(relations().count_of<Sees>(), 0U);
    EXPECT_EQ(relations().count_of<Trades>(), 1U);
}

TEST_F(RelationsTest, edges_that_the_schema_does_not_list_stay_and_go_with_either_entity) {
    trade(0, 1, 7);
    trade(2, 3);
    trade(4, 2);
    world.commit();
    world.crash();  // with a schema that has no relations
    EXPECT_EQ(world.stored.edges("Trades").size(), 3U);
    world->destroy(who[2]);
    Pairs gone = erased(world.commit());
    std::sort(gone.begin(), gone.end());
    EXPECT_EQ(gone, (Pairs{pair(2, 3), pair(4, 2)}));
    world.crash(graph_schema());
    EXPECT_EQ(pairs_of<Trades>(relations()), Pairs{pair(0, 1)});
    EXPECT_EQ(relations().get<Trades>(who[0], who[1])->volume, 7);
}

TEST_F(RelationsTest, edges_of_nobody_are_left_where_they_are_and_reported) {
    trade(0, 1);
    trade(2, 1);
    world.commit();
    auto& by_hand = world.stored.edges_by_hand("Trades");
    auto cells = by_hand.at(pair(0, 1));
    cells[1] = Entity{60'000};
    by_hand[{who[0].id, 60'000}] = cells;
    world.crash(graph_schema());
    EXPECT_EQ(relations().count_of<Trades>(), 2U);
    ASSERT_EQ(world.remarks.size(), 1U);
    EXPECT_NE(world.remarks[0].find("relation Trades: 1 edges"), std::string::npos);
    EXPECT_NE(world.remarks[0].find("from 2 to 60000"), std::string::npos) << world.remarks[0];
    EXPECT_EQ(world.stored.edges("Trades").size(), 3U);
}

TEST_F(RelationsTest, an_edge_of_what_no_entity_can_be_is_refused) {
    trade(0, 1);
    world.commit();
    auto& by_hand = world.stored.edges_by_hand("Trades");
    auto cells = by_hand.at(pair(0, 1));
    cells[1] = no_entity;
    by_hand[{who[0].id, 0}] = cells;
    world.crash(graph_schema());
    EXPECT_EQ(world.load_status.code(), Code::corrupt) << world.load_status.text();
}

TEST_F(RelationsTest, a_relation_cannot_take_the_place_of_another_table) {
    Schema twice = graph_schema();
    twice.component<Trades>();
    EXPECT_EQ(Registry::make(twice).status().code(), Code::invalid);
    Schema unknown = full_schema();
    unknown.relation<Trades>({.category = "nowhere"});
    EXPECT_EQ(Registry::make(unknown).status().code(), Code::invalid);
}

struct Named {
    std::int32_t from = 0;
};
PERDURE_COMPONENT(Named, from);

TEST_F(RelationsTest, a_field_cannot_be_named_as_the_key_is) {
    Schema schema;
    schema.relation<Named>();
    const Status status = Registry::make(schema).status();
    EXPECT_EQ(status.code(), Code::invalid);
    EXPECT_NE(status.text().find("from"), std::string::npos) << status.text();
}

TEST_F(RelationsTest, a_type_that_is_no_relation_of_the_schema_is_a_bug) {
    EXPECT_DEATH(relations().relate(who[0], who[1], Position{}), "by_type_");
}

}  // namespace
}  // namespace perdure::entities
