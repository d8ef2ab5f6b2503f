// What the world in memory costs: iterating, setting, capturing, the digest, hydrating, and bytes.
//
// Nothing here is durable and nothing does I/O. Entities have position 3×f32, velocity 3×f32 and
// health i32; the tick changes a seeded random tenth of 100,000 in position and velocity, 1,000 in
// health and 100 in inventory (64 bytes), as the tick benchmark does.
//
//   bench_perdure_iterate [JSON_FILE]
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "entities/registry.h"
#include "measure/process_usage.h"
#include "measure/report.h"
#include "measure/statistics.h"
#include "own/bench_world.h"

namespace perdure::bench {

namespace {

constexpr std::size_t runs = 7;
constexpr std::size_t raw_bytes = sizeof(Position) + sizeof(Velocity) + sizeof(Health);
constexpr std::string_view in_memory = "none: in memory";

// A registry whose journal is nothing.
class Live {
public:
    Live() {
        Schema schema;
        schema.component<Position>({.position = true}).component<Velocity>().component<Health>();
        schema.component<Inventory>();
        auto made = entities::Registry::make(schema);
        if (!made) fail(made.status());
        registry = std::move(*made);
        for (const TableDefinition& wanted : registry->definitions()) {
            auto evolved = catalog_.evolve(wanted);
            if (!evolved) fail(evolved.status());
            check(catalog_.add(**evolved));
        }
        check(registry->bind(catalog_, [](std::string_view) { return Category{}; }));
        registry->reserve_now = [](const Batch&) { return Status(); };
        world.emplace(*registry);
    }

    void begin() {
        std::vector<std::string> remarks;
        check(registry->loaded(remarks));
    }
    // All of them with three components, entity by entity, as a program makes them.
    void populate(std::size_t count, bool inventory) {
        all.reserve(count);
        for (std::size_t at = 0; at < count; ++at) {
            const Entity made = world->create();
            const auto number = static_cast<float>(at);
            world->set(made, Position{number, number, number});
            world->set(made, Velocity{1, 2, 3});
            world->set(made, Health{100});
            if (inventory) world->set(made, Inventory{});
            all.push_back(made);
        }
        commit();
    }
    // Destroys a random third and makes as many anew, so that ids no longer follow one another.
    void churn(bool inventory) {
        Random random(all.size());
        for (std::size_t times = 0; times < all.size() / 3; ++times) {
            Entity& one = all[random.below(all.size())];
            world->destroy(one);
            one = world->create();
            world->set(one, Position{1, 2, 3});
            world->set(one, Velocity{1, 2, 3});
            world->set(one, Health{100});
            if (inventory) world->set(one, Inventory{});
        }
        commit();
    }
    double capture_seconds() {
        changes.batches.clear();
        const Stopwatch watch;
        check(registry->capture(changes, 0, false, pool_));
        return watch.seconds();
    }
    void commit() {
        capture_seconds();
        registry->captured();
    }

    static void check(const Status& status) {
        if (!status) fail(status);
    }
    [[noreturn]] static void fail(const Status& status) {
        std::fprintf(stderr, "%s\n", status.text().c_str());
        std::exit(1);
    }

