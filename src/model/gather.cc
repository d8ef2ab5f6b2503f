// Structs into columns: the hot path of a tick. Rows are taken in passes
// small enough that the last column still finds the structs in the cache;
// fields of 4 or 8 bytes that lie side by side are taken together.
#include <algorithm>
#include <array>
#include <string>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "model/batch_builder.h"
#include "model/cell.h"
#include "model/structs.h"

namespace perdure {
namespace {

constexpr std::size_t pass_rows =
    256;  // a multiple of 8, so that bitmaps of passes do not share bytes
constexpr std::size_t prefetch_rows =
    16;  // ahead: rows may lie anywhere, and memory answers that late
constexpr std::size_t run_fields_max = 4;

// The rows of one pass: `count` of them, the first being row `first` of the batch, and `ahead` more
// behind them whose pointers may be read.
struct Pass {
    const std::byte* const* rows;
    std::size_t first;
    std::size_t count;
    std::size_t ahead;

    // How many rows of this pass have one to prefetch.
    [[nodiscard]] std::size_t prefetched() const noexcept {
        return count + ahead > prefetch_rows ? std::min(count, count + ahead - prefetch_rows) : 0;
    }
};

// One field, or a run of fields side by side, and the buffers it goes to.
struct Step {
    void (*run)(const Step& step, const Pass& pass) = nullptr;
    std::uint32_t offset = 0;
    std::uint32_t flag_offset = 0;  // from the field's begin, if nullable
    std::uint32_t width = 0;
    bool nullable = false;
    std::array<std::byte*, run_fields_max> data{};
    std::byte* validity = nullptr;
    std::uint32_t* offsets = nullptr;
    std::uint32_t variable_bytes = 0;

