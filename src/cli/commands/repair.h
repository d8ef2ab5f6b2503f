// perdure repair DIR: lists the remedies for what is damaged, with what each loses; with --remedy
// NAME does one of them. docs/operating/damage.md.
#pragma once

#include <string>

#include "cli/exit_code.h"

namespace perdure::cli {

struct RepairCommandOptions {
    std::string directory;
    std::string remedy;  // empty: list them, change nothing
    bool yes = false;
    bool json = false;
};

// `done` if the world is whole (now), `damaged` if something is still to be done, `refused` if the
// remedy is not offered or wants --yes.
[[nodiscard]] ExitCode run_repair(const RepairCommandOptions& options);

}  // namespace perdure::cli
