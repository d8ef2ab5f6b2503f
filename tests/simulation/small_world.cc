#include "simulation/small_world.h"

#include <array>
#include <memory>

#include "base/text.h"
#include "simulation/plain_text.h"

namespace perdure::simulation {
namespace {

constexpr std::size_t variant_count = 8;

std::size_t index_of(Variant variant) {
    return (variant.deep ? 1U : 0U) + (variant.notes ? 2U : 0U) + (variant.purse ? 4U : 0U);
}

void declare_components(Schema& schema, Variant variant) {
    if (variant.deep) {
        schema.component<DeepPosition>({.position = true});
    } else {
        schema.component<Position>({.position = true});
    }
    if (variant.purse) schema.component<Purse>({.category = "economy"});
    schema.component<Label>();
    schema.component<Mood>({.category = "mood"});
    schema.component<Flash>({.category = "flash"});
    schema.component<Frozen>();
}

void declare_tables(Schema& schema, Variant variant) {
    TableBuilder& accounts = schema.table("accounts").key<std::uint32_t>("id");
    accounts.column<std::int64_t>("balance");
    if (variant.notes) accounts.column<std::string>("note");
    schema.table("vault").key<std::string>("name").column<std::int64_t>("gold").category("economy");
    schema.table("trail").key<std::uint32_t>("id").column<std::int32_t>("step").category("mood");
    schema.table("scratch").key<std::uint32_t>("id").column<std::int32_t>("step").category("flash");
    schema.table("events").key<std::uint64_t>("number").column<std::string>("what").append_only();
}

std::unique_ptr<const Schema> make_schema(Variant variant) {
    auto schema = std::make_unique<Schema>();
    for (const Category& category : small_world_categories()) schema->category(category);
    declare_components(*schema, variant);
    declare_tables(*schema, variant);
    return schema;
}

std::vector<TableSpec> make_tables(Variant variant) {
    const std::string none(null_text);
    std::vector<TableSpec> tables;
    const auto add = [&](std::string name, TableRole role, Level level,
                         std::vector<ColumnSpec> columns, CellForm key = CellForm::twice) {
        tables.push_back({std::move(name), role, level, false, std::move(columns), key});
    };
    add("entity", TableRole::entity, Level::journal,
        {{"kind", "0", CellForm::byte}, {"parent", "#0"}, {"root", "#0"}, {"segment", "0"}});
    add("_entity_ids", TableRole::reserved_ids, Level::journal, {{"reserved_end", "0"}},
        CellForm::byte);
    std::vector<ColumnSpec> position{{"x", "0", CellForm::word}};
    if (variant.deep) position.push_back({"z", "7", CellForm::word});
    position.push_back({"y", "0", CellForm::word});
    add("Position", TableRole::component, Level::journal, position);
    if (variant.purse) add("Purse", TableRole::component, Level::stored, {{"coins", "0"}});
    add("Label", TableRole::component, Level::journal,
        {{"text", std::string(empty_text), CellForm::text}, {"rank", none, CellForm::word}});
    add("Mood", TableRole::component, Level::relaxed, {{"level", "0", CellForm::half}});
    add("Flash", TableRole::component, Level::ephemeral, {{"count", "0", CellForm::byte}});
    add("Frozen", TableRole::component, Level::journal, {});
    std::vector<ColumnSpec> accounts{{"balance", "0"}};
    if (variant.notes) {
        accounts.push_back({"note", std::string(empty_text), CellForm::text});
    }
    add("accounts", TableRole::user, Level::journal, accounts, CellForm::word);
    add("vault", TableRole::user, Level::stored, {{"gold", "0"}}, CellForm::text);
    const std::vector<ColumnSpec> step{{"step", "0", CellForm::word}};
    add("trail", TableRole::user, Level::relaxed, step, CellForm::word);
    add("scratch", TableRole::user, Level::ephemeral, step, CellForm::word);
    add("events", TableRole::user, Level::journal,
        {{"what", std::string(empty_text), CellForm::text}});
    tables.back().append_only = true;
    return tables;
}

template <typename Made, typename Make>
std::array<Made, variant_count> make_all(Make make) {
    std::array<Made, variant_count> all;
    for (const bool deep : {false, true}) {
        for (const bool notes : {false, true}) {
            for (const bool purse : {false, true}) {
                const Variant variant{deep, notes, purse};
                all[index_of(variant)] = make(variant);
            }
        }
    }
    return all;
}

}  // namespace

std::vector<Category> small_world_categories() {
    Category economy{.name = "economy", .durability = Level::stored};
    Category mood{.name = "mood", .durability = Level::relaxed, .interval_ms = relaxed_interval_ms};
    Category flash{.name = "flash", .durability = Level::ephemeral};
    return {economy, mood, flash};
}

const Schema& small_world_schema(Variant variant) {
    static const auto all = make_all<std::unique_ptr<const Schema>>(make_schema);
    return *all[index_of(variant)];
}

const std::vector<TableSpec>& small_world_tables(Variant variant) {
    static const auto all = make_all<std::vector<TableSpec>>(make_tables);
    return all[index_of(variant)];
}

TableSpec late_table(std::uint64_t number) {
    return {text::format("late_{}", number),
            TableRole::user,
            Level::journal,
            false,
            {{"amount", "0"}},
            CellForm::word};
}

TableBuilder late_table_builder(std::uint64_t number) {
    TableBuilder table(text::format("late_{}", number));
    table.key<std::uint32_t>("id").column<std::int64_t>("amount");
    return table;
}

}  // namespace perdure::simulation
