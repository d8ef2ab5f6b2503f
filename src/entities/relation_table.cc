#include "entities/relation_table.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "entities/hydration.h"
#include "entities/row_gatherer.h"
#include "model/batch_builder.h"
#include "model/digest.h"
#include "model/evolve.h"

namespace perdure::entities {
namespace {

constexpr std::size_t digest_rows = 1024;  // at a time, of digests and of a take-over

}  // namespace

RelationTable::RelationTable(const Schema::DeclaredRelation& declared)
    : name_(declared.shape.name),
      listed_(true),
      type_(declared.type),
      shape_(declared.shape),
      options_(declared.options),
      edges_(shape_) {}

RelationTable::RelationTable(const TableDefinition& unlisted)
    : name_(unlisted.name), listed_(false), edges_(shape_), definition_(&unlisted) {}

TableDefinition RelationTable::wanted() const {
    TableDefinition table = pair_definition_of(shape_);
    table.category = options_.category;
    table.resident = true;
    const Status written = write_numbers("relation", table, options_.numbers);
    PERDURE_ASSERT(written.ok());  // the schema was validated
    return table;
}

void RelationTable::bind(const TableDefinition& in_force, const Category& category) {
    definition_ = &in_force;
    plan_ = plan_structs(shape_, in_force);
    category_ = category;
}

Status RelationTable::load(const Batch& batch, std::uint64_t& highest) {
    if (is_ephemeral()) return {};  // emptied at open
    return batch.operation() == Operation::erase ? load_erases(batch, highest)
                                                 : load_upserts(batch, highest);
}

Status RelationTable::load_upserts(const Batch& batch, std::uint64_t& highest) {
    PERDURE_TAKE(const InForce in_force, InForce::make(batch, *definition_));
    return place(in_force.batch(), plan_, highest);
}

// Rows that are new mostly follow one another, and are written at once as far as a chunk goes.
Status RelationTable::place(const Batch& rows, const StructPlan& plan, std::uint64_t& highest) {
    std::uint32_t first_row = 0;
    std::uint32_t run = 0;
    const auto write_run = [&](std::uint32_t end) {
        if (!listed_ || run == 0) return;
        scatter_structs(rows, plan, end - run, run, edges_.at(first_row), edges_.stride());
    };
    for (std::uint32_t at = 0; at < rows.rows(); ++at) {
        const auto from = rows.fixed<std::uint64_t>(0, at);
        const auto to = rows.fixed<std::uint64_t>(1, at);
        PERDURE_TRY(check_id(rows.table(), from));
        PERDURE_TRY(check_id(rows.table(), to));
        PERDURE_TRY(check_room(rows.table(), edges_.count(), RelationEdges::rows_max));
        highest = std::max({highest, from, to});
        const std::uint32_t row = edges_.restore(from, to);
        if (run == 0 || row != first_row + run || row % RelationEdges::chunk_rows == 0) {
            write_run(at);
            first_row = row;
            run = 0;
        }
        ++run;
    }
    write_run(rows.rows());
    return {};
}

bool RelationTable::is_like(const Schema::DeclaredRelation& declared) const {
    return listed_ && type_ == declared.type && shape_ == declared.shape;
}

Status RelationTable::take_over(const RelationTable& from, const TableDefinition& to,
                                const std::function<Result<Batch>(const Batch&)>& evolve) {
    const StructPlan plan = plan_structs(shape_, to);
    Gathered some;
    std::uint64_t highest = 0;
    Status status;
    const auto move_some = [&]() -> Status {
        if (some.from.empty()) return {};
        PERDURE_TAKE(const Batch old, gather_pairs(*from.definition_, from.plan_, some.from,
                                                   some.to, some.values, nullptr));
        PERDURE_TAKE(const Batch made, evolve(old));
        some.clear();
        return place(made, plan, highest);
    };
    from.edges_.live().for_each_row([&](std::uint32_t row) {
        if (!status.ok()) return;
        some.add(from.edges_, row);
        if (some.from.size() == digest_rows) status = move_some();
    });
    if (status.ok()) status = move_some();
    PERDURE_TRY(status);
    edges_.take_over_marks(from.edges_);
    interval_ = from.interval_;
    return {};
}

Status RelationTable::load_stored(const Batch& rows) {
    std::uint64_t highest = 0;
    return place(rows, plan_structs(shape_, rows.table()), highest);
}

void RelationTable::remove_also(const RelationTable& from) {
    from.edges_.removed().for_each_row(
        [&](std::uint32_t row) { edges_.remove(from.edges_.from(row), from.edges_.to(row)); });
}

void RelationTable::take_over_pairs(const RelationTable& from) {
    from.edges_.live().for_each_row(
        [&](std::uint32_t row) { edges_.restore(from.edges_.from(row), from.edges_.to(row)); });
}

Status RelationTable::load_erases(const Batch& batch, std::uint64_t& highest) {
    for (std::uint32_t at = 0; at < batch.rows(); ++at) {
        const auto from = batch.fixed<std::uint64_t>(0, at);
        const auto to = batch.fixed<std::uint64_t>(1, at);
        highest = std::max(highest, std::min(std::max(from, to), entity_id_max));
        edges_.forget(from, to);
    }
    return {};
}

void RelationTable::drop_orphans(const std::function<bool(std::uint64_t)>& alive,
                                 std::vector<std::string>& remarks) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> orphans;
    edges_.live().for_each_row([&](std::uint32_t row) {
        const std::pair pair(edges_.from(row), edges_.to(row));
        if (!alive(pair.first) || !alive(pair.second)) orphans.push_back(pair);
    });
    for (const auto& [from, to] : orphans) edges_.forget(from, to);
    if (orphans.empty()) return;
    const auto& [from, to] = *std::min_element(orphans.begin(), orphans.end());
    remarks.push_back(
        text::format("relation {}: {} edges have an end that is not alive, the first is from {} to "
                     "{}; they stay in the store and were not loaded",
                     name_, orphans.size(), from, to));
}

