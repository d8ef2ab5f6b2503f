#include "model/invariant.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "model/kinds.h"
#include "model/utf8.h"

namespace perdure {
namespace {

bool is_number(const Value& value) {
    if (const double* number = value.get_if<double>()) return std::isfinite(*number);
    if (const float* number = value.get_if<float>()) return std::isfinite(*number);
    return value.get_if<std::int64_t>() != nullptr || value.get_if<std::uint64_t>() != nullptr;
}

Status check_bounds(const Invariant& invariant) {
    const auto is_bound = [](double bound) { return std::isfinite(bound) && bound >= 0; };
    if (!is_bound(invariant.tolerance) || !is_bound(invariant.alarm_beyond)) {
        return error(Code::invalid, "tolerance and alarm_beyond must be finite and not below 0");
    }
    if (invariant.alarm_beyond != 0 && invariant.alarm_beyond < invariant.tolerance) {
        return error(Code::invalid,
                     "alarm_beyond is {}, below the tolerance of {}: a warning is what lies "
                     "between them",
                     invariant.alarm_beyond, invariant.tolerance);
    }
    return {};
}

Result<const Column*> find_column(const WatchedColumn& watched, const FindTable& find) {
    const TableDefinition* table = find(watched.table);
    if (table == nullptr) {
        return error(Code::invalid, "the schema declares no table '{}'", watched.table);
    }
    const auto at = table->find_column(watched.column);
    if (!at) {
        return error(Code::invalid, "{} has no column '{}'", watched.table, watched.column);
    }
    return &table->columns[*at];
}

Status check_sum(const Invariant& invariant, const FindTable& find) {
    if (invariant.plus.empty()) return error(Code::invalid, "it names no column to add up");
    std::set<std::string> seen;
    bool real = false;
    for (const auto* side : {&invariant.plus, &invariant.minus}) {
        for (const WatchedColumn& watched : *side) {
            PERDURE_TAKE(const Column* column, find_column(watched, find));
            const ColumnKind kind = column->type.kind;
            if (!is_integer(kind) && !is_real(kind)) {
                return error(Code::invalid, "{}.{} is {}: only integers, f32 and f64 are added up",
                             watched.table, watched.column, column->type.name());
            }
            real = real || is_real(kind);
            const std::string name = lower_case(watched.table + "." + watched.column);
            if (!seen.insert(name).second) {
                return error(Code::invalid, "{}.{} is there twice", watched.table, watched.column);
            }
        }
    }
    const Value& expected = invariant.expected;
    const bool whole = expected.get_if<double>() == nullptr && expected.get_if<float>() == nullptr;
    if (!expected.is_null() && (!is_number(expected) || (!whole && !real))) {
        return error(Code::invalid, "its expected value must be {}",
                     real ? "a finite number" : "an integer, as its columns are");
    }
    return {};
}

Status check_reference(const Invariant& invariant, const FindTable& find) {
    PERDURE_TAKE(const Column* column, find_column(invariant.plus.front(), find));
    const TableDefinition* target = find(invariant.target);
    if (target == nullptr) {
        return error(Code::invalid, "the schema declares no table '{}'", invariant.target);
    }
    if (target->key_columns != 1 || !(target->columns[0].type == column->type)) {
        return error(Code::invalid, "{}.{} is {}, and {} is not known by one key of that type",
                     invariant.plus.front().table, invariant.plus.front().column,
                     column->type.name(), invariant.target);
    }
    if (invariant.zero_is_none &&
        !(column->type.kind == ColumnKind::id || is_integer(column->type.kind))) {
        return error(Code::invalid, "{} has no zero that could be none", column->type.name());
    }
    return {};
}

}  // namespace

Status check_invariant(const Invariant& invariant, const FindTable& find) {
    const std::string where = text::format("invariant {}", invariant.name);
    PERDURE_TRY(validate_name("invariant", invariant.name));
    PERDURE_TRY(check_bounds(invariant).with_context(where));
    if (invariant.kind == Invariant::Kind::conserve) {
        return check_sum(invariant, find).with_context(where);
    }
    return check_reference(invariant, find).with_context(where);
}

std::string_view grade_name(Grade grade) noexcept {
    switch (grade) {
        case Grade::ok: return "ok";
        case Grade::warn: return "warn";
        case Grade::alarm: return "alarm";
    }
    return "grade out of range";
}

std::string to_text(const InvariantResult& result) {
    const std::string when =
        result.tick ? text::format("tick {}", *result.tick) : std::string("opening");
    return text::format("{}: invariant {} is {}: expected {}, found {}", when,
                        printable(result.name), grade_name(result.grade), result.expected,
                        result.found);
}

const Batch* ProposedChanges::find(std::string_view table, Operation operation) const noexcept {
    for (const Batch* batch : batches) {
        if (batch->operation() == operation && same_name(batch->table().name, table)) return batch;
    }
    return nullptr;
}

Invariant Invariant::conserve(std::string name, std::vector<WatchedColumn> columns,
                              ConserveOptions options) {
    Invariant made;
    made.kind = Kind::conserve;
    made.name = std::move(name);
    made.plus = std::move(columns);
    made.minus = std::move(options.minus);
    made.expected = std::move(options.expected);
    made.tolerance = options.tolerance;
    made.alarm_beyond = options.alarm_beyond;
    made.refuse = options.refuse;
    made.each_tick = options.each_tick;
    return made;
}

Invariant Invariant::refer(std::string name, WatchedColumn from, std::string to,
                           const ReferOptions& options) {
    Invariant made;
    made.kind = Kind::refer;
    made.name = std::move(name);
    made.plus.push_back(std::move(from));
    made.target = std::move(to);
    made.zero_is_none = options.zero_is_none;
    made.tolerance = options.tolerance;
    made.alarm_beyond = options.alarm_beyond;
    made.refuse = options.refuse;
    made.each_tick = options.each_tick;
    return made;
}

}  // namespace perdure
