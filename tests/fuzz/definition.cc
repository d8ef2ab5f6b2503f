// Definitions of tables. Input: a byte of how many, then definitions one after the other.
#include <algorithm>

#include "base/assert.h"
#include "fuzz/target.h"
#include "journal/definitions.h"
#include "model/catalog.h"

namespace perdure::fuzz {
namespace {

// There is one form of each: what was taken is written as it was read.
void check_definition(const TableDefinition& table, ByteSpan read) {
    std::vector<std::byte> written;
    encode_definition(table, written);
    PERDURE_ASSERT(std::equal(read.begin(), read.end(), written.begin(), written.end()));
    PERDURE_ASSERT(check_catalogued(table).ok());

    Catalog catalog;
    PERDURE_ASSERT(catalog.add(table).ok());
    PERDURE_ASSERT(catalog.add(table).ok());  // the same again is fine
    const auto evolved = catalog.evolve(table);
    PERDURE_ASSERT(evolved.ok() && !evolved->has_value());
}

}  // namespace

Outcome definition(ByteSpan bytes) {
    Input input(bytes);
    const auto count = input.number<std::uint8_t>();
    const std::vector<std::byte> exact = copy_of(input.rest());
    ByteSpan left = exact;
    bool all = true;
    for (unsigned index = 0; index < count && all; ++index) {
        const ByteSpan before = left;
        const Result<TableDefinition> table = decode_definition(left);
        all = table.ok();
        if (all) {
            check_definition(*table, before.first(before.size() - left.size()));
        } else {
            refused(table.status(), {Code::corrupt, Code::unsupported});
            PERDURE_ASSERT(left.data() == before.data() && left.size() == before.size());
        }
    }
    const auto together = journal::decode_definitions(exact, count);
    PERDURE_ASSERT(together.ok() == (all && left.empty()));
    if (!together) return refused(together.status(), {Code::corrupt, Code::unsupported});
    PERDURE_ASSERT(together->size() == count);
    return Outcome::taken;
}

}  // namespace perdure::fuzz
