// What it costs to hand over the changes of a program that has its own ECS, beside components that
// live in Perdure; and what marks cost that workers set.
//
// Nothing here is durable and nothing does I/O. The tick is the tick benchmark's: of 100,000
// entities a random 10,000 change position and velocity, 1,000 health and 100 inventory: 21,100
// rows. All ways are measured in turn, in the same run.
//
//   built_in_us     capture() of what set() marked: what the bar is about
//   read_us         capture() of what changed() marked: ids through the reader, an EntityMap from
//                   id to a place in dense arrays, which the program has just changed
//   mark_us         changed() itself, for all 21,100; set() does that and copies, in set_us
//   put_us          put() of arrays of ids and structs, and the capture() after it
//
// Workers: 21,100 marks by one worker and by eight, one after the other on one thread, so that what
// is compared is work, whatever the number of processors: begin(), the marks, end().
//
//   bench_external [JSON_FILE]
#include "perdure/external.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "entities/registry.h"
#include "measure/report.h"
#include "measure/statistics.h"
#include "own/bench_world.h"
#include "perdure/entity_map.h"
#include "perdure/workers.h"

namespace perdure::bench {

namespace {

constexpr std::size_t entities_count = 100'000;
constexpr std::size_t runs = 41;
constexpr std::string_view in_memory = "none: in memory";

void check(const Status& status) {
    if (status.ok()) return;
    std::fprintf(stderr, "%s\n", status.text().c_str());
    std::exit(1);
}

template <typename T>
T take(Result<T> result) {
    check(result.status());
    return *std::move(result);
}

// The program's own memory: a dense array for each component, and where an entity's row is.
struct OwnArrays {
    std::vector<Position> positions = std::vector<Position>(entities_count, Position{1, 2, 3});
    std::vector<Velocity> velocities = std::vector<Velocity>(entities_count, Velocity{1, 2, 3});
    std::vector<Health> healths = std::vector<Health>(entities_count, Health{1});
    std::vector<Inventory> inventories = std::vector<Inventory>(entities_count, Inventory{});
    EntityMap<std::uint32_t> rows;

    template <typename T>
    void answer(ExternalCallbacks& callbacks, const std::vector<T>& values) {
        callbacks.on_load<T>([](auto, auto) { return Status(); });
        callbacks.on_read<T>(
            [this, all = values.data()](std::span<const Entity> ids, std::span<const T*> places) {
                rows.find_each(ids, [&](std::size_t at, const std::uint32_t* row) {
                    places[at] = row == nullptr ? nullptr : all + *row;
                });
            });
    }
    // What a program does to its own memory, whoever stores it.
    template <typename T>
    void change(std::vector<T>& to, const std::vector<Entity>& ids, const std::vector<T>& values) {
        rows.find_each(ids,
                       [&](std::size_t at, const std::uint32_t* row) { to[*row] = values[at]; });
    }
    ExternalCallbacks callbacks() {
        ExternalCallbacks made;
        answer(made, positions);
        answer(made, velocities);
        answer(made, healths);
        answer(made, inventories);
        return made;
    }
};

// A registry whose journal is nothing, with all components inside or all outside.
class Live {
public:
    explicit Live(bool external, OwnArrays* own = nullptr) {
        Schema schema;
        schema.component<Position>({.external = external})
            .component<Velocity>({.external = external})
            .component<Health>({.external = external})
            .component<Inventory>({.external = external});
        registry = take(entities::Registry::make(schema));
        if (own != nullptr) callbacks_ = own->callbacks();
        if (external) check(registry->connect(callbacks_));
        registry->use_pool(pool_);
        for (const TableDefinition& wanted : registry->definitions()) {
            check(catalog_.add(*take(catalog_.evolve(wanted))));
        }
        check(registry->bind(catalog_, [](std::string_view) { return Category{}; }));
        registry->reserve_now = [](const Batch&) { return Status(); };
        std::vector<std::string> remarks;
        check(registry->loaded(remarks));
        world.emplace(*registry);
        outside.emplace(*registry);
        for (std::size_t at = 0; at < entities_count; ++at) {
            all.push_back(world->create());
            if (own != nullptr) own->rows.put(all.back(), static_cast<std::uint32_t>(at));
            if (external) continue;
            world->set(all.back(), Position{1, 2, 3});
            world->set(all.back(), Velocity{1, 2, 3});
            world->set(all.back(), Health{1});
            world->set(all.back(), Inventory{});
        }
        capture_seconds();
        registry->captured();
    }
    double capture_seconds() {
        changes.batches.clear();
        const Stopwatch watch;
        check(registry->capture(changes, 0, false, pool_));
        return watch.seconds();
    }

