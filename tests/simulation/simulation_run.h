// One workload of a Simulation, as far as it got: what its parts share.
#pragma once

#include <cstdint>
#include <optional>

#include "simulation/character.h"
#include "simulation/flushed_writes.h"
#include "simulation/machine.h"
#include "simulation/model.h"
#include "simulation/run_log.h"
#include "simulation/simulation.h"

namespace perdure::simulation {

struct Simulation::Run {
    std::uint64_t seed;
    Character character;
    RunLog log;
    Machine machine;
    Model model;
    std::optional<Failure> failure;
    FlushedWrites flushed;
};

}  // namespace perdure::simulation
