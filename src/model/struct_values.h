// StructValues: makes, copies, moves and ends structs of which only the shape is known. Everything
// that is not plain bytes is text, json or bytes, perhaps optional; so no code of the program's is
// needed, and the library that declared a struct may be gone before the world's values of it.
//
// Thread rule: constant after construction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "perdure/component.h"

namespace perdure {

class StructValues {
public:
    // `shape` must outlive this, and stay as it is.
    explicit StructValues(const StructShape& shape);

    // Values are their bytes: they are copied as such, and need no end.
    [[nodiscard]] bool is_trivial() const noexcept { return owning_.empty(); }

    void construct(std::byte* at) const;  // T{}
    void destroy(std::byte* at) const noexcept;
    void relocate(std::byte* to, std::byte* from) const noexcept;  // moves, then ends `from`
    void copy(std::byte* to, const std::byte* from) const;         // assigns

private:
    // Bytes between the fields that own memory.
    struct Run {
        std::size_t begin;
        std::size_t bytes;
    };

    void copy_runs(std::byte* to, const std::byte* from) const noexcept;

    const StructShape& shape_;
    std::vector<const FieldShape*> owning_;  // by offset
    std::vector<Run> runs_;
};

}  // namespace perdure
