// A machine with a small world that has lived through some deeds: what is spoilt byte by byte.
#pragma once

#include <span>

#include "base/error.h"
#include "exhaustion/workload.h"
#include "io/file_system.h"
#include "simulation/player.h"

namespace perdure::exhaustion {

// Small enough that three deeds can fill a journal file, and a group.
inline const simulation::Character& small_character() {
    static const simulation::Character made = [] {
        simulation::Character character;
        character.options.journal = {.file_bytes = journal::file_bytes_min,
                                     .bytes_max = 32 * journal::file_bytes_min,
                                     .files_ahead = 1,
                                     .group_bytes_max = 4 * io::block_bytes};
        return character;
    }();
    return made;
}

// Opens a world on `machine` and does these deeds; then it is closed, or its process dies.
inline Status live_through(simulation::Machine& machine, simulation::Model& model,
                           std::span<const Deed> deeds, bool close, simulation::Figures& figures) {
    simulation::RunLog log;
    simulation::Player player(machine, model, small_character(), Random(1), figures, log);
    PERDURE_TRY(player.open());
    for (const Deed deed : deeds) PERDURE_TRY(player.perform(deed));
    if (close) PERDURE_TRY(player.close());
    player.kill();
    return {};
}

}  // namespace perdure::exhaustion
