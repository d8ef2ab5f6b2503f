// The words for a column's type, as a mod's data file may have them.
#include "base/assert.h"
#include "fuzz/target.h"
#include "perdure/column.h"

namespace perdure::fuzz {

Outcome column_type(ByteSpan input) {
    const Result<ColumnType> type = parse_column_type(as_text(input));
    if (!type) return refused(type.status(), {Code::invalid});
    PERDURE_ASSERT(type->is_valid());
    PERDURE_ASSERT(type->name() == as_text(input));
    return Outcome::taken;
}

}  // namespace perdure::fuzz
