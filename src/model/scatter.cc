// Columns into structs: hydration. Column by column, so that each buffer is read straight through.
#include <optional>
#include <string>

#include "base/assert.h"
#include "model/structs.h"

namespace perdure {
namespace {

// Where one column's cells go: rows first … first +
// count of the batch, structs `stride` bytes apart.
struct Target {
    const Batch& batch;
    std::size_t column;
    const FieldShape& field;
    std::uint32_t first;
    std::uint32_t count;
    std::byte* to;  // the field of the first struct
    std::size_t stride;

    [[nodiscard]] bool is_null(std::uint32_t index) const noexcept {
        return batch.is_null(column, first + index);
    }
};

template <std::size_t width>
void scatter_width(const Target& target) {
    const std::byte* from =
        target.batch.data() + target.batch.layout(target.column).data + width * target.first;
    std::byte* to = target.to;
    for (std::uint32_t index = 0; index < target.count; ++index) {
        std::memcpy(to, from, width);
        from += width;
        to += target.stride;
    }
}

void scatter_wide(const Target& target) {
    std::byte* to = target.to;
    for (std::uint32_t index = 0; index < target.count; ++index, to += target.stride) {
        const ByteSpan cell = target.batch.cell(target.column, target.first + index);
        std::memcpy(to, cell.data(), cell.size());
    }
}

void scatter_booleans(const Target& target) {
    std::byte* to = target.to;
    for (std::uint32_t index = 0; index < target.count; ++index, to += target.stride) {
        *to = std::byte{target.batch.boolean(target.column, target.first + index)};
    }
}

// An optional of a trivial type is its value and, behind it, its flag; see optional_flag_offset().
void scatter_optional(const Target& target) {
    const bool boolean = target.field.type.kind == ColumnKind::boolean;
    std::byte* to = target.to;
    for (std::uint32_t index = 0; index < target.count; ++index, to += target.stride) {
        const bool null = target.is_null(index);
        if (!null && boolean) {
            *to = std::byte{target.batch.boolean(target.column, target.first + index)};
        } else if (!null) {
            const ByteSpan cell = target.batch.cell(target.column, target.first + index);
            std::memcpy(to, cell.data(), cell.size());
        }
        to[target.field.flag_offset] = std::byte{!null};
    }
}

void assign(std::string& to, ByteSpan cell) { to.assign(as_text(cell)); }
void assign(Json& to, ByteSpan cell) { to.text.assign(as_text(cell)); }
void assign(Bytes& to, ByteSpan cell) { to.assign(cell.begin(), cell.end()); }

template <typename T>
void scatter_variable(const Target& target) {
    std::byte* to = target.to;
    for (std::uint32_t index = 0; index < target.count; ++index, to += target.stride) {
        const ByteSpan cell = target.batch.cell(target.column, target.first + index);
        if (!target.field.nullable) {
            assign(*reinterpret_cast<T*>(to), cell);
            continue;
        }
        auto& optional = *reinterpret_cast<std::optional<T>*>(to);
        if (target.is_null(index)) {
            optional.reset();
        } else {
            if (!optional) optional.emplace();
            assign(*optional, cell);
        }
    }
}

void scatter_column(const Target& target) {
    switch (target.field.type.kind) {
        case ColumnKind::text: return scatter_variable<std::string>(target);
        case ColumnKind::json: return scatter_variable<Json>(target);
        case ColumnKind::bytes: return scatter_variable<Bytes>(target);
        default: break;
    }
    if (target.field.nullable) return scatter_optional(target);
    if (target.field.type.kind == ColumnKind::boolean) return scatter_booleans(target);
    switch (target.field.type.width()) {
        case 1: return scatter_width<1>(target);
        case 2: return scatter_width<2>(target);
        case 4: return scatter_width<4>(target);
        case 8: return scatter_width<8>(target);
        case 16: return scatter_width<16>(target);
        default: return scatter_wide(target);
    }
}

}  // namespace

void scatter_structs(const Batch& batch, const StructPlan& plan, std::uint32_t first,
                     std::uint32_t count, std::byte* to, std::size_t stride) {
    PERDURE_ASSERT(batch.operation() == Operation::upsert);
    PERDURE_ASSERT(first <= batch.rows() && count <= batch.rows() - first);
    const std::size_t key_columns = batch.table().key_columns;
    PERDURE_ASSERT(plan.fields.size() + key_columns == batch.columns());
    if (count == 0) return;  // `to` may be null
    for (std::size_t index = 0; index < plan.fields.size(); ++index) {
        const FieldShape* field = plan.fields[index];
        if (field == nullptr) continue;
        scatter_column(
            {batch, key_columns + index, *field, first, count, to + field->offset, stride});
    }
}

void scatter_struct(const Batch& batch, const StructPlan& plan, std::uint32_t row, std::byte* to) {
    scatter_structs(batch, plan, row, 1, to, 0);
}

}  // namespace perdure
