#include "simulation/beings.h"

#include <algorithm>
#include <span>
#include <type_traits>

#include "base/assert.h"
#include "base/error.h"
#include "simulation/plain_text.h"
#include "simulation/wrong.h"

namespace perdure::simulation {
namespace {

Position make(const Position*, std::int32_t value) { return {value, -value}; }
DeepPosition make(const DeepPosition*, std::int32_t value) { return {value, value / 2, -value}; }
Purse make(const Purse*, std::int32_t value) { return {value * 1'000'000'007LL}; }
Label make(const Label*, std::int32_t value) {
    Label label{text::format("l{}", value), {}};
    if (value % 3 != 0) label.rank = value;
    return label;
}
Mood make(const Mood*, std::int32_t value) { return {static_cast<std::int16_t>(value)}; }
Flash make(const Flash*, std::int32_t value) { return {static_cast<std::uint8_t>(value)}; }
Frozen make(const Frozen*, std::int32_t) { return {}; }

Cells cells_of(const Position& it) { return {plain_text(it.x), plain_text(it.y)}; }
Cells cells_of(const DeepPosition& it) {
    return {plain_text(it.x), plain_text(it.z), plain_text(it.y)};
}
Cells cells_of(const Purse& it) { return {plain_text(it.coins)}; }
Cells cells_of(const Label& it) {
    return {plain_text(std::string_view(it.text)),
            it.rank ? plain_text(*it.rank) : std::string(null_text)};
}
Cells cells_of(const Mood& it) { return {plain_text(it.level)}; }
Cells cells_of(const Flash& it) { return {plain_text(it.count)}; }
Cells cells_of(const Frozen&) { return {}; }

template <typename T>
void change_component(Entities& entities, Entity entity, const T& component, ChangeWay way) {
    bool done = false;
    if constexpr (!std::is_empty_v<T>) {
        if (!entities.has<T>(entity)) way = ChangeWay::set;
        switch (way) {
            case ChangeWay::set:
            case ChangeWay::set_many: break;
            case ChangeWay::edit: *entities.edit<T>(entity) = component; return;
            case ChangeWay::unmarked:
                *entities.get_mutable_unmarked<T>(entity) = component;
                done = entities.changed<T>(entity);
                PERDURE_ASSERT(done);
                return;
            case ChangeWay::each:
                entities.each<Mut<T>>([&](Entity visited, T& there) {
                    if (visited.id == entity.id) there = component;
                });
                return;
        }
    }
    if (way == ChangeWay::set_many) {
        done = entities.set_many(std::span<const Entity>(&entity, 1),
                                 std::span<const T>(&component, 1)) == 1;
    } else {
        done = entities.set(entity, component);
    }
    PERDURE_ASSERT(done);
}

template <typename T>
ComponentKit kit(std::string_view name) {
    ComponentKit made;
    made.name = name;
    made.change = [](Entities& entities, Entity entity, std::int32_t value, ChangeWay way) {
        const T component = make(static_cast<const T*>(nullptr), value);
        change_component(entities, entity, component, way);
        return cells_of(component);
    };
    made.get = [](Entities& entities, Entity entity) -> std::optional<Cells> {
        const T* component = entities.get<T>(entity);
        if (component == nullptr) return std::nullopt;
        if constexpr (std::is_empty_v<T>) return Cells{};
        return cells_of(*component);
    };
    made.remove = [](Entities& entities, Entity entity) { return entities.remove<T>(entity); };
    return made;
}

std::vector<ComponentKit> make_kits(bool deep, bool purse) {
    std::vector<ComponentKit> kits;
    kits.push_back(deep ? kit<DeepPosition>("Position") : kit<Position>("Position"));
    if (purse) kits.push_back(kit<Purse>("Purse"));
    kits.push_back(kit<Label>("Label"));
    kits.push_back(kit<Mood>("Mood"));
    kits.push_back(kit<Flash>("Flash"));
    kits.push_back(kit<Frozen>("Frozen"));
    return kits;
}

std::uint64_t id_of(const std::string& text) { return std::stoull(text.substr(1)); }  // "#5"

// What turns the rows of a table into these.
void add_differences(const std::string& table, const Rows& from, const Rows& to,
                     std::vector<Write>& writes) {
    for (const auto& [key, cells] : from) {
        if (!to.contains(key)) writes.push_back({table, key, {}});
    }
    for (const auto& [key, cells] : to) {
        const auto before = from.find(key);
        if (before == from.end() || before->second != cells) writes.push_back({table, key, cells});
    }
}

}  // namespace

const std::vector<ComponentKit>& component_kits(Variant variant) {
    static const std::vector<ComponentKit> all[] = {make_kits(false, false), make_kits(false, true),
                                                    make_kits(true, false), make_kits(true, true)};
    return all[(variant.deep ? 2U : 0U) + (variant.purse ? 1U : 0U)];
}

Beings Beings::of(const State& state, Variant variant) {
    Beings beings;
    beings.all_[world_entity.id] = {};
    const auto entities = state.find("entity");
    if (entities == state.end()) return beings;
    for (const auto& [key, cells] : entities->second->rows) {
        Being& being = beings.all_[std::stoull(key)];
        being.kind = static_cast<EntityKind>(std::stoul(cells[0]));
        being.parent = id_of(cells[1]);
    }
    for (const ComponentKit& kit : component_kits(variant)) {
        const std::string name(kit.name);
        const auto table = state.find(name);
        if (table == state.end()) continue;
        for (const auto& [key, cells] : table->second->rows) {
            beings.all_.at(std::stoull(key)).components[name] = cells;
        }
    }
    return beings;
}

void Beings::add(std::uint64_t id, EntityKind kind, std::uint64_t parent) {
    PERDURE_ASSERT(!all_.contains(id));
    all_[id] = {kind, parent, {}};
}

bool Beings::is_below(std::uint64_t id, std::uint64_t ancestor) const {
    while (id != 0 && id != ancestor) id = all_.at(id).parent;
    return id == ancestor;
}

std::uint64_t Beings::root(std::uint64_t id) const {
    while (all_.at(id).parent != 0) id = all_.at(id).parent;
    return id;
}

void Beings::destroy(std::uint64_t id) {
    std::vector<std::uint64_t> children;
    for (const auto& [child, being] : all_) {
        if (being.parent == id) children.push_back(child);
    }
    for (const std::uint64_t child : children) {
        if (all_.at(child).kind == EntityKind::player) {
            all_.at(child).parent = 0;
        } else {
            destroy(child);
        }
    }
    all_.erase(id);
}

Rows Beings::entity_rows() const {
    Rows rows;
    for (const auto& [id, being] : all_) {
        rows[key_text(id)] = {plain_text(static_cast<unsigned>(being.kind)),
                              plain_text(Entity{being.parent}), plain_text(Entity{root(id)}), "0"};
    }
    return rows;
}

std::vector<Write> Beings::changes(const State& state, Variant variant) const {
    std::vector<Write> writes;
    add_differences("entity", state.at("entity")->rows, entity_rows(), writes);
    for (const auto& [name, table] : state) {
        if (table->spec.role != TableRole::component) continue;
        Rows rows;
        const auto& kits = component_kits(variant);
        const bool known =
            std::any_of(kits.begin(), kits.end(),
                        [&, &sought = name](const auto& kit) { return kit.name == sought; });
        if (known) {
            for (const auto& [id, being] : all_) {
                const auto component = being.components.find(name);
                if (component != being.components.end()) rows[key_text(id)] = component->second;
            }
        } else {
            for (const auto& [key, cells] : table->rows) {
                if (all_.contains(std::stoull(key))) rows[key] = cells;
            }
        }
        add_differences(name, table->rows, rows, writes);
    }
    return writes;
}

Status Beings::compare(Entities& entities, Variant variant) const {
    if (entities.count() != all_.size()) {
        return wrong("{} entities live, but it must be {}", entities.count(), all_.size());
    }
    for (const auto& [id, being] : all_) {
        const Entity entity{id};
        if (!entities.alive(entity)) return wrong("entity {} must live", id);
        const bool same = entities.kind(entity) == being.kind &&
                          entities.parent(entity).id == being.parent &&
                          entities.root(entity).id == root(id);
        if (!same) {
            return wrong("entity {} is of kind {}, parent {}, root {}; it must be {}, {}, {}", id,
                         static_cast<unsigned>(entities.kind(entity)), entities.parent(entity).id,
                         entities.root(entity).id, static_cast<unsigned>(being.kind), being.parent,
                         root(id));
        }
        for (const ComponentKit& kit : component_kits(variant)) {
            const auto found = kit.get(entities, entity);
            const auto known = being.components.find(kit.name);
            if (found.has_value() == (known != being.components.end()) &&
                (!found || *found == known->second)) {
                continue;
            }
            return wrong("entity {} has {} as {}; it must be {}", id,
                         found ? describe(*found) : "nothing", kit.name,
                         known == being.components.end() ? "nothing" : describe(known->second));
        }
    }
    return {};
}

}  // namespace perdure::simulation
