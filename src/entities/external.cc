#include "perdure/external.h"

#include "base/error.h"
#include "entities/registry.h"

namespace perdure {

std::size_t External::changed_raw(TypeNumber type, std::span<const Entity> ids) {
    return registry_.external_of(type).mark_changed(ids);
}

std::size_t External::removed_raw(TypeNumber type, std::span<const Entity> ids) {
    return registry_.external_of(type).mark_removed(ids);
}

Status External::refuse_sizes(TypeNumber type, std::size_t ids, std::size_t values) const {
    return error(Code::invalid, "component {}: {} values were given for {} entities; give one each",
                 registry_.external_of(type).shape.name, values, ids);
}

Result<std::size_t> External::put_raw(TypeNumber type, std::span<const Entity> ids,
                                      const std::byte* first, std::size_t stride) {
    return registry_.external_of(type).put(ids, first, stride);
}

Result<std::size_t> External::put_fields_raw(TypeNumber type, std::span<const Entity> ids,
                                             std::span<const FieldArray> fields) {
    return registry_.external_of(type).put_fields(ids, fields);
}

}  // namespace perdure
