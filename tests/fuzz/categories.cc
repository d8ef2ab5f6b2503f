// A row of the table "_categories". Input: four pieces (a length, that many bytes), the interval.
#include "world/categories.h"

#include <array>

#include "base/assert.h"
#include "fuzz/target.h"
#include "model/batch_builder.h"
#include "model/catalog.h"
#include "model/rows.h"

namespace perdure::fuzz {
namespace {

constexpr std::size_t words_of_category = 4;

const TableDefinition& categories_table() {
    static const TableDefinition table = [] {
        const Catalog none;
        auto numbered = none.evolve(categories_definition());
        PERDURE_ASSERT(numbered.ok() && numbered->has_value());
        return **numbered;
    }();
    return table;
}

Batch row_of_category(Input& input) {
    BatchBuilder builder(categories_table(), Operation::upsert);
    for (std::size_t column = 0; column < words_of_category; ++column) {
        const ByteSpan piece = input.short_piece();
        builder.add_bytes(column, is_text(as_text(piece)) ? piece : ByteSpan());
    }
    std::byte interval[4];
    store_le(interval, input.number<std::uint32_t>());
    builder.add_bytes(words_of_category, interval);
    builder.end_row();
    Result<Batch> batch = builder.finish();
    PERDURE_ASSERT(batch.ok());
    return *std::move(batch);
}

}  // namespace

Outcome categories(ByteSpan bytes) {
    Input input(bytes);
    const Batch row = row_of_category(input);
    const Result<Category> category = read_category(row, 0);
    if (!category) return refused(category.status(), {Code::corrupt});
    const std::array<Cell, 5> cells{{{"name", category->name},
                                     {"durability", level_name(category->durability)},
                                     {"consistency", category->consistency},
                                     {"retention", category->retention},
                                     {"interval_ms", category->interval_ms}}};
    const auto again = make_row(categories_table(), Operation::upsert, cells);
    PERDURE_ASSERT(again.ok() && same_rows(*again, row));
    return Outcome::taken;
}

}  // namespace perdure::fuzz
