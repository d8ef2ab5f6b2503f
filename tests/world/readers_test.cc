// What an on_read() may do while a commit asks it: look at the world, and change nothing. What it
// marks might be of a table whose marks are gathered already, and would be lost.
#include <functional>

#include "perdure/external.h"
#include "perdure/workers.h"
#include "world/home.h"

namespace perdure {
namespace {

struct Owns {
    std::int32_t since = 0;
};
PERDURE_COMPONENT(Owns, since);

class ReaderDeathTest : public testing::Test {
protected:
    ReaderDeathTest() {
        Schema schema;
        schema.component<Purse>().component<Mood>({.external = true});
        schema.component<Position>({.external = true});
        schema.relation<Owns>();
        home_.options.external.on_load<Position>([](auto, auto) { return Status(); })
            .on_load<Mood>([](auto, auto) { return Status(); })
            .on_read<Mood>([](Entity) -> const Mood* {
                static const Mood mood;
                return &mood;
            })
            .on_read<Position>([this](Entity) -> const Position* {
                static const Position position;
                if (deed_) deed_();
                return &position;
            });
        home_.know(schema);
        home_.open();
        ana_ = home_.entities().create();
        bo_ = home_.entities().create();
        home_.entities().set(ana_, Purse{1});
        home_->relations().relate<Owns>(ana_, bo_);
        home_.commit();
        home_->external().changed<Position>(ana_);
    }
    void commit_while(std::function<void()> deed) {
        deed_ = std::move(deed);
        static_cast<void>(home_->commit());
    }

    Home home_{Home::Kind::memory};
    std::function<void()> deed_;
    Entity ana_, bo_;
};

TEST_F(ReaderDeathTest, entities_and_components_may_not_be_changed) {
    Entities& entities = home_.entities();
    EXPECT_DEATH(commit_while([&] { static_cast<void>(entities.create()); }), "bug");
    EXPECT_DEATH(commit_while([&] { entities.destroy(bo_); }), "bug");
    EXPECT_DEATH(commit_while([&] { entities.set_parent(bo_, ana_); }), "bug");
    EXPECT_DEATH(commit_while([&] { entities.set(ana_, Purse{2}); }), "bug");
    EXPECT_DEATH(commit_while([&] { entities.set(bo_, Purse{2}); }), "bug");
    EXPECT_DEATH(commit_while([&] { entities.edit<Purse>(ana_)->coins = 2; }), "bug");
    EXPECT_DEATH(commit_while([&] { entities.changed<Purse>(ana_); }), "bug");
    EXPECT_DEATH(commit_while([&] { entities.remove<Purse>(ana_); }), "bug");
    EXPECT_DEATH(commit_while([&] { entities.each<Mut<Purse>>([](Purse&) {}); }), "bug");
}

TEST_F(ReaderDeathTest, external_components_may_not_be_marked) {
    External& external = home_->external();
    const Mood mood;
    EXPECT_DEATH(commit_while([&] { external.changed<Mood>(ana_); }), "bug");
    EXPECT_DEATH(commit_while([&] { external.changed<Position>(bo_); }), "bug");
    EXPECT_DEATH(commit_while([&] { external.removed<Mood>(ana_); }), "bug");
    EXPECT_DEATH(commit_while([&] {
                     static_cast<void>(external.put<Mood>({&ana_, 1}, {&mood, 1}).ok());
                 }),
                 "bug");
}

TEST_F(ReaderDeathTest, relations_may_not_be_changed) {
    Relations& relations = home_->relations();
    EXPECT_DEATH(commit_while([&] { relations.relate<Owns>(bo_, ana_); }), "bug");
    EXPECT_DEATH(commit_while([&] { relations.relate<Owns>(ana_, bo_); }), "bug");
    EXPECT_DEATH(commit_while([&] { relations.changed<Owns>(ana_, bo_); }), "bug");
    EXPECT_DEATH(commit_while([&] { relations.unrelate<Owns>(ana_, bo_); }), "bug");
    EXPECT_DEATH(commit_while([&] { relations.unrelate_all<Owns>(ana_); }), "bug");
    EXPECT_DEATH(commit_while([&] { relations.each<Mut<Owns>>([](auto, auto, Owns&) {}); }), "bug");
}

TEST_F(ReaderDeathTest, neither_commits_nor_workers_may_begin) {
    EXPECT_DEATH(commit_while([&] { static_cast<void>(home_->commit()); }), "bug");
    EXPECT_DEATH(commit_while([&] { Workers(home_.entities(), 1).begin(); }), "bug");
}

TEST_F(ReaderDeathTest, reading_is_no_harm) {
    std::int64_t seen = 0;
    commit_while([&] {
        home_.entities().each<Purse>([&](const Purse& purse) { seen += purse.coins; });
        home_->relations().each<Owns>([&](Entity from, Entity, const Owns&) {
            seen += home_.entities().get<Purse>(from)->coins;
        });
    });
    EXPECT_EQ(seen, 2);
    deed_ = nullptr;
    home_.entities().set(bo_, Purse{3});
    home_->relations().relate<Owns>(bo_, ana_);
    home_.commit();
    EXPECT_EQ(home_->relations().count_of<Owns>(), 2U);
}

}  // namespace
}  // namespace perdure
