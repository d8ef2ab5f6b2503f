// External components: for a program that has an ECS of its own and keeps it. Perdure holds no
// second copy of them: the program says what changed, and gets everything back at open.
//
//     schema.component<Position>({.external = true});
//     perdure::ExternalCallbacks callbacks;
//     callbacks.on_entities([&](auto entities) { return ecs.make(entities); })
//         .on_load<Position>([&](auto ids, auto values) { return ecs.fill(ids, values); })
//         .on_read<Position>([&](perdure::Entity entity) { return ecs.find_position(entity); });
//     auto world = perdure::World::open("shard7", schema, {.external = callbacks});
//     …
//     (*world)->external().changed<Position>(moved);  // read by the next commit()
//     auto saved = (*world)->commit();
//
// Entities are Perdure's: entities().create() and destroy() give and take ids, and the program maps
// them to its own handles (entity_map.h does it from id to handle; keep the id beside the
// components for the other way). Destroying an entity erases its external components with the rest.
//
// What was handed in is Perdure's business until a commit has taken it: a commit that is refused
// (`busy`, …) leaves it all as it was, and the next one carries it. Per entity and component the
// last call counts: changed, put, or removed. What lives for less than a tick leaves no trace.
//
// Categories hold as for other components. Ephemeral ones are not handed back at open. Relaxed ones
// wait for their interval, but go at once with a new entity; a removal always goes at once.
//
// Thread rule: the world's thread; workers mark through their Worker (workers.h).
// Lifetime: arrays that are handed in are the program's again when the call returns.
#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "perdure/component.h"
#include "perdure/entities.h"
#include "perdure/entity.h"
#include "perdure/schema.h"
#include "perdure/status.h"

namespace perdure {

// What open says of each entity.
struct ExternalEntity {
    Entity entity;
    EntityKind kind = EntityKind::plain;
    Entity parent;
};

// What a program answers. Callbacks run in World::open() and commit(), on the calling thread. They
// must not throw, nor change entities, components or relations, nor mark any: that is a bug, and
// stops the program.
//
// World::open() hands back, in this order:
//   1. every entity but the world itself, once, parents before their children;
//   2. every component row, once, as it was last committed, type by type in the schema's order,
//      never of an entity that was not handed back in 1 (or of world_entity).
// In batches of up to 16,384, none of them empty; within a type in no particular order. A callback
// that fails ends the opening, with its status; what it was given so far is the program's to drop.
class ExternalCallbacks {
public:
    using Entities = std::span<const ExternalEntity>;

    ExternalCallbacks& on_entities(std::function<Status(Entities)> take) {
        entities_ = std::move(take);
        return *this;
    }
    // load(ids, values): Status, of std::span<const Entity> and std::span<const T>, of one size.
    // Every external component needs one: World::open() answers `invalid` if it is missing.
    template <Component T, typename Load>
    ExternalCallbacks& on_load(Load load) {
        static_assert(
            std::is_invocable_r_v<Status, Load&, std::span<const Entity>, std::span<const T>>,
            "on_load takes a Status(std::span<const Entity>, std::span<const T>)");
        slot(type_number<T>()).load = [call = std::move(load)](std::span<const Entity> ids,
                                                               const void* values) mutable {
            return call(ids, std::span(static_cast<const T*>(values), ids.size()));
        };
        return *this;
    }
    // Where values are now. Called by commit() for what is marked as changed; a pointer need live
    // until commit() returns. nullptr: it has none any more, which removes it. For a tag: some
    // non-null pointer. Without it changed<T>() is a bug. One of
    //
    //     const T* read(Entity entity)
    //     void read(std::span<const Entity> ids, std::span<const T*> places)
    template <Component T, typename Read>
    ExternalCallbacks& on_read(Read read) {
        using Ids = std::span<const Entity>;
        if constexpr (std::is_invocable_v<Read&, Ids, std::span<const T*>>) {
            slot(type_number<T>()).read = [call = std::move(read), typed = std::vector<const T*>()](
                                              Ids ids, const std::byte** places) mutable {
                typed.assign(ids.size(), nullptr);
                call(ids, std::span<const T*>(typed));
                for (std::size_t at = 0; at < ids.size(); ++at) {
                    places[at] = reinterpret_cast<const std::byte*>(typed[at]);
                }
            };
        } else {
            static_assert(std::is_invocable_r_v<const T*, Read&, Entity>,
                          "on_read takes a const T*(Entity), or a void(std::span<const Entity>, "
                          "std::span<const T*>)");
            slot(type_number<T>()).read = [call = std::move(read)](
                                              Ids ids, const std::byte** places) mutable {
                for (std::size_t at = 0; at < ids.size(); ++at) {
                    const T* const place = call(ids[at]);
                    places[at] = reinterpret_cast<const std::byte*>(place);
                }
            };
        }
        return *this;
    }

