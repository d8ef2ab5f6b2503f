// Terrain: the grid of columns, derived from the world's entities when it is opened: what lies
// where, which entity it is, and who stands on it. Nothing in it persists.
//
// Thread rule: the world's thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "cli/demo/components.h"
#include "perdure/entities.h"

namespace perdure::cli::demo {

// What a node's name means to those who walk, and to the eye.
enum class Land : std::uint8_t { water, ice, snow, sand, stone, soil, conifer, broadleaf };
inline constexpr std::size_t land_count = 8;

struct LandTraits {
    std::string_view label;
    std::uint8_t colour;  // of the 256 that terminals know
    bool walkable;
    bool fertile;  // crops grow
};
[[nodiscard]] const LandTraits& traits(Land land) noexcept;
[[nodiscard]] Land land_of(std::string_view node_name) noexcept;

using CellIndex = std::uint32_t;

struct Cell {
    Entity node;
    Entity walker;  // no_entity: free
    std::int16_t height = 0;
    Land land = Land::water;
};

class Terrain {
public:
    // Of the entities with a Position and a Node; those with a Position and a Walker stand on it.
    Terrain(Entities& entities, std::uint32_t width, std::uint32_t depth);

    [[nodiscard]] std::uint32_t width() const noexcept { return width_; }
    [[nodiscard]] std::uint32_t depth() const noexcept { return depth_; }
    [[nodiscard]] std::size_t columns() const noexcept { return cells_.size(); }
    [[nodiscard]] Cell& at(CellIndex cell) { return cells_[cell]; }
    [[nodiscard]] const Cell& at(CellIndex cell) const { return cells_[cell]; }
    [[nodiscard]] CellIndex index(float x, float z) const noexcept {
        return static_cast<CellIndex>(z) * width_ + static_cast<CellIndex>(x);
    }
    [[nodiscard]] float x_of(CellIndex cell) const noexcept {
        return static_cast<float>(cell % width_);
    }
    [[nodiscard]] float z_of(CellIndex cell) const noexcept {
        const CellIndex row = cell / width_;
        return static_cast<float>(row);
    }

    static constexpr CellIndex outside = ~CellIndex{0};
    // The next cell in that direction: 0 east, 1 north, 2 west, 3 south.
    [[nodiscard]] CellIndex neighbour(CellIndex cell, std::uint8_t heading) const noexcept;
    // Whether legs can go from one to the other: dry, not too steep.
    [[nodiscard]] bool can_step(CellIndex from, CellIndex to) const noexcept;
    // Whether one of the four neighbours is land of this sort.
    [[nodiscard]] bool borders(CellIndex cell, Land land) const noexcept;

    // Missing nodes, walkers beside the ground, two in one place: a world that the rules cannot
    // have made.
    [[nodiscard]] std::size_t misplaced() const noexcept { return misplaced_; }

private:
    bool place(const Position& at, CellIndex& cell) const noexcept;

    std::uint32_t width_;
    std::uint32_t depth_;
    std::vector<Cell> cells_;
    std::size_t misplaced_ = 0;
};

}  // namespace perdure::cli::demo
