// perdure schema show|diff|drop: what tables a world has, how they changed, and the end of what
// removed fields still hold.
#pragma once

#include <string>

#include "cli/exit_code.h"

namespace perdure::cli {

struct SchemaShowOptions {
    std::string directory;
    bool json = false;
};
// Changes nothing; beside a running owner too.
[[nodiscard]] ExitCode run_schema_show(const SchemaShowOptions& options);

struct SchemaDiffOptions {
    std::string directory;
    std::string other;  // a world, or a dump (.json); empty: the world's own earlier versions
    bool json = false;
};
// Between two: `done` if they are alike, `no` if not.
[[nodiscard]] ExitCode run_schema_diff(const SchemaDiffOptions& options);

struct SchemaDropOptions {
    std::string directory;
    std::string field;  // "table.field"
};
// Opens the world as its owner.
[[nodiscard]] ExitCode run_schema_drop(const SchemaDropOptions& options);

}  // namespace perdure::cli
