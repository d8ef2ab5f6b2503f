// Names in a journal's directory.
#include "journal/file_name.h"

#include "base/assert.h"
#include "fuzz/target.h"

namespace perdure::fuzz {

Outcome file_name(ByteSpan input) {
    const std::string_view name = as_text(input);
    const auto sequence = journal::parse_file_name(name);
    const auto spare = journal::parse_spare_name(name);
    PERDURE_ASSERT(!sequence || !spare);
    if (sequence) PERDURE_ASSERT(journal::file_name(*sequence) == name);
    if (spare) PERDURE_ASSERT(journal::spare_name(*spare) == name);
    return sequence || spare ? Outcome::taken : Outcome::refused;
}

}  // namespace perdure::fuzz