    std::unique_ptr<entities::Registry> registry;
    std::optional<Entities> world;
    std::optional<External> outside;
    std::vector<Entity> all;
    ChangeSet changes;

private:
    ExternalCallbacks callbacks_;
    Catalog catalog_;
    BlockPool pool_{std::size_t{256} << 20};
};

// What a tick changes: distinct entities, ascending, as a program finds them that walks its arrays.
struct Tick {
    std::vector<Entity> moved, hurt, looted;
    std::vector<Position> positions;
    std::vector<Velocity> velocities;
    std::vector<Health> healths;
    std::vector<Inventory> inventories;

    Tick(Random& random, const std::vector<Entity>& all)
        : moved(draw(random, all, 10'000)),
          hurt(draw(random, all, 1'000)),
          looted(draw(random, all, 100)),
          positions(moved.size(), Position{4, 5, 6}),
          velocities(moved.size(), Velocity{4, 5, 6}),
          healths(hurt.size(), Health{7}),
          inventories(looted.size(), Inventory{}) {}

private:
    static std::vector<Entity> draw(Random& random, const std::vector<Entity>& all,
                                    std::size_t wanted) {
        std::vector<bool> chosen(all.size());
        for (std::size_t count = 0; count < wanted;) {
            const std::size_t at = random.below(all.size());
            if (chosen[at]) continue;
            chosen[at] = true;
            ++count;
        }
        std::vector<Entity> drawn;
        for (std::size_t at = 0; at < all.size(); ++at) {
            if (chosen[at]) drawn.push_back(all[at]);
        }
        return drawn;
    }
};

template <typename T>
void set_all(Entities& world, const std::vector<Entity>& ids, const std::vector<T>& values) {
    for (std::size_t at = 0; at < ids.size(); ++at) world.set(ids[at], values[at]);
}

// Seconds of some work, in microseconds.
template <typename Work>
double microseconds(Work&& work) {
    const Stopwatch watch;
    work();
    return watch.seconds() * 1e6;
}

void external(Report& report) {
    OwnArrays own;
    Live inside(false);
    Live reading(true, &own);
    Live handing(true, &own);
    Random random(entities_count);
    std::vector<double> set, built_in, mark, read, put, read_ratio, put_ratio;
    for (std::size_t run = 0; run < runs; ++run) {
        Samples sets, captures, marks, reads, puts;
        for (int times = 0; times < 20; ++times) {
            const Tick tick(random, inside.all);
            sets.add(microseconds([&] {
                set_all(*inside.world, tick.moved, tick.positions);
                set_all(*inside.world, tick.moved, tick.velocities);
                set_all(*inside.world, tick.hurt, tick.healths);
                set_all(*inside.world, tick.looted, tick.inventories);
            }));
            captures.add(inside.capture_seconds() * 1e6);
            inside.registry->captured();

            own.change(own.positions, tick.moved, tick.positions);
            own.change(own.velocities, tick.moved, tick.velocities);
            own.change(own.healths, tick.hurt, tick.healths);
            own.change(own.inventories, tick.looted, tick.inventories);
            marks.add(microseconds([&] {
                reading.outside->changed<Position>(tick.moved);
                reading.outside->changed<Velocity>(tick.moved);
                reading.outside->changed<Health>(tick.hurt);
                reading.outside->changed<Inventory>(tick.looted);
            }));
            reads.add(reading.capture_seconds() * 1e6);
            reading.registry->captured();

            puts.add(microseconds([&] {
                External& to = *handing.outside;
                take(to.put<Position>(tick.moved, std::span<const Position>(tick.positions)));
                take(to.put<Velocity>(tick.moved, std::span<const Velocity>(tick.velocities)));
                take(to.put<Health>(tick.hurt, std::span<const Health>(tick.healths)));
                take(to.put<Inventory>(tick.looted, std::span<const Inventory>(tick.inventories)));
                handing.capture_seconds();
            }));
            handing.registry->captured();
        }
        set.push_back(sets.percentile(0.5));
        built_in.push_back(captures.percentile(0.5));
        mark.push_back(marks.percentile(0.5));
        read.push_back(reads.percentile(0.5));
        put.push_back(puts.percentile(0.5));
        read_ratio.push_back(read.back() / built_in.back());
        put_ratio.push_back(put.back() / built_in.back());
    }
    ResultRow row("external: 21,100 changed rows of 100,000", std::string(in_memory));
    row.add("built_in_us", Spread::of(built_in)).add("read_us", Spread::of(read));
    row.add("put_us", Spread::of(put)).add("read_to_built_in", Spread::of(read_ratio));
    row.add("put_to_built_in", Spread::of(put_ratio));
    row.add("set_us", Spread::of(set)).add("mark_us", Spread::of(mark));
    report.print(row);
}

// Each share by its worker, or all shares by the first one. `scattered`: any entity may be in any
// share; else each is a stretch of them, as each() gives.
double marks_microseconds(Workers& workers, const Tick& tick, bool scattered) {
    constexpr std::size_t shares = 8;
    const auto mark = [&]<typename T>(const std::vector<Entity>& ids, const std::vector<T>&) {
        for (std::size_t share = 0; share < shares; ++share) {
            Worker& worker = workers[share % workers.count()];
            const std::size_t begin = scattered ? share : ids.size() * share / shares;
            const std::size_t end = scattered ? ids.size() : ids.size() * (share + 1) / shares;
            const std::size_t step = scattered ? shares : 1;
            for (std::size_t at = begin; at < end; at += step) worker.changed<T>(ids[at]);
        }
    };
    return microseconds([&] {
        workers.begin();
        mark(tick.moved, tick.positions);
        mark(tick.moved, tick.velocities);
        mark(tick.hurt, tick.healths);
        mark(tick.looted, tick.inventories);
        workers.end();
    });
}

void workers(Report& report, bool scattered) {
    Live live(false);
    Workers one(*live.world, 1);
    Workers eight(*live.world, 8);
    Random random(entities_count);
    std::vector<double> by_one, by_eight, ratio;
    for (std::size_t run = 0; run < runs; ++run) {
        Samples ones, eights;
        for (int times = 0; times < 20; ++times) {
            const Tick tick(random, live.all);
            ones.add(marks_microseconds(one, tick, scattered));
            live.capture_seconds();
            live.registry->captured();
            eights.add(marks_microseconds(eight, tick, scattered));
            live.capture_seconds();
            live.registry->captured();
        }
        by_one.push_back(ones.percentile(0.5));
        by_eight.push_back(eights.percentile(0.5));
        ratio.push_back(by_eight.back() / by_one.back());
    }
    ResultRow row(std::string("workers: 21,100 marks, ") +
                      (scattered ? "scattered over all workers" : "a stretch for each worker"),
                  std::string(in_memory));
    row.add("one_us", Spread::of(by_one)).add("eight_us", Spread::of(by_eight));
    row.add("eight_to_one", Spread::of(ratio));
    report.print(row);
}

}  // namespace
}  // namespace perdure::bench

int main(int argc, char** argv) {
    using namespace perdure::bench;
    Report report("external", argc > 1 ? argv[1] : "");
    external(report);
    workers(report, false);
    workers(report, true);
    return 0;
}
