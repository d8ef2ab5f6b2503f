// All operations at random, against a plain map of what should live; commits, refusals and crashes
// between.
#include <map>
#include <optional>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"
#include "entities/living_world.h"

namespace perdure::entities {
namespace {

struct Being {
    EntityKind kind = EntityKind::plain;
    std::uint64_t parent = 0;
    std::optional<Position> position;
    std::optional<Velocity> velocity;
    std::optional<Name> name;
    std::optional<Mood> mood;
    std::optional<Glow> glow;
    bool frozen = false;
};

// What should be: beings by id.
class Model {
public:
    std::map<std::uint64_t, Being> beings{{1, Being{}}};

    [[nodiscard]] std::uint64_t root(std::uint64_t id) const {
        while (beings.at(id).parent != 0) id = beings.at(id).parent;
        return id;
    }
    [[nodiscard]] bool is_below(std::uint64_t id, std::uint64_t ancestor) const {
        for (; id != 0; id = beings.at(id).parent) {
            if (id == ancestor) return true;
        }
        return false;
    }
    void destroy(std::uint64_t id) {
        std::vector<std::uint64_t> doomed{id};
        for (std::size_t at = 0; at < doomed.size(); ++at) {
            for (auto& [child, being] : beings) {
                if (being.parent != doomed[at]) continue;
                if (being.kind == EntityKind::player) {
                    being.parent = 0;
                } else {
                    doomed.push_back(child);
                }
            }
        }
        for (const std::uint64_t dead : doomed) beings.erase(dead);
    }
};

class RandomLife {
public:
    RandomLife(std::uint64_t seed, std::size_t population) : random_(seed) {
        for (std::size_t born = 0; born < population; ++born) {
            create();
            set(&Being::position, Position{1, 2, 3});
            set(&Being::velocity, Velocity{4, 5, 6});
        }
    }

    void run(int steps) {
        for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
            act();
            if (random_.chance(1, 16)) end_tick();
            if (random_.chance(1, 200)) crash();
        }
        end_tick();
        compare();
        crash();
        compare();
    }

private:
    Entity any() {  // alive, mostly
        if (random_.chance(1, 20)) return {random_.below(300)};
        auto at = model_.beings.lower_bound(random_.below(model_.beings.rbegin()->first + 1));
        return {at == model_.beings.end() ? 1 : at->first};
    }
    Being* being(Entity entity) {
        const auto found = model_.beings.find(entity.id);
        return found == model_.beings.end() ? nullptr : &found->second;
    }
    float number() { return static_cast<float>(random_.below(1000)); }
    Name name() {
        Name made{std::string(random_.below(20), 'n'), {}};
        if (random_.chance(1, 2)) made.title = static_cast<std::int16_t>(random_.below(9));
        return made;
    }

    void act() {
        switch (random_.below(16)) {
            case 0:
            case 1: create(); break;
            case 2: destroy(); break;
            case 3: set_parent(); break;
            case 4: set(&Being::position, Position{number(), number(), number()}); break;
            case 5: set(&Being::velocity, Velocity{number(), number(), number()}); break;
            case 6: set(&Being::name, name()); break;
            case 7: set(&Being::mood, Mood{static_cast<std::int32_t>(random_.below(9))}); break;
            case 8:
                set(&Being::glow, Glow{1, 2, static_cast<std::uint8_t>(random_.below(9))});
                break;
            case 9: remove(&Being::position); break;
            case 10: remove(&Being::name); break;
            case 11: remove(&Being::mood); break;
            case 12: freeze(); break;
            case 13: edit(); break;
            case 14: iterate(); break;
            case 15: remove(&Being::velocity); break;
        }
    }

