#include "perdure/external.h"

#include "base/assert.h"
#include "base/error.h"
#include "entities/registry.h"

namespace perdure {
namespace {

entities::ExternalTable& to_be_changed(entities::Registry& registry, TypeNumber type) {
    PERDURE_ASSERT(registry.may_mark());  // an on_read() changes the world
    return registry.external_of(type);
}

}  // namespace

std::size_t External::changed_raw(TypeNumber type, std::span<const Entity> ids) {
    return to_be_changed(registry_, type).mark_changed(ids);
}

std::size_t External::removed_raw(TypeNumber type, std::span<const Entity> ids) {
    return to_be_changed(registry_, type).mark_removed(ids);
}

Status External::refuse_sizes(TypeNumber type, std::size_t ids, std::size_t values) const {
    return error(Code::invalid, "component {}: {} values were given for {} entities; give one each",
                 registry_.external_of(type).shape.name, values, ids);
}

Result<std::size_t> External::put_raw(TypeNumber type, std::span<const Entity> ids,
                                      const std::byte* first, std::size_t stride) {
    return to_be_changed(registry_, type).put(ids, first, stride);
}

Result<std::size_t> External::put_fields_raw(TypeNumber type, std::span<const Entity> ids,
                                             std::span<const FieldArray> fields) {
    return to_be_changed(registry_, type).put_fields(ids, fields);
}

}  // namespace perdure
