#include "cli/demo/terrain.h"

#include <string>
#include <unordered_map>

namespace perdure::cli::demo {

namespace {

constexpr std::array<LandTraits, land_count> all_traits{{
    {"water", 25, false, false},
    {"ice", 153, true, false},
    {"snow", 254, true, false},
    {"sand", 223, true, false},
    {"stone", 244, true, false},
    {"soil", 107, true, true},
    {"conifers", 22, false, false},
    {"broadleaves", 28, false, false},
}};

struct NameRule {
    std::string_view part;
    Land land;
};
// The first part found in a node's name decides; what none knows is soil that something grows on.
constexpr std::array name_rules{
    NameRule{"water", Land::water},      NameRule{"kelp", Land::water},
    NameRule{"needles", Land::conifer},  NameRule{"pine", Land::conifer},
    NameRule{"leaves", Land::broadleaf}, NameRule{"tree", Land::broadleaf},
    NameRule{"apple", Land::broadleaf},  NameRule{"permafrost_with_stones", Land::stone},
    NameRule{"stone", Land::stone},      NameRule{"gravel", Land::stone},
    NameRule{"cobble", Land::stone},     NameRule{"sand", Land::sand},
    NameRule{"snow", Land::snow},        NameRule{"ice", Land::ice},
};

constexpr int climb_max = 1;    // nodes up in one step
constexpr int descent_max = 2;  // and down

}  // namespace

const LandTraits& traits(Land land) noexcept { return all_traits[static_cast<std::size_t>(land)]; }

Land land_of(std::string_view node_name) noexcept {
    for (const NameRule& rule : name_rules) {
        if (node_name.find(rule.part) != std::string_view::npos) return rule.land;
    }
    return Land::soil;
}

Terrain::Terrain(Entities& entities, std::uint32_t width, std::uint32_t depth)
    : width_(width), depth_(depth), cells_(std::size_t{width} * depth) {
    std::unordered_map<std::string, Land> lands;
    std::size_t nodes = 0;
    entities.each<Node, Position>([&](Entity entity, const Node& node, const Position& at) {
        CellIndex cell = 0;
        if (!place(at, cell) || cells_[cell].node) {
            ++misplaced_;
            return;
        }
        const auto [found, added] = lands.try_emplace(node.name, Land::soil);
        if (added) found->second = land_of(node.name);
        cells_[cell] = {entity, no_entity, static_cast<std::int16_t>(at.y), found->second};
        ++nodes;
    });
    misplaced_ += cells_.size() - nodes;
    entities.each<Walker, Position>([&](Entity entity, const Walker&, const Position& at) {
        CellIndex cell = 0;
        if (!place(at, cell) || cells_[cell].walker) {
            ++misplaced_;
            return;
        }
        cells_[cell].walker = entity;
    });
}

bool Terrain::place(const Position& at, CellIndex& cell) const noexcept {
    const bool inside = at.x >= 0 && at.z >= 0 && at.x < static_cast<float>(width_) &&
                        at.z < static_cast<float>(depth_);
    if (inside) cell = index(at.x, at.z);
    return inside;
}

CellIndex Terrain::neighbour(CellIndex cell, std::uint8_t heading) const noexcept {
    const std::uint32_t x = cell % width_;
    const std::uint32_t z = cell / width_;
    switch (heading) {
        case 0: return x + 1 < width_ ? cell + 1 : outside;
        case 1: return z + 1 < depth_ ? cell + width_ : outside;
        case 2: return x > 0 ? cell - 1 : outside;
        case 3: return z > 0 ? cell - width_ : outside;
        default: return outside;
    }
}

bool Terrain::can_step(CellIndex from, CellIndex to) const noexcept {
    if (to == outside || !traits(cells_[to].land).walkable) return false;
    const int rise = cells_[to].height - cells_[from].height;
    return rise <= climb_max && rise >= -descent_max;
}

bool Terrain::borders(CellIndex cell, Land land) const noexcept {
    for (std::uint8_t heading = 0; heading < 4; ++heading) {
        const CellIndex next = neighbour(cell, heading);
        if (next != outside && cells_[next].land == land) return true;
    }
    return false;
}

}  // namespace perdure::cli::demo
