// Hello, world: a world is opened, lives for three ticks, is closed; run it again and it goes on.
#include <cstdint>
#include <cstdio>

#include "perdure/perdure.h"

struct Position {
    float x = 0, y = 0;
};
PERDURE_COMPONENT(Position, x, y);

struct Visits {
    std::uint32_t count = 0;
};
PERDURE_COMPONENT(Visits, count);

static int report(const perdure::Status& status) {
    std::fprintf(stderr, "%s\n", status.text().c_str());
    return 1;
}

int main(int argc, char** argv) {
    perdure::Schema schema;
    schema.component<Position>({.position = true}).component<Visits>();

    auto opened = perdure::World::open(argc > 1 ? argv[1] : "hello-world", schema);
    if (!opened) return report(opened.status());
    perdure::World& world = **opened;
    perdure::Entities& entities = world.entities();

    // What exists once is a component on the world itself.
    const auto* before = entities.get<Visits>(perdure::world_entity);
    const Visits visits{before == nullptr ? 1 : before->count + 1};
    entities.set(perdure::world_entity, visits);
    if (visits.count == 1) entities.set(entities.create(), Position{0, 0});

    for (int tick = 0; tick < 3; ++tick) {
        entities.each<perdure::Mut<Position>>([](Position& at) { at.x += 1; });
        if (auto saved = world.commit(); !saved) return report(saved.status());
    }
    entities.each<Position>([&](const Position& at) {
        std::printf("visit %u, tick %llu: somebody is at %.0f\n", visits.count,
                    static_cast<unsigned long long>(world.next_tick() - 1),
                    static_cast<double>(at.x));
    });
    const perdure::Status closed = world.close();
    return closed.ok() ? 0 : report(closed);
}
