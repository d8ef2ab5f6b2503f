#include "base/error.h"
#include "base/seeded_bug.h"
#include "entities/registry.h"
#include "model/batch_builder.h"
#include "model/digest.h"
#include "model/structs.h"

namespace perdure::entities {

Status Registry::capture(ChangeSet& into, std::uint64_t now_ms, bool everything, BlockPool& pool) {
    PERDURE_ASSERT(loaded_ && standing_ == Standing::no);
    const std::size_t batches = into.batches.size();
    const std::size_t ephemeral = into.ephemeral.size();
    capturing_ = true;
    capturing_ms_ = now_ms;
    capturing_end_ = 0;
    Status status = capture_all(into, now_ms, everything, pool);
    if (seeded_bug("entities: marks go before acceptance")) entities_.rows().captured_changed();
    if (status.ok()) return {};
    into.batches.resize(batches);
    into.ephemeral.resize(ephemeral);
    capturing_ = false;
    return status;
}

Status Registry::capture_all(ChangeSet& into, std::uint64_t now_ms, bool everything,
                             BlockPool& pool) {
    PERDURE_TRY(capture_entities(into.batches, pool));
    for (const auto& table : components_) {
        table->capturing_changed = everything || table->interval.is_over(table->category, now_ms);
        PERDURE_TRY(capture_components(
            *table, table->is_ephemeral() ? into.ephemeral : into.batches, pool));
    }
    PERDURE_TRY(capture_externals(into, now_ms, everything, pool));
    PERDURE_TRY(relations_.capture(into, now_ms, everything, pool));
    return capture_reserved_ids(into.batches, pool);
}

// The program's readers answer here.
Status Registry::capture_externals(ChangeSet& into, std::uint64_t now_ms, bool everything,
                                   BlockPool& pool) {
    if (externals_.empty()) return {};
    stand_still(Standing::for_readers);
    Status status;
    for (const auto& table : externals_) {
        status = table->capture(now_ms, everything, dead_, gatherer_, pool,
                                table->is_ephemeral() ? into.ephemeral : into.batches);
        if (!status.ok()) break;
    }
    go_on();
    return status;
}

Status Registry::capture_entities(std::vector<Batch>& to, BlockPool& pool) {
    ComponentRows& rows = entities_.rows();
    dead_ = rows.removed_ids();
    if (!dead_.empty()) {
        PERDURE_TRY(RowGatherer::erases(*entity_definition_, dead_, pool, to));
        for (const TableDefinition* table : foreign_) {
            if (seeded_bug("entities: unlisted components stay")) break;
            PERDURE_TRY(RowGatherer::erases(*table, dead_, pool, to));
        }
    }
    entity_row_ids_.clear();
    entity_rows_.clear();
    rows.changed().for_each_row([&](std::uint32_t row) {
        entity_row_ids_.push_back(rows.id_at(row));
        entity_rows_.push_back(entities_.stored_row(row));
    });
    if (entity_rows_.empty()) return {};
    entity_row_places_.resize(entity_rows_.size());
    for (std::size_t at = 0; at < entity_rows_.size(); ++at) {
        entity_row_places_[at] = reinterpret_cast<const std::byte*>(&entity_rows_[at]);
    }
    PERDURE_TAKE(Batch batch, gather_structs(*entity_definition_, entity_plan_, entity_row_ids_,
                                             entity_row_places_, &pool));
    to.push_back(std::move(batch));
    return {};
}

Status Registry::capture_components(ComponentTable& table, std::vector<Batch>& to,
                                    BlockPool& pool) {
    const ComponentRows& rows = table.rows;
    if (!rows.nothing_removed()) {
        PERDURE_TRY(RowGatherer::erases(*table.definition, rows.removed_ids(), pool, to));
    }
    if (!table.capturing_changed && seeded_bug("entities: a new relaxed component waits"))
        return {};
    const RowMarks& marks = table.capturing_changed ? rows.changed() : rows.fresh();
    return gatherer_.upserts(*table.definition, table.plan, rows, marks, pool, to);
}

Status Registry::capture_reserved_ids(std::vector<Batch>& to, BlockPool& pool) {
    if (!ids_.half_used()) return {};
    capturing_end_ = ids_.wanted_end();
    PERDURE_TAKE(Batch batch, reserved_ids_batch(capturing_end_, &pool));
    to.push_back(std::move(batch));
    return {};
}

void Registry::captured() {
    PERDURE_ASSERT(capturing_);
    capturing_ = false;
    for (const auto& table : externals_) table->captured(capturing_ms_);  // asks who is new
    entities_.rows().captured_changed();
    for (const auto& table : components_) {
        if (!table->capturing_changed) {
            table->rows.captured_fresh();
            continue;
        }
        if (!table->rows.changed().empty()) table->interval.begin(capturing_ms_);
        table->rows.captured_changed();
    }
    relations_.captured(capturing_ms_);
    if (capturing_end_ == 0) return;
    ids_.accepted(capturing_end_);
    reservation_under_way_ = capturing_end_;
    if (seeded_bug("entities: ids are given before they are durable")) ids_.durable(capturing_end_);
}

Hash128 Registry::digest() const {
    Hash128 sum = digest_of_entities();
    for (const auto& table : components_) {
        if (!table->is_ephemeral()) sum = sum + digest_of(*table);
    }
    sum = sum + relations_.digest();
    if (ids_.stored_end() != 0) {
        const Result<Batch> batch = reserved_ids_batch(ids_.stored_end(), nullptr);
        PERDURE_ASSERT(batch.ok());
        sum = sum + batch_digest(*batch);
    }
    return sum;
}

Hash128 Registry::digest_of(const ComponentTable& table) const {
    Hash128 sum;
    const ComponentRows& rows = table.rows;
    std::vector<const std::byte*> places(ComponentRows::chunk_rows);
    for (std::uint32_t chunk = 0; rows.chunk_count(chunk) > 0; ++chunk) {
        const std::size_t count = rows.chunk_count(chunk);
        for (std::size_t at = 0; at < count; ++at) {
            places[at] = rows.chunk_begin(chunk) + at * rows.stride();
        }
        const auto digest_range = [&](std::size_t first, std::size_t length) {
            const Result<Batch> batch = gather_structs(*table.definition, table.plan,
                                                       {rows.chunk_ids(chunk) + first, length},
                                                       {places.data() + first, length}, nullptr);
            if (batch) sum = sum + batch_digest(*batch);
            return batch.ok();
        };
        if (digest_range(0, count)) continue;
        for (std::size_t at = 0; at < count; ++at) digest_range(at, 1);  // all but those it refuses
    }
    return sum;
}

Hash128 Registry::digest_of_entities() const {
    Hash128 sum;
    const ComponentRows& rows = entities_.rows();
    std::vector<EntityRow> stored(ComponentRows::chunk_rows);
    std::vector<const std::byte*> places;
    places.reserve(stored.size());
    for (const EntityRow& row : stored) places.push_back(reinterpret_cast<const std::byte*>(&row));
    for (std::uint32_t chunk = 0; rows.chunk_count(chunk) > 0; ++chunk) {
        const std::uint32_t count = rows.chunk_count(chunk);
        for (std::uint32_t at = 0; at < count; ++at) {
            stored[at] = entities_.stored_row(chunk * ComponentRows::chunk_rows + at);
        }
        const Result<Batch> batch =
            gather_structs(*entity_definition_, entity_plan_, {rows.chunk_ids(chunk), count},
                           {places.data(), count}, nullptr);
        PERDURE_ASSERT(batch.ok());
        sum = sum + batch_digest(*batch);
    }
    return sum;
}

}  // namespace perdure::entities
