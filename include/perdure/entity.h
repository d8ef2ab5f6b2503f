// Entity: a 64-bit id, used as a plain value. 0 is nobody, 1 is the world itself.
#pragma once

#include <cstdint>
#include <functional>

namespace perdure {

struct Entity {
    std::uint64_t id = 0;

    explicit operator bool() const noexcept { return id != 0; }
    friend bool operator==(Entity, Entity) = default;
    friend auto operator<=>(Entity, Entity) = default;  // NOLINT(modernize-use-nullptr): its 0
};

inline constexpr Entity no_entity{0};
inline constexpr Entity world_entity{1};
inline constexpr std::uint64_t entity_id_max =
    (std::uint64_t{1} << 63) - 1;  // 63 bits, on every store

}  // namespace perdure

template <>
struct std::hash<perdure::Entity> {
    std::size_t operator()(perdure::Entity entity) const noexcept {
        return std::hash<std::uint64_t>{}(entity.id);
    }
};
