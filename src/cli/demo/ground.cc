#include "cli/demo/ground.h"

#include <cstring>

#include "base/bytes.h"
#include "base/error.h"

// The file becomes part of the program here, so that it is there wherever the program is. .incbin
// is what both compilers' assemblers share; CMake tells the path and that this source depends on
// it.
__asm__(
    ".pushsection .rodata\n"
    ".balign 16\n"
    ".hidden perdure_ground_begin\n"
    ".hidden perdure_ground_end\n"
    ".globl perdure_ground_begin\n"
    ".globl perdure_ground_end\n"
    "perdure_ground_begin:\n"
    ".incbin \"" PERDURE_GROUND_FILE
    "\"\n"
    "perdure_ground_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" {
__attribute__((visibility("hidden"))) extern const std::byte perdure_ground_begin[];
__attribute__((visibility("hidden"))) extern const std::byte perdure_ground_end[];
}

namespace perdure::cli::demo {

namespace {

constexpr std::string_view magic = "PDGROUND";
constexpr std::uint32_t format_version = 1;

// Reads forward through the file; `at` is what errors name.
class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

    Result<std::span<const std::byte>> take(std::size_t count, std::string_view what) {
        if (bytes_.size() - at_ < count) {
            return error(Code::corrupt,
                         "ground: {} at offset {} needs {} bytes, the file has {} more", what, at_,
                         count, bytes_.size() - at_);
        }
        at_ += count;
        return bytes_.subspan(at_ - count, count);
    }
    template <typename T>
    Result<T> number(std::string_view what) {
        PERDURE_TAKE(const auto bytes, take(sizeof(T), what));
        return load_le<T>(bytes.data());
    }
    [[nodiscard]] std::size_t at() const { return at_; }
    [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }

private:
    std::span<const std::byte> bytes_;
    std::size_t at_ = 0;
};

Status read_head(Reader& reader, Surface& surface) {
    PERDURE_TAKE(const auto mark, reader.take(magic.size(), "the magic word"));
    if (as_text(mark) != magic)
        return error(Code::corrupt, "ground: does not begin with {}", magic);
    PERDURE_TAKE(const auto version, reader.number<std::uint32_t>("the format"));
    if (version != format_version) {
        return error(Code::unsupported, "ground: format {}; this program reads {}", version,
                     format_version);
    }
    PERDURE_TAKE(surface.width, reader.number<std::uint16_t>("the width"));
    PERDURE_TAKE(surface.depth, reader.number<std::uint16_t>("the depth"));
    PERDURE_TRY(reader.take(2 * sizeof(std::int32_t), "the origin").status());
    if (surface.width == 0 || surface.depth == 0 || surface.width * surface.depth > columns_max) {
        return error(Code::corrupt, "ground: {} x {} columns; 1 to {} are possible", surface.width,
                     surface.depth, columns_max);
    }
    return {};
}

Status read_names(Reader& reader, Surface& surface) {
    PERDURE_TAKE(const auto count, reader.number<std::uint16_t>("the number of names"));
    for (std::uint16_t index = 0; index < count; ++index) {
        PERDURE_TAKE(const auto length, reader.number<std::uint8_t>("the length of a name"));
        PERDURE_TAKE(const auto text, reader.take(length, "a name"));
        surface.names.emplace_back(as_text(text));
    }
    return {};
}

Status read_columns(Reader& reader, Surface& surface) {
    const std::size_t count = std::size_t{surface.width} * surface.depth;
    PERDURE_TAKE(const auto heights, reader.take(count * sizeof(std::int16_t), "the heights"));
    surface.heights.resize(count);
    std::memcpy(surface.heights.data(), heights.data(), heights.size());
    const std::size_t nodes_at = reader.at();
    PERDURE_TAKE(const auto nodes, reader.take(count, "the nodes"));
    surface.nodes.resize(count);
    for (std::size_t column = 0; column < count; ++column) {
        surface.nodes[column] = std::to_integer<std::uint8_t>(nodes[column]);
        if (surface.nodes[column] >= surface.names.size()) {
            return error(Code::corrupt, "ground: the node at offset {} has no name",
                         nodes_at + column);
        }
    }
    return {};
}

}  // namespace

Result<Surface> decode_surface(std::span<const std::byte> file) {
    Reader reader(file);
    Surface surface;
    PERDURE_TRY(read_head(reader, surface));
    PERDURE_TRY(read_names(reader, surface));
    PERDURE_TRY(read_columns(reader, surface));
    if (!reader.at_end()) {
        return error(Code::corrupt, "ground: {} bytes follow the last node, at offset {}",
                     file.size() - reader.at(), reader.at());
    }
    return surface;
}

Result<Surface> built_in_surface() {
    return decode_surface({perdure_ground_begin, perdure_ground_end});
}

Result<Surface> cut_square(const Surface& surface, std::uint32_t side) {
    if (side == 0 || side > surface.width || side > surface.depth) {
        return error(Code::invalid, "a square of {} columns; the ground has {} x {}", side,
                     surface.width, surface.depth);
    }
    // The far corner: even a small cut of it has woods and fields.
    const std::uint32_t x0 = surface.width - side;
    const std::uint32_t z0 = surface.depth - side;
    Surface square{side, side, surface.names, {}, {}};
    for (std::uint32_t z = z0; z < surface.depth; ++z) {
        const std::size_t row = std::size_t{z} * surface.width + x0;
        const auto offset = static_cast<std::ptrdiff_t>(row);
        square.heights.insert(square.heights.end(), surface.heights.begin() + offset,
                              surface.heights.begin() + offset + side);
        square.nodes.insert(square.nodes.end(), surface.nodes.begin() + offset,
                            surface.nodes.begin() + offset + side);
    }
    return square;
}

}  // namespace perdure::cli::demo