    std::unique_ptr<entities::Registry> registry;
    std::optional<Entities> world;
    std::vector<Entity> all;
    ChangeSet changes;

private:
    Catalog catalog_;
    BlockPool pool_{std::size_t{256} << 20};
};

// Seconds of `passes` calls, divided by passes and entities, in nanoseconds.
template <typename Work>
double nanoseconds_each(std::size_t entities, std::size_t passes, Work&& work) {
    const Stopwatch watch;
    for (std::size_t pass = 0; pass < passes; ++pass) work();
    return watch.seconds() * 1e9 / static_cast<double>(passes * entities);
}

void move(Position& position, const Velocity& velocity) {
    position.x += velocity.x;
    position.y += velocity.y;
    position.z += velocity.z;
}

void iterate(Report& report, std::size_t count) {
    Live live;
    live.begin();
    live.populate(count, false);
    std::vector<Position> positions(count, Position{1, 2, 3});
    std::vector<Velocity> velocities(count, Velocity{1, 2, 3});
    const std::size_t passes = 20'000'000 / count;
    std::vector<double> plain, each, with_entity, ratio;
    std::uint64_t ids = 0;
    for (std::size_t run = 0; run < runs; ++run) {
        plain.push_back(nanoseconds_each(count, passes, [&] {
            for (std::size_t at = 0; at < count; ++at) move(positions[at], velocities[at]);
        }));
        each.push_back(nanoseconds_each(count, passes, [&] {
            live.world->each<Mut<Position>, Velocity>(
                [](Position& position, const Velocity& velocity) { move(position, velocity); });
        }));
        with_entity.push_back(nanoseconds_each(count, passes, [&] {
            live.world->each<Mut<Position>, Velocity>(
                [&](Entity entity, Position& position, const Velocity& velocity) {
                    ids += entity.id;
                    move(position, velocity);
                });
        }));
        ratio.push_back(each.back() / plain.back());
    }
    if (ids == 1) std::puts("");  // it is needed
    ResultRow row("iterate position, velocity: " + std::to_string(count), std::string(in_memory));
    row.add("plain_ns", Spread::of(plain)).add("each_ns", Spread::of(each));
    row.add("each_to_plain", Spread::of(ratio)).add("with_entity_ns", Spread::of(with_entity));
    report.print(row);
}

// One of seven entities has no velocity, and about a third of all were destroyed and made anew.
void iterate_ragged(Report& report, std::size_t count) {
    Live live;
    live.begin();
    live.populate(count, false);
    for (std::size_t at = 0; at < count; at += 7) live.world->remove<Velocity>(live.all[at]);
    live.churn(false);
    std::vector<double> each;
    for (std::size_t run = 0; run < runs; ++run) {
        each.push_back(nanoseconds_each(count, 5'000'000 / count, [&] {
            live.world->each<Mut<Position>, Velocity>(
                [](Position& position, const Velocity& velocity) { move(position, velocity); });
        }));
    }
    ResultRow row("iterate where rows do not lie side by side: " + std::to_string(count),
                  std::string(in_memory));
    row.add("each_ns", Spread::of(each));
    report.print(row);
}

// The tick of the tick benchmark: what changes, and in which order it is set.
struct Tick {
    std::vector<std::size_t> moved, hurt, traded;
};

Tick random_tick(Random& random, std::size_t count) {
    Tick tick;
    const auto draw = [&](std::vector<std::size_t>& to, std::size_t wanted) {
        while (to.size() < wanted) to.push_back(random.below(count));
    };
    draw(tick.moved, 10'000);
    draw(tick.hurt, 1'000);
    draw(tick.traded, 100);
    return tick;
}

void capture(Report& report, std::size_t count, bool churned) {
    Live live;
    live.begin();
    live.populate(count, true);
    if (churned) live.churn(true);
    Random random(count);
    std::vector<double> set, captured, cleared;
    for (std::size_t run = 0; run < 41; ++run) {
        Samples sets, captures, clears;
        for (int tick = 0; tick < 20; ++tick) {
            const Tick change = random_tick(random, count);
            const Stopwatch setting;
            for (const std::size_t at : change.moved) {
                live.world->set(live.all[at], Position{1, 2, 3});
                live.world->set(live.all[at], Velocity{1, 2, 3});
            }
            for (const std::size_t at : change.hurt) live.world->set(live.all[at], Health{1});
            for (const std::size_t at : change.traded) {
                live.world->set(live.all[at], Inventory{{1, 2, 3}});
            }
            sets.add(setting.seconds() * 1e9 / 21'100);
            captures.add(live.capture_seconds() * 1e6);
            const Stopwatch clearing;
            live.registry->captured();
            clears.add(clearing.seconds() * 1e6);
        }
        set.push_back(sets.percentile(0.5));
        captured.push_back(captures.percentile(0.5));
        cleared.push_back(clears.percentile(0.5));
    }
    ResultRow row(
        "set and capture 21,100 of " + std::to_string(count) + (churned ? ", churned" : ""),
        std::string(in_memory));
    row.add("set_ns", Spread::of(set)).add("capture_us", Spread::of(captured));
    row.add("captured_us", Spread::of(cleared));
    report.print(row);
}

// Entities that stay in the processor's cache.
void set_in_cache(Report& report) {
    Live live;
    live.begin();
    live.populate(1000, false);
    std::vector<double> set, get;
    float sum = 0;
    for (std::size_t run = 0; run < runs; ++run) {
        set.push_back(nanoseconds_each(1000, 5000, [&] {
            for (const Entity entity : live.all) live.world->set(entity, Position{1, 2, 3});
        }));
        get.push_back(nanoseconds_each(1000, 5000, [&] {
            for (const Entity entity : live.all) sum += live.world->get<Position>(entity)->x;
        }));
    }
    if (sum == 1) std::puts("");
    ResultRow row("set and get in cache: 1000", std::string(in_memory));
    row.add("set_ns", Spread::of(set)).add("get_ns", Spread::of(get));
    report.print(row);
}

void digest(Report& report) {
    Live live;
    live.begin();
    for (int at = 0; at < 230'000; ++at) {
        const Entity made = live.world->create();
        live.world->set(made, Position{1, 2, 3});
        live.world->set(made, Health{at});
    }
    std::vector<double> milliseconds;
    Hash128 sum;
    for (std::size_t run = 0; run < runs; ++run) {
        const Stopwatch watch;
        sum = sum + live.registry->digest();
        milliseconds.push_back(watch.seconds() * 1e3);
    }
    ResultRow row("digest of 230,000 entities with 2 components", std::string(in_memory));
    row.add("milliseconds", Spread::of(milliseconds));
    row.add("sum", sum.hex().substr(0, 8));
    report.print(row);
}

void hydrate(Report& report, std::size_t count) {
    Live before;
    before.begin();
    before.populate(count, false);  // its change set holds all rows
    std::vector<double> seconds;
    for (std::size_t run = 0; run < runs; ++run) {
        Live live;
        const Stopwatch watch;
        for (const Batch& batch : before.changes.batches) Live::check(live.registry->load(batch));
        live.begin();
        seconds.push_back(watch.seconds());
    }
    ResultRow row("hydrate with 3 components: " + std::to_string(count), std::string(in_memory));
    row.add("seconds", Spread::of(seconds));
    report.print(row);
}

// In a process of its own, so that nobody's freed memory is used again.
double growth_bytes(std::size_t count) {
    int ends[2];
    if (pipe(ends) != 0) Live::fail(Status(Code::io, "pipe"));
    const pid_t child = fork();
    if (child == 0) {
        Live live;
        live.begin();
        live.all.assign(count, Entity{1});  // touched before, and so not counted
        live.all.clear();
        const std::uint64_t before = process_memory().resident_bytes;
        for (std::size_t at = 0; at < count; ++at) {
            const Entity made = live.world->create();
            live.world->set(made, Position{1, 2, 3});
            live.world->set(made, Velocity{1, 2, 3});
            live.world->set(made, Health{100});
        }
        live.registry->set(type_number<Health>(), {2}, std::array<std::int32_t, 1>{7}.data());
        const double grown = static_cast<double>(process_memory().resident_bytes - before);
        const bool told = write(ends[1], &grown, sizeof grown) == sizeof grown;
        _exit(told ? 0 : 1);
    }
    double grown = 0;
    if (read(ends[0], &grown, sizeof grown) != sizeof grown) Live::fail(Status(Code::io, "read"));
    close(ends[0]);
    close(ends[1]);
    waitpid(child, nullptr, 0);
    return grown;
}

void memory(Report& report, std::size_t count) {
    std::vector<double> grown, budget;
    for (std::size_t run = 0; run < runs; ++run) {
        grown.push_back(growth_bytes(count) / static_cast<double>(count));
        budget.push_back(1.3 * raw_bytes + 3 * 24);
    }
    ResultRow row("memory with 3 components: " + std::to_string(count), std::string(in_memory));
    row.add("raw_bytes_each", static_cast<double>(raw_bytes));
    row.add("grown_bytes_each", Spread::of(grown)).add("budget_bytes_each", Spread::of(budget));
    report.print(row);
}

}  // namespace
}  // namespace perdure::bench

int main(int count, char** arguments) {
    using namespace perdure::bench;
    Report report("iterate", count > 1 ? arguments[1] : "");
    memory(report, 1'000'000);
    iterate(report, 100'000);
    iterate(report, 1'000'000);
    iterate_ragged(report, 100'000);
    set_in_cache(report);
    for (const bool churned : {false, true}) {
        capture(report, 100'000, churned);
        capture(report, 2'000'000, churned);
    }
    digest(report);
    hydrate(report, 1'000'000);
    return 0;
}
