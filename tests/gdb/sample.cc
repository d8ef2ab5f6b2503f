// One value of each kind that the printers of gdb/perdure-gdb.py know; gdb_test.py stops at
// stop_here() and prints them.
#include <cstdio>
#include <cstring>

#include "engine/progress.h"
#include "model/batch_builder.h"
#include "model/change_set.h"
#include "perdure/health.h"
#include "perdure/schema.h"
#include "perdure/token.h"

namespace {

class Nobody : public perdure::engine::Helper {
public:
    void help(perdure::Lsn, perdure::Level) override {}
};

void say(const perdure::Status& status) {
    if (!status.ok()) std::puts(status.text().c_str());
}

}  // namespace

// What this is given stays where gdb can see it.
extern "C" __attribute__((noinline)) void stop_here(const void* seen) {
    __asm__ volatile("" : : "r"(seen) : "memory");
}

int main() {
    using namespace perdure;
    const Status fine;
    const Status broken(Code::corrupt, "journal/1.pdj at offset 8192:\nbad");
    const Result<int> seven(7);
    const Result<int> failed(broken);

    TableBuilder builder("profiles");
    builder.key<std::string>("name").column<std::int64_t>("level", {.default_value = 1});
    builder.column<std::optional<double>>("luck").column<bool>("alive").column<float>("speed");
    builder.column<std::array<std::int16_t, 3>>("at").column<Uuid>("uuid").column<Json>("extra");
    builder.column<Bytes>("raw").column<Entity>("owner").category("economy").append_only();
    TableDefinition table = builder.definition();
    table.id = 7;
    table.version = 2;
    const Column level = table.columns[1];
    const ColumnType at = table.columns[5].type;

    const Uuid uuid{{std::byte{0xAB}, std::byte{0xCD}}};
    const Bytes raw{std::byte{0}, std::byte{255}};
    BatchBuilder rows(table, Operation::upsert);
    say(rows.add(Row{{"name", "ana \"\x1b"},
                     {"level", -7},
                     {"luck", 0.5},
                     {"alive", true},
                     {"speed", 0.1F},
                     {"at", Bytes(6, std::byte{1})},
                     {"uuid", uuid},
                     {"extra", Json{R"({"hp":3})"}},
                     {"raw", raw},
                     {"owner", Entity{42}}}));
    say(rows.add(Row{{"name", std::string(70, 'b')}}));
    ChangeSet changes;
    changes.lsn = 17;
    changes.tick = 5;
    changes.batches.push_back(*rows.finish());
    const Batch& batch = changes.batches.front();
    BatchBuilder gone(table, Operation::erase);
    say(gone.add(Row{{"name", "bo"}}));
    const Batch erased = *gone.finish();
    const Batch nothing;

    const Value null;
    const Value text("é\xFF\n");
    const Value number(-7);
    const Value half(0.5F);
    const Value long_text(std::string(100'000, 'x') + "é");
    const Value long_bytes(Bytes(65));
    alignas(Batch) std::byte garbage[sizeof(Batch)];
    std::memset(garbage, 0x5A, sizeof garbage);
    const auto& never_made = reinterpret_cast<const Batch&>(garbage);
    alignas(TableDefinition) std::byte more[sizeof(TableDefinition)];
    std::memset(more, 0x5A, sizeof more);
    const auto& no_table = reinterpret_cast<const TableDefinition&>(more);
    const Value json(Json{"[1]"});
    const Cell cell{"level", 7};
    const Entity ana{42};
    const Entity nobody;
    const Category fog{.name = "fog", .durability = Level::relaxed, .interval_ms = 500};

    Nobody helper;
    const auto progress = std::make_shared<engine::Progress>(helper);
    progress->reached_journal(16);
    const Token under_way(progress, 17, Level::journal, 5);
    const Token done(progress, 16, Level::journal, {});
    const Token of_nothing;
    Health health;
    health.trouble = broken;
    health.read_only = true;
    health.store = "sqlite";
    health.accepted_lsn = 17;
    health.durable_lsn = 16;

    const void* const all[] = {
        &long_text,  &long_bytes, &never_made, &no_table, &fine,      &broken, &seven,   &failed,
        &level,      &at,         &batch,      &text,     &erased,    &number, &nothing, &null,
        &half,       &json,       &cell,       &ana,      &nobody,    &fog,    &done,    &health,
        &of_nothing, &uuid,       &raw,        &table,    &under_way, &changes};
    stop_here(static_cast<const void*>(all));
    return 0;
}
