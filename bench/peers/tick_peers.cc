// bench_tick_peers: Perdure and what a user would pick instead, on the tick workload, in one run.
#include "peers/tick_peers.h"

#include "own/perdure_tick.h"
#include "tick/tick_bench.h"

int main(int argc, char** argv) {
    using namespace perdure::bench;
    TickPeerVariants all;
    for (const auto& variants : {raw_variants(), perdure_variants(), rocksdb_variants(),
                                 lmdb_variants(), redis_variants(), sqlite_variants()}) {
        all.insert(all.end(), variants.begin(), variants.end());
    }
    return tick_bench_main(argc, argv, all);
}
