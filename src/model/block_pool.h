// BlockPool: blocks for batches, kept for use again,
// so that a steady tick asks the system for nothing.
//
// Thread rule: any thread. Lifetime: blocks keep their
// pool's memory alive; the pool object itself may go.
#pragma once

#include <cstddef>
#include <memory>

#include "perdure/batch.h"

namespace perdure {

class BlockPool {
public:
    // Keeps at most `kept_bytes_max` of unused blocks.
    explicit BlockPool(std::size_t kept_bytes_max);
    ~BlockPool();

    // At least `bytes` bytes, at most a quarter more, aligned as Block(bytes) is, content
    // undefined; size() is what it really takes. Small ones come from the heap.
    [[nodiscard]] Block take(std::size_t bytes);
    // Gives unused blocks back to the system.
    void trim();
    // Gives back what stayed unused since the last call: called now and then, the pool keeps what a
    // busy world needs, and little when it has become quiet.
    void trim_idle();
    // Of unused blocks, now.
    [[nodiscard]] std::size_t kept_bytes() const;

private:
    class Shelf;
    std::shared_ptr<Shelf> shelf_;
};

}  // namespace perdure
