#include <algorithm>

#include "base/error.h"
#include "base/seeded_bug.h"
#include "entities/hydration.h"
#include "entities/registry.h"
#include "model/structs.h"

namespace perdure::entities {
namespace {

Status check_entity_row(std::uint64_t id, const EntityRow& row) {
    if (row.kind > EntityKind::player) {
        return error(Code::unsupported,
                     "entity {} is of kind {}, which this version does not know; "
                     "open the world with a newer one",
                     id, static_cast<unsigned>(row.kind));
    }
    if (row.segment != 0) {
        return error(Code::unsupported,
                     "entity {} is in segment {}, and this version does not keep "
                     "segments; open the world with a newer one",
                     id, row.segment);
    }
    return {};
}

}  // namespace

Status Registry::load(const Batch& batch) {
    PERDURE_ASSERT(entity_definition_ != nullptr && !loaded_);
    const TableId id = batch.table().id;
    const bool erase = batch.operation() == Operation::erase;
    if (id == entity_definition_->id) {
        return erase ? load_erased(nullptr, batch) : load_entities(batch);
    }
    if (id == ids_definition_->id) return erase ? Status() : load_reserved_ids(batch);
    for (const auto& table : components_) {
        if (table->definition->id != id) continue;
        if (table->is_ephemeral()) return {};  // emptied at open
        return erase ? load_erased(table.get(), batch) : load_components(*table, batch);
    }
    return relations_.load(batch, highest_id_);
}

Status Registry::load_entities(const Batch& batch) {
    PERDURE_TAKE(const InForce in_force, InForce::make(batch, *entity_definition_));
    const Batch& rows = in_force.batch();
    for (std::uint32_t row = 0; row < rows.rows(); ++row) {
        const auto id = rows.fixed<std::uint64_t>(0, row);
        EntityRow loaded;
        scatter_struct(rows, entity_plan_, row, reinterpret_cast<std::byte*>(&loaded));
        PERDURE_TRY(check_id(*entity_definition_, id));
        PERDURE_TRY(check_entity_row(id, loaded));
        PERDURE_TRY(check_room(*entity_definition_, entities_.count(), ComponentRows::rows_max));
        highest_id_ = std::max(highest_id_, id);
        entities_.restore(id, loaded);
    }
    return {};
}

Status Registry::load_reserved_ids(const Batch& batch) {
    PERDURE_TAKE(const InForce in_force, InForce::make(batch, *ids_definition_));
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        const auto end = in_force.batch().fixed<std::uint64_t>(1, row);
        if (end < EntityIds::first || end > EntityIds::end_max) {
            return error(Code::corrupt,
                         "table _entity_ids: ids are reserved up to {}, which cannot be; "
                         "run perdure verify",
                         end);
        }
        ids_.restore(end);
    }
    return {};
}

// Rows that are new and follow one another are written at once, as far as a chunk goes.
Status Registry::load_components(ComponentTable& table, const Batch& batch) {
    PERDURE_TAKE(const InForce in_force, InForce::make(batch, *table.definition));
    const Batch& from = in_force.batch();
    ComponentRows& rows = table.rows;
    for (std::uint32_t done = 0; done < from.rows();) {
        std::uint32_t run = 0;
        std::uint32_t first = 0;
        for (; done + run < from.rows(); ++run) {
            const auto id = from.fixed<std::uint64_t>(0, done + run);
            PERDURE_TRY(check_id(*table.definition, id));
            PERDURE_TRY(check_room(*table.definition, rows.count(), ComponentRows::rows_max));
            highest_id_ = std::max(highest_id_, id);
            const std::uint32_t row = rows.restore(id);
            if (run == 0) first = row;
            if (row != first + run ||
                row / ComponentRows::chunk_rows != first / ComponentRows::chunk_rows) {
                break;
            }
        }
        scatter_structs(from, table.plan, done, run, rows.at(first), rows.stride());
        done += run;
    }
    return {};
}

Status Registry::load_erased(ComponentTable* table, const Batch& batch) {
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        const auto id = batch.fixed<std::uint64_t>(0, row);
        highest_id_ = std::max(highest_id_, std::min(id, entity_id_max));
        if (table != nullptr) {
            table->rows.forget(id);
        } else {
            entities_.forget(id);
        }
    }
    return {};
}

Status Registry::loaded(std::vector<std::string>& remarks) {
    PERDURE_ASSERT(entity_definition_ != nullptr && !loaded_);
    if (!alive(world_entity)) entities_.add(world_entity.id, EntityKind::plain);
    entities_.loaded(remarks);
    for (const auto& table : components_) drop_orphans(*table, remarks);
    relations_.drop_orphans([this](std::uint64_t id) { return entities_.alive(id); }, remarks);
    if (highest_id_ >= std::max(ids_.stored_end(), EntityIds::first)) {
        remarks.push_back(
            text::format("entity {} lies beyond the reserved ids, which end before {}; "
                         "ids go on behind it",
                         highest_id_, ids_.stored_end()));
    }
    const bool again = seeded_bug("entities: ids are given again after a crash");
    ids_.start(std::max({EntityIds::first, again ? 0 : ids_.stored_end(), highest_id_ + 1}));
    loaded_ = true;
    return {};
}

// Rows of nobody: damage, or somebody wrote the database by hand. They stay there, but nobody sees
// them here.
void Registry::drop_orphans(ComponentTable& table, std::vector<std::string>& remarks) {
    std::vector<std::uint64_t> orphans;
    for (std::uint32_t row = 0; row < table.rows.count(); ++row) {
        const std::uint64_t id = table.rows.id_at(row);
        if (!entities_.alive(id)) orphans.push_back(id);
    }
    for (const std::uint64_t id : orphans) table.rows.forget(id);
    if (orphans.empty()) return;
    remarks.push_back(text::format(
        "component {}: {} rows are of entities that are not alive, the lowest is {}; "
        "they stay in the store and were not loaded",
        table.shape.name, orphans.size(), *std::min_element(orphans.begin(), orphans.end())));
}

}  // namespace perdure::entities
