// The ground of the demonstration: a file that is built into the command.
#include "cli/demo/ground.h"

#include <algorithm>

#include "base/assert.h"
#include "fuzz/target.h"

namespace perdure::fuzz {

Outcome ground(ByteSpan input) {
    using namespace cli::demo;
    const Result<Surface> surface = decode_surface(input);
    if (!surface) return refused(surface.status(), {Code::corrupt, Code::unsupported});
    const std::size_t columns = std::size_t{surface->width} * surface->depth;
    PERDURE_ASSERT(columns > 0 && columns <= columns_max);
    PERDURE_ASSERT(surface->heights.size() == columns && surface->nodes.size() == columns);
    for (const std::uint8_t node : surface->nodes) PERDURE_ASSERT(node < surface->names.size());
    const std::uint32_t side = std::min(surface->width, surface->depth);
    const auto square = cut_square(*surface, side);
    PERDURE_ASSERT(square.ok() && square->columns() == std::size_t{side} * side);
    return Outcome::taken;
}

}  // namespace perdure::fuzz
