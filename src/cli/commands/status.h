// perdure status DIR: what a world is, who has it and how far it is; beside a running owner too.
#pragma once

#include <string>

#include "cli/exit_code.h"

namespace perdure::cli {

struct StatusOptions {
    std::string directory;
    bool json = false;
};

[[nodiscard]] ExitCode run_status(const StatusOptions& options);

}  // namespace perdure::cli
