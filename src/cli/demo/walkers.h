// Walkers: they walk where legs can go, tire, eat, gather what the land gives, and bargain with
// those in their way. They act in the order of their ids, a third of them each tick.
//
// Thread rule: the world's thread.
#pragma once

#include <vector>

#include "cli/demo/tick_work.h"
#include "perdure/status.h"

namespace perdure::cli::demo {

inline constexpr std::uint64_t walker_pace = 3;  // a walker acts every so many ticks
inline constexpr std::int16_t walker_energy_max = 400;
inline constexpr std::uint32_t bag_room = 40;  // of each kind of goods

class Walkers {
public:
    // All that are alive.
    explicit Walkers(Entities& entities, const Terrain& terrain);

    [[nodiscard]] std::size_t count() const noexcept { return walkers_.size(); }
    [[nodiscard]] Status act(TickWork& work);

private:
    struct Place {
        Entity walker;
        CellIndex cell;
    };

    [[nodiscard]] static Status act_one(TickWork& work, Place& place);
    [[nodiscard]] static Status walk(TickWork& work, Place& place, Walker& walker);

    std::vector<Place> walkers_;  // by id
};

}  // namespace perdure::cli::demo
