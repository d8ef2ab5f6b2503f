// Beings: the entities of a simulated world as the program that lives in it remembers them, and how
// to change and read their components through Entities, by name.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "perdure/entities.h"
#include "simulation/model.h"
#include "simulation/small_world.h"

namespace perdure::simulation {

// The ways to change a component.
enum class ChangeWay : std::uint8_t {
    set,
    edit,      // by a pointer that marks
    unmarked,  // by one that does not, and then changed()
    set_many,
    each,  // which marks all that it visits
};
inline constexpr std::uint64_t change_ways = 5;

// A component type of some variant, with its struct hidden.
struct ComponentKit {
    std::string_view name;
    // Makes something of `value` of it, and says in cells what. The entity lives. What it does not
    // have yet, and tags, are set whatever the way.
    Cells (*change)(Entities& entities, Entity entity, std::int32_t value, ChangeWay way);
    std::optional<Cells> (*get)(Entities& entities, Entity entity);
    bool (*remove)(Entities& entities, Entity entity);
};
[[nodiscard]] const std::vector<ComponentKit>& component_kits(Variant variant);

struct Being {
    EntityKind kind = EntityKind::plain;
    std::uint64_t parent = 0;
    std::map<std::string, Cells, std::less<>> components;
};

class Beings {
public:
    // Those of a state; the world itself always lives.
    static Beings of(const State& state, Variant variant);

    void add(std::uint64_t id, EntityKind kind, std::uint64_t parent);
    // With all below it, except for players and what is below them: they become roots.
    void destroy(std::uint64_t id);
    [[nodiscard]] bool is_below(std::uint64_t id, std::uint64_t ancestor) const;
    [[nodiscard]] std::uint64_t root(std::uint64_t id) const;
    [[nodiscard]] std::map<std::uint64_t, Being>& all() noexcept { return all_; }
    [[nodiscard]] const std::map<std::uint64_t, Being>& all() const noexcept { return all_; }

    // What a tick that captures them changes in `state`. Components that the variant does not know
    // are erased with their entity.
    [[nodiscard]] std::vector<Write> changes(const State& state, Variant variant) const;
    // `corrupt` if the live world is not like this.
    Status compare(Entities& entities, Variant variant) const;

private:
    [[nodiscard]] Rows entity_rows() const;

    std::map<std::uint64_t, Being> all_;
};

}  // namespace perdure::simulation
