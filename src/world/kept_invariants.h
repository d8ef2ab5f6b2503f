// The schema's invariants, connected to a world that is being opened: their rows read, what they
// expect kept in "_invariants".
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "invariants/invariants.h"
#include "perdure/schema.h"

namespace perdure {

// Reads every row of the tables that are watched; commits what is declared anew, and waits until it
// is durable. To be called before the first commit of the program, once resident tables could be
// hydrated. nullptr without invariants. What it has to say goes to `remarks`.
Result<std::unique_ptr<invariants::Invariants>> open_invariants(
    engine::Engine& engine, const Schema& schema, std::function<void(std::string_view)> log,
    std::vector<std::string>& remarks);

}  // namespace perdure
