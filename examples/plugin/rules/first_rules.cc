// Rules in a shared library: their structs, and one tick. See plugin.cc.
#include <cstdio>
#include <string>

#include "perdure/perdure.h"

namespace {

struct Villager {
    std::string name = "a villager";
    std::int32_t grain = 10;
};
PERDURE_COMPONENT(Villager, name, grain);

}  // namespace

extern "C" [[gnu::visibility("default")]] void declare_rules(perdure::Schema& schema) {
    schema.component<Villager>();
}

extern "C" [[gnu::visibility("default")]] void run_rules(perdure::World& world) {
    perdure::Entities& entities = world.entities();
    Villager born{.name = "born at tick "};
    born.name += std::to_string(world.next_tick());
    entities.set(entities.create(), born);
    std::int64_t grain = 0;
    entities.each<perdure::Mut<Villager>>([&](Villager& villager) { grain += ++villager.grain; });
    std::printf("first rules: %zu villagers have %lld of grain\n", entities.count_of<Villager>(),
                static_cast<long long>(grain));
}
