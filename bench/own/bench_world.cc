#include "own/bench_world.h"

#include <stdexcept>

namespace perdure::bench {

void must(const Status& status) {
    if (!status.ok()) throw std::runtime_error(status.text());
}

Schema tick_schema() {
    Schema schema;
    schema.component<Position>({.position = true});
    schema.component<Velocity>();
    schema.component<Health>();
    schema.component<Inventory>();
    return schema;
}

std::unique_ptr<World> open_world(const std::string& directory, const Schema& schema,
                                  const WorldOptions& options) {
    // One busy world: its journal files need not begin small.
    WorldOptions busy = options;
    busy.journal_first_file_bytes = options.journal_file_bytes;
    return must(World::open(directory, schema, busy));
}

std::vector<Entity> fill_world(World& world, const WorldArrays& arrays) {
    Entities& entities = world.entities();
    std::vector<Entity> ids(arrays.size());
    for (Entity& id : ids) id = entities.create();
    entities.set_many<Position>(ids, arrays.positions);
    entities.set_many<Velocity>(ids, arrays.velocities);
    entities.set_many<Health>(ids, arrays.healths);
    entities.set_many<Inventory>(ids, arrays.inventories);
    const Token token = must(world.commit());
    must(token.wait(Level::stored));
    return ids;
}

namespace {

template <typename T>
void set_changed(Entities& entities, const std::vector<Entity>& ids,
                 const ComponentChanges<T>& changed) {
    for (std::size_t i = 0; i < changed.size(); ++i) {
        entities.set(ids[changed.entities[i]], changed.values[i]);
    }
}

}  // namespace

void change_world(Entities& entities, const std::vector<Entity>& ids, const TickChanges& changes) {
    set_changed(entities, ids, changes.positions);
    set_changed(entities, ids, changes.velocities);
    set_changed(entities, ids, changes.healths);
    set_changed(entities, ids, changes.inventories);
}

}  // namespace perdure::bench