    [[nodiscard]] bool is_null(const std::byte* row) const noexcept {
        return nullable && row[offset + flag_offset] == std::byte{0};
    }
};

template <typename T, std::size_t K>
void gather_run(const Step& step, const Pass& pass) {
    std::array<T*, K> to;
    for (std::size_t field = 0; field < K; ++field) {
        to[field] = reinterpret_cast<T*>(step.data[field]) + pass.first;
    }
    const std::byte* const* rows = pass.rows;
    const std::size_t offset = step.offset;
    const auto take = [&](std::size_t row) {
        std::array<T, K> fields;
        std::memcpy(&fields, rows[row] + offset, sizeof fields);
        for (std::size_t field = 0; field < K; ++field) to[field][row] = fields[field];
    };
    const std::size_t prefetched = pass.prefetched();
    for (std::size_t row = 0; row < prefetched; ++row) {
        __builtin_prefetch(rows[row + prefetch_rows] + offset);
        take(row);
    }
    for (std::size_t row = prefetched; row < pass.count; ++row) take(row);
}

void gather_wide(const Step& step, const Pass& pass) {
    std::byte* to = step.data[0] + pass.first * step.width;
    const std::size_t prefetched = pass.prefetched();
    for (std::size_t row = 0; row < pass.count; ++row, to += step.width) {
        if (row < prefetched) {
            const std::byte* later = pass.rows[row + prefetch_rows] + step.offset;
            __builtin_prefetch(later);
            __builtin_prefetch(later + step.width - 1);
        }
        std::memcpy(to, pass.rows[row] + step.offset, step.width);
    }
}

void gather_booleans(const Step& step, const Pass& pass) {
    std::byte* to = step.data[0] + pass.first / 8;
    for (std::size_t row = 0; row < pass.count; row += 8) {
        const std::size_t count = std::min<std::size_t>(8, pass.count - row);
        unsigned bits = 0;
        for (std::size_t bit = 0; bit < count; ++bit) {
            bits |= unsigned{pass.rows[row + bit][step.offset] != std::byte{0}} << bit;
        }
        to[row / 8] = static_cast<std::byte>(bits);
    }
}

// The bits of an optional bool; the buffer begins as zeros.
void gather_optional_booleans(const Step& step, const Pass& pass) {
    for (std::size_t row = 0; row < pass.count; ++row) {
        const std::byte* from = pass.rows[row];
        if (step.is_null(from)) continue;
        if (step.validity != nullptr) set_bit(step.validity, pass.first + row);
        if (from[step.offset] != std::byte{0}) set_bit(step.data[0], pass.first + row);
    }
}

void gather_optional(const Step& step, const Pass& pass) {
    std::byte* to = step.data[0] + pass.first * step.width;
    for (std::size_t row = 0; row < pass.count; ++row, to += step.width) {
        const std::byte* from = pass.rows[row];
        if (step.is_null(from)) {
            std::memset(to, 0, step.width);
            continue;
        }
        if (step.validity != nullptr) set_bit(step.validity, pass.first + row);
        std::memcpy(to, from + step.offset, step.width);
    }
}

ByteSpan bytes_of(const std::string& text) noexcept { return as_bytes(text); }
ByteSpan bytes_of(const Json& json) noexcept { return as_bytes(json.text); }
ByteSpan bytes_of(const Bytes& bytes) noexcept { return bytes; }

template <typename T>
ByteSpan variable_field(const std::byte* row, std::size_t offset) noexcept {
    return bytes_of(*reinterpret_cast<const T*>(row + offset));
}

template <typename T>
void gather_variable(const Step& step, const Pass& pass) {
    std::uint32_t end = step.offsets[pass.first];
    if (seeded_bug("model: texts begin anew at each pass")) end = 0;
    for (std::size_t row = 0; row < pass.count; ++row) {
        const std::byte* from = pass.rows[row];
        if (!step.is_null(from)) {
            if (step.validity != nullptr) set_bit(step.validity, pass.first + row);
            const ByteSpan bytes = variable_field<T>(from, step.offset);
            PERDURE_ASSERT(bytes.size() <= step.variable_bytes - end);  // as measured just before
            if (!bytes.empty()) std::memcpy(step.data[0] + end, bytes.data(), bytes.size());
            end += static_cast<std::uint32_t>(bytes.size());
        }
        step.offsets[pass.first + row + 1] = end;
    }
}

template <typename T, std::size_t... K>
constexpr auto run_kernels(std::index_sequence<K...>) {
    return std::array{&gather_run<T, K + 1>...};
}

using Kernel = decltype(Step::run);

Kernel kernel_for(const FieldShape& field, std::size_t fields) {
    static constexpr auto words =
        run_kernels<std::uint32_t>(std::make_index_sequence<run_fields_max>());
    static constexpr auto longs =
        run_kernels<std::uint64_t>(std::make_index_sequence<run_fields_max>());
    switch (field.type.kind) {
        case ColumnKind::text: return gather_variable<std::string>;
        case ColumnKind::json: return gather_variable<Json>;
        case ColumnKind::bytes: return gather_variable<Bytes>;
        case ColumnKind::boolean:
            return field.nullable ? gather_optional_booleans : gather_booleans;
        default: break;
    }
    if (field.nullable) return gather_optional;
    switch (field.type.width()) {
        case 1: return gather_run<std::uint8_t, 1>;
        case 2: return gather_run<std::uint16_t, 1>;
        case 4: return words[fields - 1];
        case 8: return longs[fields - 1];
        case 16: return gather_run<std::array<std::uint64_t, 2>, 1>;
        default: return gather_wide;
    }
}

template <typename T>
void measure_variable(const FieldShape& field, std::span<const std::byte* const> rows,
                      ColumnNeed& need) {
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (row + prefetch_rows < rows.size()) {
            __builtin_prefetch(rows[row + prefetch_rows] + field.offset);
        }
        if (field.nullable && rows[row][field.offset + field.flag_offset] == std::byte{0}) continue;
        need.variable_bytes += variable_field<T>(rows[row], field.offset).size();
    }
}

ColumnNeed measure(const FieldShape& field, std::span<const std::byte* const> rows) {
    ColumnNeed need;
    if (field.nullable) {
        const std::size_t flag = field.offset + field.flag_offset;
        need.validity = std::any_of(rows.begin(), rows.end(), [&](const std::byte* row) {
            return row[flag] == std::byte{0};
        });
    }
    if (field.type.kind == ColumnKind::text) measure_variable<std::string>(field, rows, need);
    if (field.type.kind == ColumnKind::json) measure_variable<Json>(field, rows, need);
    if (field.type.kind == ColumnKind::bytes) measure_variable<Bytes>(field, rows, need);
    return need;
}

// Whether `next` can join a run that began with `first` and has `fields` fields.
bool continues_run(const FieldShape& first, const FieldShape* next, std::size_t fields) {
    const std::uint32_t width = first.type.width();
    return next != nullptr && fields < run_fields_max && !first.nullable && !next->nullable &&
           (width == 4 || width == 8) && next->type.width() == width &&
           next->offset == first.offset + width * fields;
}

Step make_step(const FieldShape& field, std::size_t column, BatchFrame& frame) {
    Step step;
    step.offset = field.offset;
    step.flag_offset = field.flag_offset;
    step.width = field.type.width();
    step.nullable = field.nullable;
    step.data[0] = frame.data(column);
    step.validity = frame.validity(column);
    step.offsets = frame.offsets(column);
    step.variable_bytes = frame.data_bytes(column);
    return step;
}

std::vector<Step> make_steps(const TableDefinition& table, const StructPlan& plan,
                             BatchFrame& frame) {
    std::vector<Step> steps;
    for (std::size_t index = 0; index < plan.fields.size();) {
        const FieldShape* field = plan.fields[index];
        const std::size_t column = table.key_columns + index++;
        if (field == nullptr) continue;
        Step step = make_step(*field, column, frame);
        std::size_t fields = 1;
        while (index < plan.fields.size() && continues_run(*field, plan.fields[index], fields)) {
            step.data[fields++] = frame.data(table.key_columns + index++);
        }
        step.run = kernel_for(*field, fields);
        steps.push_back(step);
    }
    return steps;
}

void run_steps(std::span<const Step> steps, std::span<const std::byte* const> rows) {
    for (std::size_t first = 0; first < rows.size(); first += pass_rows) {
        const std::size_t count = std::min(pass_rows, rows.size() - first);
        const Pass pass{rows.data() + first, first, count, rows.size() - first - count};
        for (const Step& step : steps) step.run(step, pass);
    }
}

Status refused(const Batch& batch, std::uint32_t row, const Column& column, std::string_view why) {
    const TableDefinition& table = batch.table();
    const auto id = batch.fixed<std::uint64_t>(0, row);
    if (table.key_columns == 1) {
        return error(Code::invalid, "component {}, entity {}, field {}: {}", table.name, id,
                     column.name, why);
    }
    return error(Code::invalid, "relation {}, from entity {} to {}, field {}: {}", table.name, id,
                 batch.fixed<std::uint64_t>(1, row), column.name, why);
}

// What the world's own types do not rule out: text that is none, ids of 64 bits.
Status check_column(const Batch& batch, std::size_t index) {
    const Column& column = batch.table().columns[index];
    const std::byte* data = batch.data() + batch.layout(index).data;
    if (column.type.kind == ColumnKind::id) {
        std::uint64_t all = 0;
        for (std::size_t row = 0; row < batch.rows(); ++row)
            all |= load_le<std::uint64_t>(data + row * 8);
        for (std::uint32_t row = 0; all > entity_id_max && row < batch.rows(); ++row) {
            if (batch.fixed<std::uint64_t>(index, row) <= entity_id_max) continue;
            return refused(batch, row, column, "an id has 63 bits; this one has more");
        }
    } else if (column.type.kind == ColumnKind::text || column.type.kind == ColumnKind::json) {
        if (is_ascii_text(as_text({data, batch.layout(index).data_bytes}))) return {};
        for (std::uint32_t row = 0; row < batch.rows(); ++row) {
            if (is_text(batch.text(index, row))) continue;
            return refused(batch, row, column,
                           "the text is not UTF-8 without NUL; keep such in bytes");
        }
    }
    return {};
}

Status too_many_rows(const TableDefinition& table, std::size_t rows) {
    return error(Code::no_space, "table {}: {} rows in one batch; at most {} fit", table.name, rows,
                 batch_rows_max);
}

Result<Batch> finish_checked(BatchFrame frame) {
    Batch batch = std::move(frame).finish();
    for (std::size_t index = 0; index < batch.columns(); ++index) {
        PERDURE_TRY(check_column(batch, index));
    }
    return batch;
}

// Under as many keys as the table has, each an array of ids.
Result<Batch> gather_under(std::span<const std::span<const std::uint64_t>> keys,
                           const TableDefinition& table, const StructPlan& plan,
                           std::span<const std::byte* const> rows, BlockPool* pool) {
    const std::size_t count = keys[0].size();
    PERDURE_ASSERT(table.key_columns == keys.size());
    PERDURE_ASSERT(plan.fields.size() + keys.size() == table.columns.size());
    PERDURE_ASSERT(rows.size() == count || rows.empty());
    if (count > batch_rows_max) return too_many_rows(table, count);
    std::vector<ColumnNeed> needs(table.columns.size());
    for (std::size_t index = 0; index < plan.fields.size(); ++index) {
        const FieldShape* field = plan.fields[index];
        PERDURE_ASSERT(field == nullptr || rows.size() == count);
        const std::size_t column = keys.size() + index;
        needs[column] =
            field != nullptr ? measure(*field, rows) : default_need(table.columns[column], count);
    }
    PERDURE_TAKE(
        BatchFrame frame,
        BatchFrame::make(table, Operation::upsert, static_cast<std::uint32_t>(count), needs, pool));
    for (std::size_t key = 0; key < keys.size(); ++key) {
        PERDURE_ASSERT(table.columns[key].type.width() == 8 && keys[key].size() == count);
        if (count > 0) std::memcpy(frame.data(key), keys[key].data(), keys[key].size_bytes());
    }
    for (std::size_t index = 0; index < plan.fields.size(); ++index) {
        const std::size_t column = keys.size() + index;
        if (plan.fields[index] == nullptr) fill_default(frame, column, table.columns[column]);
    }
    run_steps(make_steps(table, plan, frame), rows);
    return finish_checked(std::move(frame));
}

}  // namespace

