// perdure status DIR: what a world is, who has it and how far it is; beside a running owner too.
#pragma once

#include <string>

#include "cli/exit_code.h"

namespace perdure::cli {

struct StatusOptions {
    std::string directory;
    bool json = false;
};

// `damaged` if its journal is, for certain; it is said all the same.
[[nodiscard]] ExitCode run_status(const StatusOptions& options);

}  // namespace perdure::cli
