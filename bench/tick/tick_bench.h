// Runs variants of tick peers and reports them; the whole of a benchmark program's main.
//
//   int main(int argc, char** argv) { return tick_bench_main(argc, argv, lmdb_variants()); }
//
// Options: --dir --ticks --peer-ticks --rate --runs --peer --entities --fraction --seed --json
// (see --help).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "measure/report.h"
#include "tick/tick_peer.h"

namespace perdure::bench {

struct TickRun {
    Samples tick_ms;            // each commit
    double seconds = 0;         // all commits, without what is between them
    double finish_seconds = 0;  // TickPeer::finish()
    double cpu_seconds = 0;     // client and server, without the workload
    double device_bytes_per_update =
        0;  // all the device wrote, final flush of the file system included
    double flushes_per_tick = 0;
    double updates_per_second = 0;  // finish() not counted
    double resident_megabytes = 0;  // the server's memory, or else what this process grew by
};

// How many ticks, and how many of them a second; 0: each as soon as the one before is durable.
struct TickPace {
    std::uint64_t ticks = 0;
    double rate = 0;
};

// One run in a fresh directory below `directory`. Throws if anything fails or what is read back
// differs.
TickRun run_ticks(const TickPeerVariant& variant, const std::filesystem::path& directory,
                  const TickPace& pace, TickWorkload& workload);

// The row that is printed: median (min..max) of each figure over the runs.
ResultRow tick_row(const TickPeerVariant& variant, const std::vector<TickRun>& runs);

// Exit code: 0, or 1 if a variant failed (the others still run), or 2 if the options make no sense.
int tick_bench_main(int argc, char** argv, const TickPeerVariants& variants);

}  // namespace perdure::bench
