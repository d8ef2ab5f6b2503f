// Runtime: the threads and budgets that many worlds of one process share.
//
//     perdure::Runtime runtime({.pending_bytes_max = 2ULL << 30});
//     for (const std::string& name : names) {
//         auto opened = perdure::World::open(name, schema, {.runtime = &runtime});
//         if (!opened) return report(opened.status());
//         worlds.push_back(*std::move(opened));
//     }
//
// A world that is opened without one has three threads and its limits for itself. With one, worlds
// share its threads, and what they hold together stays within its budgets, whatever the limits of
// each allow.
//
// Sharing. A budget is never passed by what one world takes; worlds that take at the same moment
// may pass it together, by a commit each. A quarter of it is kept for worlds below their fair
// share, which is the budget divided by the worlds that are open. So a world may take three
// quarters while the others need little, and a busy world cannot lock out a quiet one. A world that
// wants more than that waits or gets `busy`, the others go on; the store catching up gives it back.
//
// Threads. Three duties (flushing journals, carrying changes to stores, preparing journal files)
// have threads of their own. A world is inside one thread of a duty at a time, and only worlds with
// something to do are looked at: a quiet one costs no wake-ups. Where a world's disk or store
// hangs, its thread stands still, another takes its place, and the other worlds go on; with
// `threads_max` worlds hanging in one duty, the others wait for that duty too.
//
// Thread rule: any thread. Lifetime: the runtime is made before its worlds and destroyed after the
// last of them is closed or destroyed; destroying it earlier is a bug, and stops the program.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "perdure/status.h"

namespace perdure {

namespace engine {
class Runtime;
}  // namespace engine

struct RuntimeOptions {
    // Of each duty. They are made when work waits and end when it does not; most worlds of a
    // process hanging at once is what needs many.
    std::uint32_t threads_max = 64;
    // Memory for changes that stores do not have yet; beyond it bodies are read back from the
    // journals, those of the worlds first that have more than their share.
    std::uint64_t pending_bytes_max = 1ULL << 30;
    std::uint64_t index_bytes_max = 1ULL << 30;  // of the indexes of these and their rows: `busy`
    std::uint64_t journal_bytes_max = 64ULL << 30;  // on disk, prepared files included: `busy`
    // Page caches of stores between two drains; a store beyond its share gives its cache back.
    std::uint64_t store_cache_bytes_max = 512ULL << 20;
    std::uint64_t pool_bytes_max = 256ULL << 20;  // memory of ticks, kept some seconds for the next

    // `invalid` says which of these is out of range.
    [[nodiscard]] Status validate() const;
};

// How much of each budget is used, of how much.
struct RuntimeHealth {
    std::uint64_t worlds = 0;
    std::uint32_t threads = 0;  // now
    std::uint64_t visits = 0;   // to worlds that had something to do, so far
    std::uint64_t pending_bytes = 0;
    std::uint64_t pending_bytes_max = 0;
    std::uint64_t index_bytes = 0;
    std::uint64_t index_bytes_max = 0;
    std::uint64_t journal_bytes = 0;
    std::uint64_t journal_bytes_max = 0;
    std::uint64_t store_cache_bytes = 0;
    std::uint64_t store_cache_bytes_max = 0;
    std::uint64_t pool_bytes = 0;  // kept unused
};
// Several lines: what is used of each budget.
[[nodiscard]] std::string to_text(const RuntimeHealth& health);

class Runtime {
public:
    // Options that do not validate() are a bug.
    explicit Runtime(const RuntimeOptions& options = {});
    ~Runtime();
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    [[nodiscard]] RuntimeHealth health() const;

    // For World::open.
    [[nodiscard]] engine::Runtime& engine() noexcept { return *engine_; }

private:
    const std::unique_ptr<engine::Runtime> engine_;
};

}  // namespace perdure
