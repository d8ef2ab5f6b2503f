#include "model/field_value.h"

#include "base/bytes.h"
#include "model/cell.h"

namespace perdure {

Value field_value(const FieldShape& field, const std::byte* from) {
    const std::byte* at = from + field.offset;
    if (field.nullable && at[field.flag_offset] == std::byte{0}) return {};
    switch (field.type.kind) {
        case ColumnKind::text: return *reinterpret_cast<const std::string*>(at);
        case ColumnKind::json: return *reinterpret_cast<const Json*>(at);
        case ColumnKind::bytes: return *reinterpret_cast<const Bytes*>(at);
        case ColumnKind::boolean: return Value(*reinterpret_cast<const bool*>(at));
        default: return cell_value(field.type, ByteSpan(at, field.type.width()));
    }
}

}  // namespace perdure
