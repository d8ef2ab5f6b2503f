// perdure sql DIR QUERY: asks the store; beside a running owner too.
#pragma once

#include <string>

#include "cli/exit_code.h"

namespace perdure::cli {

struct SqlOptions {
    std::string directory;
    std::string query;
    bool json = false;
};

// The store holds what was drained: a running world's newest second may be missing.
[[nodiscard]] ExitCode run_sql(const SqlOptions& options);

}  // namespace perdure::cli
