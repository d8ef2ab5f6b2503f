// A program with an ECS of its own, and Perdure under it: it may be killed at any time, and comes
// back as it was when it was last told that a tick is durable.
//
//     example_own_ecs DIRECTORY [TICKS]
//
// "back tick SUM" says what came back, "saved tick SUM" what is durable since: a sum over all that
// the program holds.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "own_ecs/sparse_sets.h"
#include "perdure/perdure.h"

namespace {

using own_ecs::Slot;

struct Position {
    float x = 0, y = 0;
};
PERDURE_COMPONENT(Position, x, y);

struct Life {
    std::int32_t left = 0;
};
PERDURE_COMPONENT(Life, left);

struct Clock {
    std::uint64_t tick = 0;
};
PERDURE_COMPONENT(Clock, tick);

struct Game {
    own_ecs::Slots slots;
    own_ecs::SparseSet<Position> positions;
    own_ecs::SparseSet<Life> lives;
    Clock clock;
    perdure::EntityMap<Slot> by_id;  // from Perdure's id to our slot

    // What Perdure asks: where values are, and to take back what was stored.
    template <typename T>
    void answer(perdure::ExternalCallbacks& callbacks, own_ecs::SparseSet<T>& values) {
        callbacks.on_read<T>([&](perdure::Entity id) -> const T* {
            const Slot* slot = by_id.find(id);
            return slot == nullptr ? nullptr : values.find(*slot);
        });
        callbacks.on_load<T>([&](auto ids, auto loaded) {
            for (std::size_t at = 0; at < ids.size(); ++at) {
                values.set(*by_id.find(ids[at]), loaded[at]);
            }
            return perdure::Status();
        });
    }
    perdure::ExternalCallbacks callbacks() {
        perdure::ExternalCallbacks made;
        made.on_entities([this](auto all) {
            for (const perdure::ExternalEntity& one : all) {
                by_id.put(one.entity, slots.take(one.entity));
            }
            return perdure::Status();
        });
        answer(made, positions);
        answer(made, lives);
        made.on_read<Clock>([this](perdure::Entity) -> const Clock* { return &clock; });
        made.on_load<Clock>([this](auto, auto loaded) {
            clock = loaded[0];
            return perdure::Status();
        });
        return made;
    }

    void spawn(perdure::World& world) {
        const perdure::Entity id = world.entities().create();
        if (!id) return;
        const Slot slot = slots.take(id);
        by_id.put(id, slot);
        positions.set(slot, {0, static_cast<float>(clock.tick)});
        lives.set(slot, {static_cast<std::int32_t>(5 + id.id % 20)});
        world.external().changed<Position>(id);
        world.external().changed<Life>(id);
    }
    void kill(perdure::World& world, Slot slot) {
        const perdure::Entity id = slots.id(slot);
        positions.remove(slot);
        lives.remove(slot);
        by_id.erase(id);
        slots.give_back(slot);
        world.entities().destroy(id);  // its external components go with it
    }

    void move(perdure::World& world) {
        std::vector<perdure::Entity> moved;
        for (const Slot slot : positions.slots()) {
            positions.find(slot)->x += 0.5F;
            moved.push_back(slots.id(slot));
        }
        world.external().changed<Position>(moved);
    }
    void age(perdure::World& world) {
        const std::vector<Slot> all = lives.slots();
        for (const Slot slot : all) {
            Life& life = *lives.find(slot);
            if (--life.left == 0) {
                kill(world, slot);
            } else {
                world.external().changed<Life>(slots.id(slot));
            }
        }
    }
    void play(perdure::World& world) {
        ++clock.tick;
        world.external().changed<Clock>(perdure::world_entity);
        for (int born = 0; born < 10; ++born) spawn(world);
        move(world);
        age(world);
    }

    // Over everything, in whatever order it lies.
    std::uint64_t sum() {
        std::uint64_t total = 0;
        for (const Slot slot : lives.slots()) {
            const Position& at = *positions.find(slot);
            std::uint64_t one = slots.id(slot).id * 0x9E37'79B9'7F4A'7C15;
            one =
                (one ^ static_cast<std::uint64_t>(lives.find(slot)->left)) * 0xBF58'476D'1CE4'E5B9;
            one = (one ^ static_cast<std::uint64_t>(at.x * 2)) * 0x94D0'49BB'1331'11EB;
            total += one ^ static_cast<std::uint64_t>(at.y);
        }
        return total;
    }
    void tell(const char* what) {
        std::printf("%s %llu %llx\n", what, static_cast<unsigned long long>(clock.tick),
                    static_cast<unsigned long long>(sum()));
        std::fflush(stdout);
    }
};

int report(const perdure::Status& status) {
    std::fprintf(stderr, "%s\n", status.text().c_str());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    perdure::Schema schema;
    schema.component<Position>({.external = true})
        .component<Life>({.external = true})
        .component<Clock>({.external = true});
    Game game;
    perdure::WorldOptions options;
    options.external = game.callbacks();
    auto opened = perdure::World::open(argc > 1 ? argv[1] : "own-ecs", schema, options);
    if (!opened) return report(opened.status());
    perdure::World& world = **opened;
    game.tell("back");

    const long ticks = argc > 2 ? std::strtol(argv[2], nullptr, 10) : 20;
    for (long tick = 0; tick < ticks; ++tick) {
        game.play(world);
        std::printf("next %llu %llx\n", static_cast<unsigned long long>(game.clock.tick),
                    static_cast<unsigned long long>(game.sum()));
        std::fflush(stdout);
        if (auto saved = world.commit({.wait = true}); !saved) return report(saved.status());
        game.tell("saved");
    }
    const perdure::Status closed = world.close();
    return closed.ok() ? 0 : report(closed);
}
