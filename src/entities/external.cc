#include "perdure/external.h"

#include "entities/registry.h"

namespace perdure {

std::size_t External::changed_raw(TypeNumber type, std::span<const Entity> ids) {
    return registry_.external_of(type).mark_changed(ids);
}

std::size_t External::removed_raw(TypeNumber type, std::span<const Entity> ids) {
    return registry_.external_of(type).mark_removed(ids);
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