void RelationTable::Gathered::clear() {
    from.clear();
    to.clear();
    values.clear();
}

void RelationTable::Gathered::add(const RelationEdges& edges, std::uint32_t row) {
    from.push_back(edges.from(row));
    to.push_back(edges.to(row));
    values.push_back(edges.at(row));
}

void RelationTable::gather(const RowMarks& marks, bool values) {
    gathered_.clear();
    marks.for_each_row([&](std::uint32_t row) {
        gathered_.from.push_back(edges_.from(row));
        gathered_.to.push_back(edges_.to(row));
        if (values) gathered_.values.push_back(edges_.at(row));
    });
}

Status RelationTable::capture(std::uint64_t now_ms, bool everything, BlockPool& pool,
                              std::vector<Batch>& to) {
    capturing_changed_ = everything || interval_.is_over(category_, now_ms);
    gather(edges_.removed(), false);
    if (!gathered_.from.empty()) {
        const std::array<ColumnNeed, 2> needs{};
        const auto count = static_cast<std::uint32_t>(gathered_.from.size());
        PERDURE_TAKE(BatchFrame frame,
                     BatchFrame::make(*definition_, Operation::erase, count, needs, &pool));
        std::memcpy(frame.data(0), gathered_.from.data(), count * sizeof(std::uint64_t));
        std::memcpy(frame.data(1), gathered_.to.data(), count * sizeof(std::uint64_t));
        to.push_back(std::move(frame).finish());
    }
    if (!listed_) return {};
    gather(capturing_changed_ ? edges_.changed() : edges_.fresh(), true);
    if (gathered_.from.empty()) return {};
    PERDURE_TAKE(Batch batch, gather_pairs(*definition_, plan_, gathered_.from, gathered_.to,
                                           gathered_.values, &pool));
    to.push_back(std::move(batch));
    return {};
}

void RelationTable::captured(std::uint64_t now_ms) {
    if (!capturing_changed_) {
        edges_.captured_fresh();
        return;
    }
    if (!edges_.changed().empty()) interval_.begin(now_ms);
    edges_.captured_changed();
}

Hash128 RelationTable::digest() const {
    Hash128 sum;
    Gathered some;
    const auto add_range = [&](std::size_t first, std::size_t count) {
        const Result<Batch> batch =
            gather_pairs(*definition_, plan_, std::span(some.from).subspan(first, count),
                         std::span(some.to).subspan(first, count),
                         std::span(some.values).subspan(first, count), nullptr);
        if (batch) sum = sum + batch_digest(*batch);
        return batch.ok();
    };
    const auto add_some = [&] {
        const std::size_t count = some.from.size();
        if (count > 0 && !add_range(0, count)) {
            for (std::size_t at = 0; at < count; ++at) add_range(at, 1);  // all but the refused
        }
        some.clear();
    };
    edges_.live().for_each_row([&](std::uint32_t row) {
        some.add(edges_, row);
        if (some.from.size() == digest_rows) add_some();
    });
    add_some();
    return sum;
}

}  // namespace perdure::entities
