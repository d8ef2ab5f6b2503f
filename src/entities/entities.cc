#include "perdure/entities.h"

#include <algorithm>

#include "entities/registry.h"

namespace perdure {

Entity Entities::create(EntityKind kind, Entity parent) { return registry_.create(kind, parent); }
bool Entities::destroy(Entity entity) { return registry_.destroy(entity); }
bool Entities::alive(Entity entity) const { return registry_.alive(entity); }
std::size_t Entities::count() const { return registry_.entities().count(); }

bool Entities::set_parent(Entity entity, Entity parent) {
    return registry_.set_parent(entity, parent);
}
Entity Entities::parent(Entity entity) const { return registry_.entities().parent(entity.id); }
Entity Entities::root(Entity entity) const { return registry_.entities().root(entity.id); }
EntityKind Entities::kind(Entity entity) const { return registry_.entities().kind(entity.id); }
std::vector<Entity> Entities::children(Entity entity) const {
    return registry_.entities().children(entity.id);
}

bool Entities::set_raw(TypeNumber type, Entity entity, const void* value) {
    return registry_.set(type, entity, value);
}
const void* Entities::get_raw(TypeNumber type, Entity entity) const {
    return registry_.find(type, entity, false);
}
void* Entities::edit_raw(TypeNumber type, Entity entity, bool mark) {
    return registry_.find(type, entity, mark);
}
bool Entities::remove_raw(TypeNumber type, Entity entity) { return registry_.remove(type, entity); }

std::size_t Entities::set_many_raw(TypeNumber type, std::span<const Entity> ids, const void* values,
                                   std::size_t stride, std::size_t count) {
    const auto* value = static_cast<const std::byte*>(values);
    const std::size_t pairs = std::min(ids.size(), count);
    std::size_t set = 0;
    for (std::size_t at = 0; at < pairs; ++at, value += stride) {
        if (registry_.set(type, ids[at], value)) ++set;
    }
    return set;
}

std::size_t Entities::count_raw(TypeNumber type) const { return registry_.rows_of(type).count(); }

}  // namespace perdure
