// EntityIds: hands out ids, never one twice, not even after a crash.
//
// Ids come from a reservation that is durable before its first id is handed out: one row of table
// "_entity_ids" says up to where. After a crash ids go on behind the reservation, whatever of it
// was used:
//
//   1. reserved up to 65,538, durable          2. ids 2 to 40,000 handed out, 2 to 30,000 committed
//   3. crash                                   4. the next life begins with 65,538
//
// The row grows with the tick once half of the reservation is used; what it adds may be handed out
// when that tick is durable. A burst that uses up all of it before has to wait.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/assert.h"
#include "perdure/component.h"
#include "perdure/entity.h"

namespace perdure::entities {

// The row of table "_entity_ids", under slot 0.
struct ReservedIds {
    std::uint64_t reserved_end = 0;
};
PERDURE_COMPONENT_AS(ReservedIds, "_entity_ids", reserved_end);

class EntityIds {
public:
    static constexpr std::uint64_t first = 2;  // 0 is nobody, 1 is the world
    static constexpr std::uint64_t end_max = entity_id_max + 1;
    static constexpr std::uint64_t block_min = 65'536;      // a crash wastes at most about so many
    static constexpr std::uint64_t block_max = 67'108'864;  // 2^37 crashes use up all ids

    // The newest row of the table, durable; then the first id to hand out.
    void restore(std::uint64_t end) noexcept { stored_end_ = durable_end_ = end; }
    void start(std::uint64_t next) noexcept { next_ = first_of_life_ = next; }
    // Before any is handed out: not from below `next`.
    void skip_to(std::uint64_t next) noexcept {
        PERDURE_ASSERT(next_ == first_of_life_);
        start(std::max(next_, std::min(next, end_max)));
    }

    [[nodiscard]] std::uint64_t next() const noexcept { return next_; }
    // What the newest accepted row says; 0 if there is none.
    [[nodiscard]] std::uint64_t stored_end() const noexcept { return stored_end_; }
    [[nodiscard]] bool used_up() const noexcept { return next_ >= durable_end_; }
    [[nodiscard]] bool half_used() const noexcept {
        return next_ + block_ / 2 > stored_end_ && stored_end_ < end_max;
    }
    [[nodiscard]] std::uint64_t take() noexcept {
        PERDURE_ASSERT(!used_up());
        return next_++;
    }

    // What the next row should say; then whether it was accepted, and whether it is durable.
    [[nodiscard]] std::uint64_t wanted_end() const noexcept {
        return std::max(stored_end_, end_max - next_ > block_ ? next_ + block_ : end_max);
    }
    void accepted(std::uint64_t end) noexcept {
        PERDURE_ASSERT(end >= stored_end_ && end <= end_max);
        stored_end_ = end;
    }
    void durable(std::uint64_t end) noexcept {
        PERDURE_ASSERT(end <= stored_end_);
        durable_end_ = std::max(durable_end_, end);
    }
    // All of it is used up: larger blocks from now on, unless a life only begins.
    void grow_block() noexcept {
        if (next_ != first_of_life_) block_ = std::min(block_ * 2, block_max);
    }

private:
    std::uint64_t next_ = first;
    std::uint64_t first_of_life_ = first;
    std::uint64_t stored_end_ = 0;
    std::uint64_t durable_end_ = 0;
    std::uint64_t block_ = block_min;
};

}  // namespace perdure::entities
