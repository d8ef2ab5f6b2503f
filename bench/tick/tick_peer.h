// Anything that can make the ticks of the tick workload durable: a peer, or Perdure itself.
//
// A variant is one way of using a peer. bench_tick_peers runs all variants on the same ticks and
// shows, per contest, the best one: so a peer is judged by its best setting, and all settings are
// shown.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "workload/tick_workload.h"

namespace perdure::bench {

struct TickPeerSetup {
    std::filesystem::path directory;  // empty, the peer's own; removed after the run
    std::uint64_t ticks = 0;          // how many will be committed
    TickWorkloadOptions workload;
};

// One run of one variant. Failures are exceptions that say what and where. The destructor stops
// servers and closes files.
class TickPeer {
public:
    virtual ~TickPeer() = default;

    // Makes the initial world durable. Not timed.
    virtual void load(const WorldArrays& world) = 0;

    // Not timed: what a program does to its world whoever stores it. `world` has the new values
    // already; a peer that holds the world itself takes them here.
    virtual void change(const TickChanges&) {}

    // Timed. When it returns, the tick is as durable as the variant says. `world` already holds the
    // new values.
    virtual void commit(const TickChanges& changes, const WorldArrays& world) = 0;

    // Timed on its own, after the last tick: what a peer still owes (a queue to drain). Most owe
    // nothing.
    virtual void finish() {}

    // Everything, read from where it was stored, through a new connection where the peer has any.
    virtual WorldArrays read_back() = 0;

    // A server process whose CPU, memory and writes count as the peer's.
    virtual std::optional<pid_t> server() const { return std::nullopt; }
};

struct TickPeerVariant {
    std::string peer;        // "sqlite": chosen by --peer
    std::string contest;     // variants of one contest compete, the best is shown: "sqlite, rows"
    std::string name;        // "WAL, autocheckpoint 16384"
    std::string durability;  // "flushed each tick"
    std::function<std::unique_ptr<TickPeer>(const TickPeerSetup&)> start;
};

using TickPeerVariants = std::vector<TickPeerVariant>;

}  // namespace perdure::bench
