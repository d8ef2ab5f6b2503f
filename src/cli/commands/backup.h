// perdure backup DIR --to DIR2 and perdure restore DIR --to DIR2.
#pragma once

#include <string>

#include "cli/exit_code.h"

namespace perdure::cli {

struct BackupCommandOptions {
    std::string directory;
    std::string target;
    bool json = false;
};

// Beside a running owner too; out of its way as far as the system allows.
[[nodiscard]] ExitCode run_backup(const BackupCommandOptions& options);

struct RestoreCommandOptions {
    std::string directory;  // a backup
    std::string target;
    bool as_new = false;
    bool json = false;
};

// `damaged` if the backup is not what was written; the target is made whole or not at all.
[[nodiscard]] ExitCode run_restore(const RestoreCommandOptions& options);

}  // namespace perdure::cli
