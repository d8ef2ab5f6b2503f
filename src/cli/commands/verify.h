// perdure verify DIR: judges every byte of a world at rest and prints its state digest.
#pragma once

#include <string>

#include "cli/exit_code.h"

namespace perdure::cli {

struct VerifyOptions {
    std::string directory;
    bool json = false;
};

// `damaged` with a line for each finding; `refused`, and who has it, if the world is open.
[[nodiscard]] ExitCode run_verify(const VerifyOptions& options);

}  // namespace perdure::cli
