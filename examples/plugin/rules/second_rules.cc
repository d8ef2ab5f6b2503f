// The next version of the rules: a mood between the fields, grain in words, more of everything.
#include <cstdio>
#include <string>

#include "perdure/perdure.h"

namespace {

struct Villager {
    std::string name = "a villager";
    double mood = 0.5;
    std::string store = "empty";  // was `grain`
};
PERDURE_COMPONENT(Villager, name, mood, store);

}  // namespace

extern "C" [[gnu::visibility("default")]] void declare_rules(perdure::Schema& schema) {
    schema.component<Villager>();
    schema.renamed_field("Villager", "grain", "store");
    schema.convert<std::int32_t, std::string>(
        "Villager", "store", [](std::int32_t grain) -> perdure::Result<std::string> {
            return std::to_string(grain).append(" sacks");
        });
}

extern "C" [[gnu::visibility("default")]] void run_rules(perdure::World& world) {
    perdure::Entities& entities = world.entities();
    entities.each<perdure::Mut<Villager>>([](Villager& villager) { villager.mood += 0.125; });
    entities.each<Villager>([](perdure::Entity, const Villager& villager) {
        std::printf("second rules: %s, mood %.3f, %s\n", villager.name.c_str(), villager.mood,
                    villager.store.c_str());
    });
}
