// The adapters for EnTT and Flecs: what both promise. The ECSs are stand-ins; see tests/stand_ins.
#include "perdure/adapters/ecs_adapter.h"

#include <random>

#include "world/games.h"

namespace perdure {
namespace {

template <typename Game>
class EcsAdapterTest : public GameTest<Game> {};
using Games = testing::Types<EnttGame, FlecsGame>;
TYPED_TEST_SUITE(EcsAdapterTest, Games, GameNames);

TYPED_TEST(EcsAdapterTest, brings_back_what_was_committed) {
    const auto ana = this->make(Position{1, 2, 3}, Title{"queen", 1}, Frozen{}, Purse{5});
    const auto bert = this->make(Position{4, 5, 6});
    const Entity ids[] = {this->id(ana), this->id(bert)};
    this->commit();
    this->crash();
    EXPECT_EQ(this->all(), (Rows{this->row(ids[0], "1 2 3, queen, frozen, 5 coins"),
                                 this->row(ids[1], "4 5 6")}));
}

TYPED_TEST(EcsAdapterTest, what_is_not_committed_is_not_there_after_a_crash) {
    const auto ana = this->make(Position{1, 2, 3});
    const Entity id = this->id(ana);
    this->commit();
    this->game().set(ana, Position{9, 9, 9});
    this->game().destroy(this->make(Position{4, 5, 6}));
    this->crash();
    EXPECT_EQ(this->all(), (Rows{this->row(id, "1 2 3")}));
}

TYPED_TEST(EcsAdapterTest, only_what_changed_goes_out) {
    std::vector<typename TypeParam::Handle> all;
    for (int at = 0; at < 100; ++at) all.push_back(this->make(Position{}, Purse{at}));
    EXPECT_GE(this->commit(), 300u) << "an entity and two components each";
    EXPECT_EQ(this->commit(), 0u);
    this->game().set(all[7], Position{1, 1, 1});
    this->game().set(all[7], Position{2, 2, 2});
    EXPECT_EQ(this->commit(), 1u);
    this->game().set(all[3], Position{1, 1, 1});
    this->game().set(all[4], Purse{1'000});
    this->game().template remove<Purse>(all[5]);
    EXPECT_EQ(this->commit(), 3u);
}

TYPED_TEST(EcsAdapterTest, opening_marks_nothing) {
    for (int at = 0; at < 100; ++at) this->make(Position{}, Title{"one", {}}, Frozen{});
    this->commit();
    this->crash();
    EXPECT_EQ(this->all().size(), 100u);
    EXPECT_EQ(this->commit(), this->reserves_ids);
    this->reopen();
    EXPECT_EQ(this->commit(), this->reserves_ids);
}

TYPED_TEST(EcsAdapterTest, an_entity_that_came_back_is_marked_like_others) {
    const Entity id = this->id(this->make(Position{1, 2, 3}));
    this->commit();
    this->crash();
    this->game().set(this->handle(id), Position{4, 5, 6});
    EXPECT_EQ(this->commit(), this->reserves_ids + 1);
    this->crash();
    EXPECT_EQ(this->all(), (Rows{this->row(id, "4 5 6")}));
}

TYPED_TEST(EcsAdapterTest, what_is_destroyed_is_erased) {
    const auto ana = this->make(Position{1, 2, 3}, Title{"queen", {}});
    const auto bert = this->make(Position{4, 5, 6});
    const Entity ids[] = {this->id(ana), this->id(bert)};
    this->commit();
    this->game().destroy(ana);
    EXPECT_FALSE(this->entities().alive(ids[0]));
    this->commit();
    EXPECT_EQ(this->home_.row("Position", {{"entity", ids[0]}}), "none");
    EXPECT_EQ(this->home_.row("Title", {{"entity", ids[0]}}), "none");
    this->crash();
    EXPECT_EQ(this->all(), (Rows{this->row(ids[1], "4 5 6")}));
}

TYPED_TEST(EcsAdapterTest, what_lives_for_less_than_a_tick_leaves_no_trace) {
    this->commit();
    const auto ana = this->make(Position{1, 2, 3});
    this->game().destroy(ana);
    this->commit();
    EXPECT_EQ(this->home_.rows("Position"), Rows{});
    this->crash();
    EXPECT_EQ(this->all(), Rows{});
}

TYPED_TEST(EcsAdapterTest, a_component_that_is_removed_and_added_again_is_there) {
    const auto ana = this->make(Position{1, 2, 3}, Frozen{});
    const Entity id = this->id(ana);
    this->commit();
    this->game().template remove<Position>(ana);
    this->game().template remove<Frozen>(ana);
    this->game().set(ana, Position{4, 5, 6});
    this->commit();
    this->crash();
    EXPECT_EQ(this->all(), (Rows{this->row(id, "4 5 6")}));
}

TYPED_TEST(EcsAdapterTest, an_entity_lives_on_without_components) {
    const auto ana = this->make(Position{1, 2, 3});
    const Entity id = this->id(ana);
    this->commit();
    this->game().template remove<Position>(ana);
    this->commit();
    this->crash();
    EXPECT_EQ(this->all(), Rows{text::format("{}:", id.id)});
    this->game().destroy(this->handle(id));
    this->commit();
    this->crash();
    EXPECT_EQ(this->all(), Rows{});
}

TYPED_TEST(EcsAdapterTest, a_write_that_the_ecs_does_not_see_is_told) {
    const auto ana = this->make(Position{1, 2, 3});
    const Entity id = this->id(ana);
    this->commit();
    this->game().template value<Position>(ana).x = 7;
    EXPECT_EQ(this->commit(), 0u);
    EXPECT_TRUE(this->game().adapter.template changed<Position>(ana));
    EXPECT_EQ(this->commit(), 1u);
    this->crash();
    EXPECT_EQ(this->all(), (Rows{this->row(id, "7 2 3")}));
}

TYPED_TEST(EcsAdapterTest, the_world_is_an_entity_too) {
    const auto world = this->handle(world_entity);
    this->game().set(world, Purse{1'000});
    this->commit();
    this->crash();
    EXPECT_EQ(this->game().template value<Purse>(this->handle(world_entity)).coins, 1'000);
    this->game().destroy(this->handle(world_entity));
    this->commit();
    EXPECT_EQ(this->home_.rows("Purse"), Rows{});
}

// Destroying a parent ends its tree in the world; the ECS follows when it is settled.
TYPED_TEST(EcsAdapterTest, children_go_with_their_parent) {
    const auto parent = this->make(Position{1, 0, 0});
    const auto child = this->make(Position{2, 0, 0});
    const auto grandchild = this->make(Position{3, 0, 0});
    const auto player = this->game().make();
    this->game().adapter.keep(player, EntityKind::player, this->id(child));
    this->game().set(player, Position{4, 0, 0});
    EXPECT_TRUE(this->entities().set_parent(this->id(child), this->id(parent)));
    EXPECT_TRUE(this->entities().set_parent(this->id(grandchild), this->id(child)));
    const Entity kept = this->id(player);
    this->commit();
    this->game().destroy(parent);
    EXPECT_TRUE(this->game().lives(child));
    this->commit();
    EXPECT_FALSE(this->game().lives(child));
    EXPECT_FALSE(this->game().lives(grandchild));
    EXPECT_TRUE(this->game().lives(player));
    this->crash();
    EXPECT_EQ(this->all(), (Rows{this->row(kept, "4 0 0")}));
}

TYPED_TEST(EcsAdapterTest, what_died_in_the_world_alone_follows_when_it_is_touched) {
    const auto ana = this->make(Position{1, 2, 3});
    this->commit();
    this->entities().destroy(this->id(ana));
    this->game().set(ana, Position{4, 5, 6});
    this->commit();
    EXPECT_FALSE(this->game().lives(ana));
}

TYPED_TEST(EcsAdapterTest, what_is_let_go_ends_in_the_world_only) {
    const auto ana = this->make(Position{1, 2, 3});
    const Entity id = this->id(ana);
    this->commit();
    this->game().let_go(ana);
    this->commit();
    EXPECT_FALSE(this->entities().alive(id));
    EXPECT_TRUE(this->game().lives(ana));
    this->game().set(ana, Position{4, 5, 6});
    EXPECT_NE(this->id(ana), id) << "kept again, as another entity";
}

TYPED_TEST(EcsAdapterTest, only_the_chosen_are_kept_if_it_is_told_so) {
    this->keep_ = Keep::chosen;
    this->reopen();
    const auto spark = this->make(Position{1, 2, 3});
    const auto ana = this->make(Position{4, 5, 6}, Frozen{});
    EXPECT_FALSE(this->id(ana));
    EXPECT_FALSE(this->game().adapter.template changed<Position>(ana));
    const Entity id = this->game().adapter.keep(ana);
    EXPECT_EQ(this->game().adapter.keep(ana), id) << "once";
    this->game().set(spark, Position{});
    this->commit();
    this->crash();
    EXPECT_EQ(this->all(), (Rows{this->row(id, "4 5 6, frozen")}));
}

TYPED_TEST(EcsAdapterTest, keeps_what_the_ecs_held_before) {
    this->home_.close();
    this->begin_life();
    const auto ana = this->make(Position{1, 2, 3}, Purse{5});
    this->game().make();
    EXPECT_TRUE(this->try_open().ok());
    const Entity id = this->id(ana);
    this->commit();
    this->crash();
    EXPECT_EQ(this->all(), (Rows{this->row(id, "1 2 3, 5 coins")}));
}

// Errors.
TYPED_TEST(EcsAdapterTest, a_component_that_is_not_external_is_refused) {
    this->home_.close();
    this->home_.know(Schema().component<Position>().component<Title>({.external = true}));
    this->begin_life();
    const Status opened = this->try_open();
    EXPECT_EQ(opened.code(), Code::invalid);
    EXPECT_NE(opened.text().find("component Position is to be kept"), std::string::npos)
        << opened.text();
    EXPECT_EQ(this->game().size(), 0u);
}

TYPED_TEST(EcsAdapterTest, a_component_that_is_answered_for_twice_is_refused) {
    this->home_.close();
    this->begin_life();
    this->home_.options.external.template on_read<Purse>(
        [](Entity) -> const Purse* { return nullptr; });
    const Status opened = this->try_open();
    EXPECT_EQ(opened.code(), Code::invalid);
    EXPECT_NE(opened.text().find("component Purse is answered for twice"), std::string::npos)
        << opened.text();
}

TYPED_TEST(EcsAdapterTest, an_ecs_is_not_filled_twice) {
    this->make(Position{1, 2, 3});
    this->commit();
    const Status open = this->try_open();
    EXPECT_EQ(open.code(), Code::invalid);
    EXPECT_NE(open.text().find("call close() first"), std::string::npos) << open.text();
    this->game().adapter.close();
    this->home_.close();
    const Status again = this->try_open();
    EXPECT_EQ(again.code(), Code::invalid);
    EXPECT_NE(again.text().find("clear it before"), std::string::npos) << again.text();
    this->game().clear();
    EXPECT_TRUE(this->try_open().ok());
    EXPECT_EQ(this->all().size(), 1u)
        << "what was cleared behind the close() is still in the world";
}

TYPED_TEST(EcsAdapterTest, a_failed_opening_leaves_the_ecs_as_it_was) {
    this->make(Position{1, 2, 3});
    this->commit();
    this->home_.close();
    this->begin_life();
    this->game().make();
    this->home_.options.external.on_entities(
        [](ExternalCallbacks::Entities) { return Status(Code::busy, "no room"); });
    EXPECT_EQ(this->try_open().code(), Code::busy);
    EXPECT_EQ(this->game().size(), 1u);
    this->home_.options.external = {};
    EXPECT_TRUE(this->try_open().ok()) << "nothing of it is tied";
    EXPECT_EQ(this->all().size(), 1u);
}

TYPED_TEST(EcsAdapterTest, the_program_hears_of_entities_too) {
    this->make(Position{1, 2, 3});
    this->commit();
    std::size_t told = 0;
    this->home_.options.external.on_entities([&](ExternalCallbacks::Entities all) {
        told += all.size();
        return Status();
    });
    this->crash();
    EXPECT_EQ(told, 1u);
}

TYPED_TEST(EcsAdapterTest, needs_to_be_open) {
    TypeParam other(Keep::all);
    other.adapter.template persist<Position>();
    const auto ana = other.make();
    EXPECT_EQ(other.adapter.settle().code(), Code::invalid);
    EXPECT_FALSE(other.adapter.keep(ana));
    EXPECT_FALSE(other.adapter.template changed<Position>(ana));
}

// While ids are refused, here because the journal is full, entities wait for theirs.
TYPED_TEST(EcsAdapterTest, entities_wait_for_ids) {
    this->home_.options.journal_file_bytes = 256 << 10;
    this->home_.options.journal_first_file_bytes = 256 << 10;
    this->home_.options.journal_bytes_max = 1 << 20;
    this->reopen();
    this->fill_journal();
    while (const Entity spare = this->entities().create()) this->entities().destroy(spare);
    const auto ana = this->make(Position{1, 2, 3});
    const auto short_lived = this->make(Position{4, 5, 6});
    this->game().set(ana, Purse{5});
    EXPECT_FALSE(this->id(ana));
    this->game().destroy(short_lived);
    const Status waits = this->game().adapter.settle();
    EXPECT_EQ(waits.code(), Code::busy);
    EXPECT_NE(waits.text().find("new entities wait for 1;"), std::string::npos) << waits.text();
    this->home_.drain();
    this->settle();
    const Entity id = this->id(ana);
    EXPECT_TRUE(id);
    this->commit();
    EXPECT_EQ(this->home_.rows("Position"), Rows{text::format("{} 1 2 3", id.id)});
}

// Anything, in any order, with crashes: what comes back is what was there at the last commit.
TYPED_TEST(EcsAdapterTest, whatever_happens_comes_back) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE(text::format("seed {}", seed));
    std::mt19937 random(seed);
    const auto below = [&](std::size_t limit) {
        return static_cast<std::size_t>(random() % limit);
    };
    Rows committed;
    std::vector<typename TypeParam::Handle> all;
    for (int step = 0; step < 600; ++step) {
        std::erase_if(all, [&](const auto& one) { return !this->game().lives(one); });
        const auto number = static_cast<std::int64_t>(below(1'000));
        if (all.size() < 5 || below(10) == 0) {
            all.push_back(this->make(Position{static_cast<float>(number), 0, 0}));
        }
        const auto one = all[below(all.size())];
        switch (below(9)) {
            case 0: this->game().set(one, Position{0, static_cast<float>(number), 0}); break;
            case 1: this->game().set(one, Purse{number}); break;
            case 2: this->game().set(one, Title{text::format("{}", number), {}}); break;
            case 3: this->game().set(one, Frozen{}); break;
            case 4: this->game().template remove<Purse>(one); break;
            case 5: this->game().template remove<Frozen>(one); break;
            case 6: this->game().destroy(one); break;
            case 7:
                this->entities().set_parent(this->id(one), this->id(all[below(all.size())]));
                break;
            case 8:
                this->commit();
                committed = this->all();
                break;
        }
        if (below(60) == 0) {
            this->crash();
            ASSERT_EQ(this->all(), committed) << "step " << step;
            all.clear();
            for (std::uint64_t id = 2; id < 20'000; ++id) {
                if (const auto found = this->game().adapter.find(Entity{id})) all.push_back(*found);
            }
        }
    }
}

}  // namespace
}  // namespace perdure
