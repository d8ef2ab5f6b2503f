// The tick workload's world, kept by Perdure.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "perdure/perdure.h"
#include "workload/tick_workload.h"

namespace perdure::bench {

PERDURE_COMPONENT(Position, x, y, z);
PERDURE_COMPONENT(Velocity, x, y, z);
PERDURE_COMPONENT(Health, points);
PERDURE_COMPONENT(Inventory, slots);

Schema tick_schema();

// Opens a world whose journal files have their full size at once, or throws std::runtime_error.
std::unique_ptr<World> open_world(const std::string& directory, const Schema& schema,
                                  const WorldOptions& options);
// Throws if a status is not ok.
void must(const Status& status);
template <typename T>
T must(Result<T> result) {
    must(result.status());
    return *std::move(result);
}

// An entity for each row of the arrays; commits and waits until the store has them.
std::vector<Entity> fill_world(World& world, const WorldArrays& arrays);
// Writes a tick's new values into the world's memory.
void change_world(Entities& entities, const std::vector<Entity>& ids, const TickChanges& changes);

}  // namespace perdure::bench
