// Surface: the ground of the demonstration, a piece of a real map: for every column its height and
// the name of its highest node. examples/ground/README.md has the format and says where it came
// from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "perdure/status.h"

namespace perdure::cli::demo {

inline constexpr std::uint32_t columns_max =
    200'000;  // entities of ground that a start should wait for

struct Surface {
    std::uint32_t width = 0;  // columns along x
    std::uint32_t depth = 0;  // columns along z
    std::vector<std::string> names;
    std::vector<std::int16_t> heights;  // row by row of z, x fastest
    std::vector<std::uint8_t> nodes;    // into names; the same order

    [[nodiscard]] std::size_t columns() const { return heights.size(); }
    [[nodiscard]] const std::string& name(std::size_t column) const { return names[nodes[column]]; }
};

// `corrupt` if the bytes are no surface of this format, naming the offset.
[[nodiscard]] Result<Surface> decode_surface(std::span<const std::byte> file);

// The one that this program was built with.
[[nodiscard]] Result<Surface> built_in_surface();

// A square of it, for smaller worlds; `invalid` if the surface is smaller.
[[nodiscard]] Result<Surface> cut_square(const Surface& surface, std::uint32_t side);

}  // namespace perdure::cli::demo
