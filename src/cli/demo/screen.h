// Screen: the demonstration on a terminal: a small live map and a calm block of figures, drawn in
// place.
//
// Thread rule: the world's thread. The terminal is as it was once the screen is gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/demo/figures.h"
#include "cli/demo/terrain.h"
#include "perdure/entities.h"

namespace perdure::cli::demo {

// The map as it is drawn: every field stands for a rectangle of columns.
struct MapField {
    std::uint8_t colour = 0;  // of the 256 that terminals know
    std::uint32_t walkers = 0;
    std::uint32_t soil = 0;
    std::uint32_t ripe = 0;
};

class MapView {
public:
    // At most so many characters and lines; fewer on small grounds.
    MapView(const Terrain& terrain, std::uint32_t characters_max, std::uint32_t lines_max);

    void count(const Terrain& terrain, Entities& entities);
    // Lines from north to south, coloured, without line ends.
    [[nodiscard]] std::vector<std::string> lines() const;
    [[nodiscard]] std::uint32_t characters() const noexcept { return characters_; }

private:
    [[nodiscard]] std::size_t field_of(CellIndex cell) const noexcept;

    std::uint32_t width_;
    std::uint32_t depth_;
    std::uint32_t characters_;
    std::uint32_t lines_;
    std::vector<MapField> fields_;  // row by row of z
};

class Screen {
public:
    // Whether stdout is a terminal with room for it.
    [[nodiscard]] static bool possible();

    explicit Screen(const Terrain& terrain);
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    void draw(const Figures& figures, const Terrain& terrain, Entities& entities);

private:
    MapView map_;
};

}  // namespace perdure::cli::demo
