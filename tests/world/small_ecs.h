// SmallEcs: a program that keeps its own components; and its home, where it lives again and again.
//
//     const Entity ana = create({1, 2, 3});
//     home_.commit();
//     crash();
//     EXPECT_EQ(ecs_->positions, (Positions{{ana.id, {1, 2, 3}}}));
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "perdure/external.h"
#include "world/home.h"

namespace perdure {

using Positions = std::map<std::uint64_t, Position>;

inline Schema external_schema() {
    Schema schema;
    schema.category({.name = "fleeting", .durability = Level::ephemeral})
        .category({.name = "slow", .durability = Level::relaxed, .interval_ms = 1000});
    schema.component<Position>({.position = true, .external = true})
        .component<Title>({.external = true})
        .component<Frozen>({.external = true})
        .component<Mood>({.category = "slow", .external = true})
        .component<Glow>({.category = "fleeting", .external = true})
        .component<Purse>();
    return schema;
}

// What a program holds: values by id, and what it was told when it opened the world.
class SmallEcs {
public:
    ExternalCallbacks callbacks() {
        ExternalCallbacks made;
        made.on_entities([this](std::span<const ExternalEntity> all) {
            told.emplace_back("entities");
            entities.insert(entities.end(), all.begin(), all.end());
            return failing == "entities" ? Status(Code::busy, "no room") : Status();
        });
        answer<Position>(made, positions, "positions");
        answer<Title>(made, titles, "titles");
        answer<Mood>(made, moods, "moods");
        answer<Glow>(made, glows, "glows");
        made.on_load<Frozen>([this](std::span<const Entity> ids, std::span<const Frozen> tags) {
            told.emplace_back("frozen");
            EXPECT_EQ(ids.size(), tags.size());
            for (const Entity id : ids) frozen.insert(id.id);
            return Status();
        });
        made.on_read<Frozen>([this](Entity id) -> const Frozen* {
            static const Frozen tag;
            return frozen.contains(id.id) ? &tag : nullptr;
        });
        return made;
    }

    Positions positions;
    std::map<std::uint64_t, Title> titles;
    std::set<std::uint64_t> frozen;
    std::map<std::uint64_t, Mood> moods;
    std::map<std::uint64_t, Glow> glows;
    std::vector<ExternalEntity> entities;
    std::vector<std::string> told;  // by which callbacks, in order
    std::string failing;            // the callback that answers with a failure
    std::size_t reads = 0;

private:
    template <typename T>
    void answer(ExternalCallbacks& made, std::map<std::uint64_t, T>& values, std::string name) {
        made.on_load<T>([this, &values, name](std::span<const Entity> ids,
                                              std::span<const T> loaded) {
            told.push_back(name);
            for (std::size_t at = 0; at < ids.size(); ++at) {
                EXPECT_TRUE(values.emplace(ids[at].id, loaded[at]).second) << "handed back twice";
            }
            return failing == name ? Status(Code::busy, "no room") : Status();
        });
        made.on_read<T>([this, &values](Entity id) -> const T* {
            ++reads;
            const auto found = values.find(id.id);
            return found == values.end() ? nullptr : &found->second;
        });
    }
};

class OwnEcs : public testing::TestWithParam<Home::Kind> {
protected:
    void SetUp() override {
        home_.know(external_schema());
        begin_life();
        home_.open();
    }
    void begin_life() {
        ecs_ = std::make_unique<SmallEcs>();
        home_.options.external = ecs_->callbacks();
    }
    External& external() { return home_->external(); }
    Entities& entities() { return home_->entities(); }

    Entity create(const Position& at) {
        const Entity made = entities().create();
        move(made, at);
        return made;
    }
    void move(Entity entity, const Position& to) {
        ecs_->positions[entity.id] = to;
        EXPECT_TRUE(external().changed<Position>(entity));
    }
    template <typename T>
    void put(Entity entity, const T& value) {
        EXPECT_TRUE(external().put<T>({&entity, 1}, {&value, 1}).ok());
    }
    // The store's row of an entity, once everything is there.
    std::string stored(std::string_view table, Entity entity) {
        home_.drain();
        return home_.row(table, {{"entity", entity}});
    }
    // Another life of the program, after a kill or a quiet end.
    void crash() {
        home_.crash();
        begin_life();
        home_.open();
    }
    void reopen() {
        home_.close();
        begin_life();
        home_.open();
    }

    Home home_{GetParam()};
    std::unique_ptr<SmallEcs> ecs_;
};

}  // namespace perdure
