#include "perdure/entities.h"

#include <algorithm>

#include "base/error.h"
#include "c/answer.h"
#include "c/handles.h"
#include "c/sized.h"

using perdure::Code;
using perdure::Entities;
using perdure::Entity;
using perdure::EntityKind;
using perdure::Status;
using perdure::c::answer;
using perdure::c::need;

namespace perdure::c {
namespace {

Status check_alive(const Entities& entities, std::uint64_t id, std::string_view what) {
    if (entities.alive(Entity{id})) return {};
    return error(Code::not_found, "{} {} is not alive", what, id);
}

Status create_all(perdure_world& world, EntityKind kind, Entity parent, std::uint64_t* ids,
                  std::uint64_t count) {
    Entities& entities = world.world->entities();
    for (std::uint64_t made = 0; made < count; ++made) {
        const Entity entity = entities.create(kind, parent);
        ids[made] = entity.id;
        if (entity) continue;
        while (made > 0) {
            static_cast<void>(entities.destroy(Entity{ids[--made]}));
            ids[made] = 0;
        }
        PERDURE_TRY(world.world->health().trouble);
        return error(Code::busy, "no ids for {} entities for now; commit, and try again", count);
    }
    return {};
}

}  // namespace
}  // namespace perdure::c

perdure_code perdure_entities_create(perdure_world* world, int32_t kind, uint64_t parent,
                                     uint64_t* entities, uint64_t count, perdure_error* error) {
    if (entities != nullptr) std::fill_n(entities, count, 0);
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(world, "the world"));
        if (count > 0) PERDURE_TRY(need(entities, "where the entities go"));
        PERDURE_TRY(perdure::c::check_number(kind, PERDURE_PLAYER, "entity kind"));
        if (parent != 0) {
            PERDURE_TRY(perdure::c::check_alive(world->world->entities(), parent, "the parent"));
        }
        return perdure::c::create_all(*world, static_cast<EntityKind>(kind), Entity{parent},
                                      entities, count);
    });
}

perdure_code perdure_entity_destroy(perdure_world* world, uint64_t entity, perdure_error* error) {
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(world, "the world"));
        Entities& entities = world->world->entities();
        PERDURE_TRY(perdure::c::check_alive(entities, entity, "entity"));
        if (entities.destroy(Entity{entity})) return {};
        return perdure::error(Code::invalid, "entity {} is the world itself", entity);
    });
}

perdure_code perdure_entity_set_parent(perdure_world* world, uint64_t entity, uint64_t parent,
                                       perdure_error* error) {
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(world, "the world"));
        Entities& entities = world->world->entities();
        PERDURE_TRY(perdure::c::check_alive(entities, entity, "entity"));
        if (parent != 0) PERDURE_TRY(perdure::c::check_alive(entities, parent, "the parent"));
        if (entities.set_parent(Entity{entity}, Entity{parent})) return {};
        return perdure::error(Code::invalid,
                              "entity {} cannot be below {}: it is the world, or that is below it",
                              entity, parent);
    });
}

int perdure_entity_alive(const perdure_world* world, uint64_t entity) {
    return world != nullptr && world->world->entities().alive(Entity{entity}) ? 1 : 0;
}

uint64_t perdure_entity_parent(const perdure_world* world, uint64_t entity) {
    if (perdure_entity_alive(world, entity) == 0) return 0;
    return world->world->entities().parent(Entity{entity}).id;
}

uint64_t perdure_entities_count(const perdure_world* world) {
    return world == nullptr ? 0 : world->world->entities().count();
}
