// perdure init DIR: makes an empty world.
#pragma once

#include <string>

#include "cli/exit_code.h"

namespace perdure::cli {

// `refused` if a world is there already.
[[nodiscard]] ExitCode run_init(const std::string& directory);

}  // namespace perdure::cli