    // Of one component type.
    struct Answers {
        TypeNumber type = 0;
        std::function<Status(std::span<const Entity>, const void*)> load;
        std::function<void(std::span<const Entity>, const std::byte**)> read;
    };
    // nullptr if nothing was said of this type.
    [[nodiscard]] const Answers* find(TypeNumber type) const noexcept {
        for (const Answers& answers : answers_) {
            if (answers.type == type) return &answers;
        }
        return nullptr;
    }
    [[nodiscard]] const std::function<Status(Entities)>& entities() const { return entities_; }

private:
    Answers& slot(TypeNumber type) {
        for (Answers& answers : answers_) {
            if (answers.type == type) return answers;
        }
        answers_.push_back({type, nullptr, nullptr});
        return answers_.back();
    }

    std::function<Status(Entities)> entities_;
    std::vector<Answers> answers_;
};

class External {
public:
    explicit External(entities::Registry& registry) : registry_(registry) {}
    External(const External&) = delete;
    External& operator=(const External&) = delete;

    // Marks: the next commit reads their values. Dead entities are passed over; returns how many
    // were not.
    template <Component T>
    std::size_t changed(std::span<const Entity> ids) {
        return changed_raw(type_number<T>(), ids);
    }
    template <Component T>
    bool changed(Entity entity) {
        return changed_raw(type_number<T>(), {&entity, 1}) == 1;
    }

    // Takes values now, so that nothing need be read later: from an array, from structs `stride`
    // bytes apart, or from an array for each field in the struct's order:
    //
    //     external.put<Position>(ids, positions);
    //     external.put<Position>(ids, &particles[0].position, sizeof(Particle));
    //     external.put_fields<Position>(ids, {perdure::field_array(x), perdure::field_array(y)});
    //
    // Returns how many entities were alive; the dead are passed over. `invalid`: more ids than
    // values or fewer, a text that is not UTF-8 without NUL, an id of more than 63 bits, fields
    // that are not the struct's. `no_space`: more than one batch can hold. Nothing is taken then.
    template <Component T>
    Result<std::size_t> put(std::span<const Entity> ids, std::span<const T> values) {
        if (ids.size() != values.size()) {
            return refuse_sizes(type_number<T>(), ids.size(), values.size());
        }
        return put<T>(ids, values.data(), sizeof(T));
    }
    template <Component T>
    Result<std::size_t> put(std::span<const Entity> ids, const T* first, std::size_t stride) {
        return put_raw(type_number<T>(), ids, reinterpret_cast<const std::byte*>(first), stride);
    }
    // Refused as put(): `invalid`, `no_space`.
    template <Component T>
    Result<std::size_t> put_fields(std::span<const Entity> ids,
                                   std::span<const FieldArray> fields) {
        return put_fields_raw(type_number<T>(), ids, fields);
    }
    template <Component T>
    Result<std::size_t> put_fields(std::span<const Entity> ids,
                                   std::initializer_list<FieldArray> fields) {
        return put_fields_raw(type_number<T>(), ids, {fields.begin(), fields.size()});
    }

    // The entities live on without a T. Returns how many were alive.
    template <Component T>
    std::size_t removed(std::span<const Entity> ids) {
        return removed_raw(type_number<T>(), ids);
    }
    template <Component T>
    bool removed(Entity entity) {
        return removed_raw(type_number<T>(), {&entity, 1}) == 1;
    }

private:
    std::size_t changed_raw(TypeNumber type, std::span<const Entity> ids);
    std::size_t removed_raw(TypeNumber type, std::span<const Entity> ids);
    [[nodiscard]] Status refuse_sizes(TypeNumber type, std::size_t ids, std::size_t values) const;
    Result<std::size_t> put_raw(TypeNumber type, std::span<const Entity> ids,
                                const std::byte* first, std::size_t stride);
    Result<std::size_t> put_fields_raw(TypeNumber type, std::span<const Entity> ids,
                                       std::span<const FieldArray> fields);

    entities::Registry& registry_;
};

}  // namespace perdure
