#include "journal/definitions.h"

#include <algorithm>

#include "base/assert.h"
#include "base/error.h"
#include "journal/format.h"

namespace perdure::journal {

Result<std::vector<TableDefinition>> decode_definitions(ByteSpan bytes, std::uint32_t count) {
    std::vector<TableDefinition> definitions;
    for (std::uint32_t index = 0; index < count; ++index) {
        PERDURE_TAKE(TableDefinition definition, decode_definition(bytes));
        definitions.push_back(std::move(definition));
    }
    if (!bytes.empty()) {
        return error(Code::corrupt, "{} bytes follow the last of {} definitions", bytes.size(),
                     count);
    }
    return definitions;
}

DefinitionsInForce::DefinitionsInForce(const Catalog& catalog) {
    for (const TableDefinition* table : catalog.tables()) {
        Entry entry{table->version, {}};
        encode_definition(*table, entry.encoded);
        in_force_.emplace(table->id, std::move(entry));
    }
    encode();
    begin_file();
}

void DefinitionsInForce::apply(const std::vector<TableDefinition>& definitions) {
    for (const TableDefinition& definition : definitions) {
        PERDURE_ASSERT(definition.id != 0);  // the catalog has numbered it
        PERDURE_ASSERT(definition.version != 0);
        const auto before = in_force_.find(definition.id);
        PERDURE_ASSERT(before == in_force_.end() || before->second.version <= definition.version);
        Entry entry{definition.version, {}};
        encode_definition(definition, entry.encoded);
        in_force_.insert_or_assign(definition.id, std::move(entry));
        const std::pair key(definition.id, definition.version);
        const auto at = std::lower_bound(known_.begin(), known_.end(), key);
        if (at == known_.end() || *at != key) known_.insert(at, key);
    }
    encode();
}

void DefinitionsInForce::begin_file() {
    known_.clear();
    for (const auto& [id, entry] : in_force_) known_.emplace_back(id, entry.version);
    PERDURE_ASSERT(std::is_sorted(known_.begin(), known_.end()));  // know() relies on it
}

bool DefinitionsInForce::know(const ChangeSet& changes) const {
    return std::all_of(changes.batches.begin(), changes.batches.end(), [&](const Batch& batch) {
        const std::pair key(batch.table().id, batch.table().version);
        return batch.rows() == 0 || std::binary_search(known_.begin(), known_.end(), key);
    });
}

void DefinitionsInForce::encode() {
    encoded_.clear();
    for (const auto& [id, entry] : in_force_) {
        encoded_.insert(encoded_.end(), entry.encoded.begin(), entry.encoded.end());
    }
    PERDURE_ASSERT(encoded_.empty() == in_force_.empty());
    PERDURE_ASSERT(encoded_.size() <= definitions_bytes_max);  // else no reader would take the file
}

}  // namespace perdure::journal
