#include "cli/demo/components.h"

#include "perdure/entity.h"

namespace perdure::cli::demo {

Schema demo_schema() {
    Schema schema;
    schema.component<Position>({.position = true});
    schema.component<Node>();
    schema.component<Crop>();
    schema.component<Walker>();
    schema.component<Purse>();
    schema.component<Bag>();
    schema.component<Settings>();
    schema.component<Dice>();
    schema.component<Calendar>();
    schema.component<Totals>();
    // Ticks are signed here: an unsigned key of 64 bits does not read well in SQL.
    schema.table("trades")
        .key<std::int64_t>("tick")
        .key<std::uint32_t>("seq")
        .column<Entity>("buyer")
        .column<Entity>("seller")
        .column<std::string>("goods")
        .column<std::uint32_t>("amount")
        .column<std::int64_t>("coins")
        .append_only();
    schema.table("tick_summaries")
        .key<std::int64_t>("tick")
        .column<std::uint32_t>("moves")
        .column<std::uint32_t>("meals")
        .column<std::uint32_t>("harvests")
        .column<std::uint32_t>("trades")
        .column<std::uint64_t>("trades_so_far")
        .column<std::int64_t>("coins_traded_so_far")
        .column<std::uint64_t>("ledger")
        .append_only();
    return schema;
}

}  // namespace perdure::cli::demo
