#include "entities/hydration.h"

#include "base/error.h"
#include "perdure/entity.h"

namespace perdure::entities {

Status check_id(const TableDefinition& table, std::uint64_t id) {
    if (id != 0 && id <= entity_id_max) return {};
    return error(Code::corrupt,
                 "table {}: a row of entity {}, which no entity can be; "
                 "run perdure verify",
                 table.name, id);
}

Status check_room(const TableDefinition& table, std::uint32_t rows, std::uint32_t rows_max) {
    if (rows < rows_max) return {};
    return error(Code::no_space,
                 "table {} has more than {} rows, which is all that can live in memory", table.name,
                 rows_max);
}

Result<InForce> InForce::make(const Batch& batch, const TableDefinition& table) {
    InForce made(batch);
    if (batch.table().version == table.version) return made;
    PERDURE_TAKE(made.converted_, convert(batch, table));
    made.is_converted_ = true;
    return made;
}

}  // namespace perdure::entities
