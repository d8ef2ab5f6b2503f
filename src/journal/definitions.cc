#include "journal/definitions.h"

#include "base/error.h"
#include "model/catalog.h"

namespace perdure::journal {

Result<std::vector<TableDefinition>> decode_definitions(ByteSpan bytes, std::uint32_t count) {
    std::vector<TableDefinition> definitions;
    for (std::uint32_t index = 0; index < count; ++index) {
        PERDURE_TAKE(TableDefinition definition, decode_definition(bytes));
        definitions.push_back(std::move(definition));
    }
    if (!bytes.empty()) {
        return error(Code::corrupt, "{} bytes follow the last of {} definitions", bytes.size(), count);
    }
    return definitions;
}

}  // namespace perdure::journal
