// repair: does one of the remedies that verify offers. It moves things to quarantine/ and never
// deletes; each remedy is a small step that may be cut short at any point and done again. Between
// two of them the world opens, or verify names the next one. docs/operating/damage.md is the page
// for people.
//
//     auto report = repair(files, clock, "shard7", scratch, {.remedy = "cut-journal", .yes =
//     true});
//
// Thread rule: one thread. Takes the world's lock for as long as it runs.
#pragma once

#include <string>
#include <vector>

#include "io/clock.h"
#include "io/file_system.h"
#include "jobs/verify.h"
#include "perdure/status.h"

namespace perdure::jobs {

struct RepairOptions {
    std::string remedy;  // one that verify offers now
    bool yes = false;    // go on although something acknowledged is lost
};

struct RepairReport {
    Remedy done;                           // what it lost stands in `loses`
    std::vector<std::string> quarantined;  // paths
    Verdict after;                         // what verify says now
};

// As verify() fails; `invalid` if the remedy is not offered, or wants `yes`: then nothing was
// changed. A failure in the middle (`io`, `no_space`) leaves a world that verify and repair go on
// with. `scratch`: an empty directory of the same disk; the caller removes it.
Result<RepairReport> repair(io::FileSystem& files, const io::Clock& clock,
                            const std::string& directory, const std::string& scratch,
                            const RepairOptions& options);

}  // namespace perdure::jobs
