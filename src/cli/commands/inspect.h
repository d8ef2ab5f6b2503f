// perdure inspect DIR: decodes journal and catalog offline, touching nothing; beside a running
// owner too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/exit_code.h"

namespace perdure::cli {

struct InspectOptions {
    std::string directory;
    std::string file;                       // one journal file only, by name
    std::optional<std::uint64_t> last;      // so many change sets, the newest
    bool rows = false;                      // not only how many
    std::optional<std::uint32_t> rows_max;  // of each batch; implies `rows`
    bool json = false;
};

// What is odd is a remark; what is certainly damaged is said to be, and the walk goes on behind it:
// `damaged`. `refused` if there is no world, or no such file.
[[nodiscard]] ExitCode run_inspect(const InspectOptions& options);

}  // namespace perdure::cli
