#include "fuzz/target.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "model/utf8.h"

namespace perdure::fuzz {
namespace {

constexpr std::array all_targets{
    Target{"file_header", file_header},
    Target{"file_name", file_name},
    Target{"group", group},
    Target{"frame", frame},
    Target{"key_codec", key_codec},
    Target{"recovery", recovery},
    Target{"inspect", inspect},
    Target{"definition", definition},
    Target{"column_type", column_type},
    Target{"cell", cell},
    Target{"text", text},
    Target{"identity", identity},
    Target{"lock_owner", lock_owner},
    Target{"settings", settings},
    Target{"categories", categories},
    Target{"hydration", hydration},
    Target{"store_page", store_page},
    Target{"store_log", store_log},
    Target{"store_rows", store_rows},
    Target{"store_file", store_file},
    Target{"store_world", store_world},
    Target{"ground", ground},
};

// UTF-8, and nothing that a terminal would obey: no C0, DEL or C1.
bool is_showable(std::string_view words) {
    for (std::size_t at = words.find('\xC2'); at + 1 < words.size() && at != words.npos;
         at = words.find('\xC2', at + 1)) {
        if (static_cast<unsigned char>(words[at + 1]) < 0xA0) return false;
    }
    return is_text(words) && std::none_of(words.begin(), words.end(), [](char letter) {
               const auto byte = static_cast<unsigned char>(letter);
               return byte < 0x20 || byte == 0x7f;
           });
}

bool same_cell(const Batch& one, const Batch& other, std::size_t column, std::uint32_t row) {
    if (one.is_null(column, row) != other.is_null(column, row)) return false;
    if (one.table().columns[column].type.kind == ColumnKind::boolean) {
        return one.boolean(column, row) == other.boolean(column, row);
    }
    const ByteSpan left = one.cell(column, row);
    const ByteSpan right = other.cell(column, row);
    return std::equal(left.begin(), left.end(), right.begin(), right.end());
}

}  // namespace

std::span<const Target> targets() { return all_targets; }

Outcome refused(const Status& status, std::initializer_list<Code> documented) {
    PERDURE_ASSERT(!status.ok());
    const bool is_documented =
        std::find(documented.begin(), documented.end(), status.code()) != documented.end();
    PERDURE_ASSERT(is_documented);
    PERDURE_ASSERT(!status.message().empty());
    PERDURE_ASSERT(is_showable(status.message()));
    return Outcome::refused;
}

bool same_rows(const Batch& one, const Batch& other) {
    if (one.table().id != other.table().id || one.table().version != other.table().version ||
        one.operation() != other.operation() || one.rows() != other.rows()) {
        return false;
    }
    for (std::size_t column = 0; column < one.columns(); ++column) {
        for (std::uint32_t row = 0; row < one.rows(); ++row) {
            if (!same_cell(one, other, column, row)) return false;
        }
    }
    return true;
}

std::vector<std::byte> copy_of(ByteSpan bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace perdure::fuzz