Result<Batch> gather_structs(const TableDefinition& table, const StructPlan& plan,
                             std::span<const std::uint64_t> ids,
                             std::span<const std::byte* const> rows, BlockPool* pool) {
    const std::array keys{ids};
    return gather_under(keys, table, plan, rows, pool);
}

// Field by field: each array is a column already, and only its places differ from a struct's.
Result<Batch> gather_fields(const TableDefinition& table, const StructPlan& plan,
                            const StructShape& shape, std::span<const std::uint64_t> ids,
                            std::span<const std::uint32_t> positions,
                            std::span<const FieldArray> arrays, BlockPool* pool) {
    PERDURE_ASSERT(table.key_columns == 1 && plan.fields.size() + 1 == table.columns.size());
    PERDURE_ASSERT(positions.size() == ids.size() && arrays.size() == shape.fields.size());
    if (ids.size() > batch_rows_max) return too_many_rows(table, ids.size());
    std::vector<const std::byte*> places(ids.size());
    const auto find_places = [&](const FieldShape& field) {
        const FieldArray& array = arrays[static_cast<std::size_t>(&field - shape.fields.data())];
        for (std::size_t row = 0; row < ids.size(); ++row) {
            places[row] = array.first + array.stride * positions[row];
        }
        FieldShape alone = field;
        alone.offset = 0;
        return alone;
    };
    std::vector<ColumnNeed> needs(table.columns.size());
    for (std::size_t index = 0; index < plan.fields.size(); ++index) {
        const FieldShape* field = plan.fields[index];
        if (field == nullptr) {
            needs[index + 1] = default_need(table.columns[index + 1], ids.size());
        } else if (field->nullable || field->type.is_variable()) {
            needs[index + 1] = measure(find_places(*field), places);
        }
    }
    PERDURE_TAKE(BatchFrame frame,
                 BatchFrame::make(table, Operation::upsert, static_cast<std::uint32_t>(ids.size()),
                                  needs, pool));
    if (!ids.empty()) std::memcpy(frame.data(0), ids.data(), ids.size_bytes());
    for (std::size_t index = 0; index < plan.fields.size(); ++index) {
        const FieldShape* field = plan.fields[index];
        if (field == nullptr) {
            fill_default(frame, index + 1, table.columns[index + 1]);
            continue;
        }
        const FieldShape alone = find_places(*field);
        Step step = make_step(alone, index + 1, frame);
        step.run = kernel_for(alone, 1);
        run_steps({&step, 1}, places);
    }
    return finish_checked(std::move(frame));
}

Result<Batch> gather_pairs(const TableDefinition& table, const StructPlan& plan,
                           std::span<const std::uint64_t> from, std::span<const std::uint64_t> to,
                           std::span<const std::byte* const> rows, BlockPool* pool) {
    const std::array keys{from, to};
    return gather_under(keys, table, plan, rows, pool);
}

}  // namespace perdure
