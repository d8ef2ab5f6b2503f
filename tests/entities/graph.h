// The relations that these tests live on, and a world that knows them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "entities/living_world.h"
#include "perdure/relations.h"

namespace perdure::entities {

struct Trades {
    std::int64_t volume = 0;
    std::uint32_t times = 1;
    friend bool operator==(const Trades&, const Trades&) = default;
};
PERDURE_COMPONENT(Trades, volume, times);

struct Knows {  // not trivially copyable
    std::string as;
    std::optional<Entity> through;
    friend bool operator==(const Knows&, const Knows&) = default;
};
PERDURE_COMPONENT(Knows, as, through);

struct Follows {  // without data
    friend bool operator==(const Follows&, const Follows&) = default;
};
PERDURE_COMPONENT(Follows);

struct Likes {  // relaxed
    std::int32_t level = 0;
    friend bool operator==(const Likes&, const Likes&) = default;
};
PERDURE_COMPONENT(Likes, level);

struct Sees {  // ephemeral
    std::uint8_t clearly = 0;
    friend bool operator==(const Sees&, const Sees&) = default;
};
PERDURE_COMPONENT(Sees, clearly);

inline Schema graph_schema() {
    Schema schema = full_schema();
    schema.relation<Trades>().relation<Knows>().relation<Follows>();
    schema.relation<Likes>({.category = "slow"}).relation<Sees>({.category = "fleeting"});
    return schema;
}

using Pair = StoredTables::Pair;
using Pairs = std::vector<Pair>;

// The pairs of a table's batch in a change set, in the batch's order.
inline Pairs pairs_in(const ChangeSet& changes, std::string_view table, Operation operation) {
    Pairs pairs;
    const Batch* batch = find_batch(changes, table, operation);
    for (std::uint32_t row = 0; batch != nullptr && row < batch->rows(); ++row) {
        pairs.emplace_back(batch->fixed<std::uint64_t>(0, row),
                           batch->fixed<std::uint64_t>(1, row));
    }
    return pairs;
}

// All edges, in the order of each().
template <typename T>
Pairs pairs_of(Relations& relations) {
    Pairs pairs;
    relations.each<T>(
        [&](Entity from, Entity to, const T&) { pairs.emplace_back(from.id, to.id); });
    return pairs;
}

}  // namespace perdure::entities
