// Views for people: SQL views that join an entity with its components.
#pragma once

#include "engine/engine.h"

namespace perdure {

// "entities" joins up to 60 component tables, "entities_2" the next 60, and so on. Needs a store
// with SQL.
Status declare_entity_views(engine::Engine& engine);

}  // namespace perdure
