#include "entities/registry.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "model/batch_builder.h"
#include "model/evolve.h"

namespace perdure::entities {
namespace {

constexpr ColumnType id_type{ColumnKind::id, ColumnKind::u8, 0};
constexpr ColumnType slot_type{ColumnKind::u8, ColumnKind::u8, 0};
constexpr std::string_view component_key = "entity";

TableDefinition resident_definition(const StructShape& shape, std::string_view key_name,
                                    ColumnType key_type, std::string_view category) {
    TableDefinition table = definition_of(shape, key_name, key_type);
    table.category = category;
    table.resident = true;
    return table;
}

bool is_component_table(const TableDefinition& table) {
    return table.resident && table.key_columns == 1 && table.columns[0].type == id_type &&
           same_name(table.columns[0].name, component_key);
}

Status check_clash(std::string_view what, std::string_view name) {
    if (!same_name(name, struct_shape<EntityRow>().name)) return {};
    return error(Code::invalid, "{} cannot be named {}: that table holds the entities; rename it",
                 what, name);
}

Result<const TableDefinition*> find_in_force(const Catalog& catalog, std::string_view name) {
    const TableDefinition* found = catalog.find(name);
    if (found != nullptr) return found;
    return error(Code::not_found,
                 "table {} is not in force; declare the registry's definitions first", name);
}

}  // namespace

Registry::Registry() : entities_(layouts_), entity_shape_(struct_shape<EntityRow>()) {}

Result<std::unique_ptr<Registry>> Registry::make(const Schema& schema) {
    PERDURE_TRY(schema.validate());
    std::unique_ptr<Registry> registry(new Registry());
    for (const TableBuilder& table : schema.tables()) {
        PERDURE_TRY(check_clash("a table", table.definition().name));
    }
    const Schema::DeclaredComponent* position = nullptr;
    for (const Schema::DeclaredComponent& declared : schema.components()) {
        if (declared.options.position && position != nullptr) {
            return error(Code::invalid, "{} and {} are both declared as position; choose one",
                         position->shape.name, declared.shape.name);
        }
        if (declared.options.position) position = &declared;
        PERDURE_TRY(registry->add_component(declared));
    }
    for (const Schema::DeclaredRelation& declared : schema.relations()) {
        PERDURE_TRY(check_clash("a relation", declared.shape.name));
        registry->relations_.add(declared);
    }
    return registry;
}

Status Registry::add_component(const Schema::DeclaredComponent& declared) {
    PERDURE_TRY(check_clash("a component", declared.shape.name));
    if (declared.options.external) {
        externals_.push_back(std::make_unique<ExternalTable>(declared, entities_.rows()));
        if (external_by_type_.size() <= declared.type) {
            external_by_type_.resize(declared.type + std::size_t{1});
        }
        external_by_type_[declared.type] = externals_.back().get();
        return {};
    }
    components_.push_back(std::make_unique<ComponentTable>(declared, layouts_));
    if (by_type_.size() <= declared.type) by_type_.resize(declared.type + std::size_t{1});
    by_type_[declared.type] = &components_.back()->rows;
    return {};
}

std::vector<TableDefinition> Registry::definitions() const {
    std::vector<TableDefinition> all;
    all.push_back(resident_definition(entity_shape_, "id", id_type, default_category));
    all.push_back(
        resident_definition(struct_shape<ReservedIds>(), "slot", slot_type, default_category));
    const auto add = [&](const auto& table) {
        all.push_back(
            resident_definition(table->shape, component_key, id_type, table->options.category));
        const Status written = write_numbers("component", all.back(), table->options.numbers);
        PERDURE_ASSERT(written.ok());  // the schema was validated
    };
    std::for_each(components_.begin(), components_.end(), add);
    std::for_each(externals_.begin(), externals_.end(), add);
    relations_.add_definitions(all);
    return all;
}

Status Registry::bind(const Catalog& catalog,
                      const std::function<Category(std::string_view)>& category_of) {
    PERDURE_TAKE(entity_definition_, find_in_force(catalog, entity_shape_.name));
    entity_plan_ = plan_structs(entity_shape_, *entity_definition_);
    PERDURE_TAKE(ids_definition_, find_in_force(catalog, struct_shape<ReservedIds>().name));
    const auto bind_one = [&](auto& table) -> Status {
        PERDURE_TAKE(table.definition, find_in_force(catalog, table.shape.name));
        table.plan = plan_structs(table.shape, *table.definition);
        table.category = category_of(table.definition->category);
        return {};
    };
    for (const auto& table : components_) PERDURE_TRY(bind_one(*table));
    for (const auto& table : externals_) PERDURE_TRY(bind_one(*table));
    foreign_.clear();
    for (const TableDefinition* table : catalog.tables()) {
        const auto is_this = [&](const auto& known) { return known->definition->id == table->id; };
        if (!is_component_table(*table) ||
            std::any_of(components_.begin(), components_.end(), is_this) ||
            std::any_of(externals_.begin(), externals_.end(), is_this)) {
            continue;
        }
        // Nothing writes a foreign table's rows, and those of ephemeral tables are gone since the
        // opening.
        if (category_of(table->category).durability == Level::ephemeral) continue;
        foreign_.push_back(table);
    }
    return relations_.bind(catalog, category_of);
}

Status Registry::connect(const ExternalCallbacks& callbacks) {
    for (const auto& table : externals_) {
        table->callbacks = callbacks.find(table->type);
        if (table->callbacks != nullptr && table->callbacks->load != nullptr) continue;
        return error(Code::invalid,
                     "component {} is external, and nobody would take what is stored of it; give "
                     "WorldOptions::external an on_load() for it",
                     table->shape.name);
    }
    return {};
}

void Registry::use_pool(BlockPool& pool) noexcept {
    for (const auto& table : externals_) table->pool = &pool;
}

bool Registry::is_external(const TableDefinition& table) const noexcept {
    return std::any_of(externals_.begin(), externals_.end(),
                       [&](const auto& external) { return external->definition->id == table.id; });
}

void Registry::stand_still(Standing why) {
    PERDURE_ASSERT(standing_ == Standing::no);  // another set of workers runs, or on_read() does
    PERDURE_ASSERT(why != Standing::no);
    standing_ = why;
    entities_.rows().begin_iteration();
    for (const auto& table : components_) table->rows.begin_iteration();
    relations_.begin_iteration();
}

void Registry::go_on() {
    PERDURE_ASSERT(standing_ != Standing::no);
    standing_ = Standing::no;
    entities_.rows().end_iteration();
    for (const auto& table : components_) table->rows.end_iteration();
    relations_.end_iteration();
}

void Registry::take_marks(TypeNumber type, RowMarks& marks) {
    if (is_external(type)) {
        external_of(type).take_marks(marks);
    } else {
        marks.move_to(rows_of(type).marks());
    }
}

Entity Registry::create(EntityKind kind, Entity parent) {
    PERDURE_ASSERT(loaded_ && standing_ == Standing::no);
    if (parent && !alive(parent)) return no_entity;
    if (entities_.count() >= ComponentRows::rows_max) return no_entity;
    if (ids_.used_up() && !reserve_more()) return no_entity;
    const Entity entity{ids_.take()};
    entities_.add(entity.id, kind);
    if (parent) {
        const bool attached = entities_.set_parent(entity.id, parent.id);
        PERDURE_ASSERT(attached);
    }
    return entity;
}

bool Registry::reserve_more() {
    PERDURE_ASSERT(reserve_now != nullptr);
    ids_.grow_block();
    const std::uint64_t end = ids_.wanted_end();
    if (end <= ids_.next()) return false;  // 2^63 ids were enough
    const Result<Batch> batch = reserved_ids_batch(end, nullptr);
    if (!batch || !reserve_now(*batch)) return false;
    ids_.accepted(end);
    ids_.durable(end);
    return true;
}

void Registry::reservation_durable(std::uint64_t end) {
    ids_.durable(end);
    if (reservation_under_way_ <= end) reservation_under_way_ = 0;
}

Result<Batch> Registry::reserved_ids_batch(std::uint64_t end, BlockPool* pool) const {
    BatchBuilder builder(*ids_definition_, Operation::upsert);
    const Cell cells[] = {{"slot", std::uint64_t{0}}, {"reserved_end", end}};
    PERDURE_TRY(builder.add(cells));
    return builder.finish(pool);
}

bool Registry::destroy(Entity entity) {
    if (entity == world_entity || !alive(entity)) return false;
    for (const std::uint64_t id : entities_.destroy(entity.id)) {
        if (id != entity.id && seeded_bug("entities: components outlive their child")) continue;
        for (const auto& table : components_) table->rows.remove(id);
        relations_.remove_entity(id);
    }
    return true;
}

bool Registry::set(TypeNumber type, Entity entity, const void* value) {
    PERDURE_ASSERT(may_mark());
    ComponentRows& rows = rows_of(type);
    std::uint32_t row = rows.find(entity.id);
    if (row == ComponentRows::none) {
        if (!alive(entity)) return false;
        row = rows.add(entity.id);
    }
    rows.write(row, value);
    rows.mark(row);
    return true;
}

std::byte* Registry::find(TypeNumber type, Entity entity, bool mark) {
    PERDURE_ASSERT(!mark || may_mark());
    ComponentRows& rows = rows_of(type);
    const std::uint32_t row = rows.find(entity.id);
    if (row == ComponentRows::none) return nullptr;
    if (mark) rows.mark(row);
    return rows.at(row);
}

}  // namespace perdure::entities
