// Perdure among the tick peers.
#pragma once

#include "tick/tick_peer.h"

namespace perdure::bench {

TickPeerVariants perdure_variants();

}  // namespace perdure::bench
