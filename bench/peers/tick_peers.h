// The peers, each used as its experts would: one file per peer, one function that lists its
// variants.
#pragma once

#include "tick/tick_peer.h"

namespace perdure::bench {

TickPeerVariants raw_variants();  // the machine's limit: checksummed columns in a preallocated log
TickPeerVariants lmdb_variants();
TickPeerVariants redis_variants();
TickPeerVariants rocksdb_variants();
TickPeerVariants sqlite_variants();

}  // namespace perdure::bench