    void create() {
        const auto kind = static_cast<EntityKind>(random_.below(3));
        const Entity parent = random_.chance(1, 3) ? any() : no_entity;
        const Entity made = world_.create(kind, parent);
        if (parent && being(parent) == nullptr) {
            EXPECT_EQ(made, no_entity);
            return;
        }
        EXPECT_TRUE(ever_.insert(made.id).second) << made.id << " was used before";
        Being born;
        born.kind = kind;
        born.parent = parent.id;
        model_.beings[made.id] = born;
    }
    void destroy() {
        const Entity entity = any();
        const bool possible = being(entity) != nullptr && entity != world_entity;
        EXPECT_EQ(world_->destroy(entity), possible);
        if (possible) model_.destroy(entity.id);
    }
    void set_parent() {
        const Entity child = any();
        const Entity parent = random_.chance(1, 4) ? no_entity : any();
        const bool possible =
            being(child) != nullptr && child != world_entity &&
            (!parent || (being(parent) != nullptr && !model_.is_below(parent.id, child.id)));
        EXPECT_EQ(world_->set_parent(child, parent), possible);
        if (possible) being(child)->parent = parent.id;
    }
    template <typename T>
    void set(std::optional<T> Being::*member, const T& value) {
        const Entity entity = any();
        EXPECT_EQ(world_->set(entity, value), being(entity) != nullptr);
        if (being(entity) != nullptr) being(entity)->*member = value;
    }
    template <typename T>
    void remove(std::optional<T> Being::*member) {
        const Entity entity = any();
        const bool there = being(entity) != nullptr && (being(entity)->*member).has_value();
        EXPECT_EQ(world_->remove<T>(entity), there);
        if (there) (being(entity)->*member).reset();
        if (there && random_.chance(1, 4)) {
            world_->set(entity, T{});
            being(entity)->*member = T{};
        }
    }
    void freeze() {
        const Entity entity = any();
        if (being(entity) == nullptr) return;
        bool& frozen = being(entity)->frozen;
        if (frozen) {
            EXPECT_TRUE(world_->remove<Frozen>(entity));
        } else {
            EXPECT_TRUE(world_->set(entity, Frozen{}));
        }
        frozen = !frozen;
    }
    void edit() {
        const Entity entity = any();
        Position* position = world_->get_mutable_unmarked<Position>(entity);
        const bool there = being(entity) != nullptr && being(entity)->position.has_value();
        ASSERT_EQ(position != nullptr, there);
        if (!there) return;
        position->x += 1;
        EXPECT_TRUE(world_->changed<Position>(entity));
        being(entity)->position->x += 1;
    }
    void iterate() {
        std::set<std::uint64_t> visited;
        world_->each<Mut<Position>, Velocity>(
            [&](Entity entity, Position& position, const Velocity& by) {
                EXPECT_TRUE(visited.insert(entity.id).second);
                position.y += by.y;
            });
        for (auto& [id, being] : model_.beings) {
            EXPECT_EQ(visited.contains(id), being.position && being.velocity);
            if (being.position && being.velocity) being.position->y += being.velocity->y;
        }
    }

    // A commit, sometimes after one that was refused; sometimes everything goes out.
    void end_tick() {
        world_.now_ms += random_.below(500);
        if (random_.chance(1, 4)) {
            const ChangeSet refused = world_.capture();
            const ChangeSet again = world_.capture();
            EXPECT_EQ(content_hash(refused), content_hash(again));
        }
        const bool everything = random_.chance(1, 3);
        world_.commit(everything);
        if (everything) compare_stored();
    }
    // What is stored is what the model says; every table, every row.
    void compare_stored() {
        const Hash128 live = world_.registry().digest();
        EXPECT_EQ(world_.stored.digest("Glow"), live);
        EXPECT_EQ(world_.stored.table("entity").size(), model_.beings.size());
        std::size_t glows = 0;
        for (const auto& [id, being] : model_.beings) glows += being.glow.has_value() ? 1 : 0;
        EXPECT_EQ(world_.stored.table("Glow").size(), glows);
    }
    void crash() {
        world_.commit(true);  // relaxed rows, too, so that the model knows what is left
        compare_stored();
        const Hash128 before = world_.registry().digest();
        uncommitted_life();
        world_.crash();
        EXPECT_EQ(world_.registry().digest(), before);
        EXPECT_TRUE(world_.remarks.empty()) << world_.remarks.front();
        for (auto& [id, being] : model_.beings) being.glow.reset();
        compare();
    }
    // Ids handed out and never committed must not come again, either.
    void uncommitted_life() {
        for (std::uint64_t count = random_.below(5); count > 0; --count) {
            EXPECT_TRUE(ever_.insert(world_.create().id).second);
        }
    }

    template <typename T>
    void expect_same(std::uint64_t id, const std::optional<T>& wanted) {
        const T* found = world_->get<T>({id});
        ASSERT_EQ(found != nullptr, wanted.has_value()) << id;
        if (found != nullptr) {
            EXPECT_EQ(*found, *wanted) << id;
        }
    }
    void compare() {
        EXPECT_EQ(world_->count(), model_.beings.size());
        for (const auto& [id, being] : model_.beings) {
            const Entity entity{id};
            ASSERT_TRUE(world_->alive(entity)) << id;
            EXPECT_EQ(world_->kind(entity), being.kind);
            EXPECT_EQ(world_->parent(entity).id, being.parent);
            EXPECT_EQ(world_->root(entity).id, model_.root(id));
            EXPECT_EQ(world_->has<Frozen>(entity), being.frozen);
            expect_same(id, being.position);
            expect_same(id, being.velocity);
            expect_same(id, being.name);
            expect_same(id, being.mood);
            expect_same(id, being.glow);
        }
    }

    Random random_;
    LivingWorld world_;
    Model model_;
    std::set<std::uint64_t> ever_{1};
};

TEST(RegistryRandom, lives_as_a_plain_map_does) {
    Random seeds(test_seed());
    for (int life = 0; life < 10 && !HasFailure(); ++life) RandomLife(seeds.next(), 10).run(3000);
}

TEST(RegistryRandom, lives_as_a_plain_map_does_in_many_chunks) {
    RandomLife(test_seed(), 4000).run(1500);
}

}  // namespace
}  // namespace perdure::entities
