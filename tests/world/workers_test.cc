// Workers: parallel systems, and a journal that does not know how many there were.
#include "perdure/workers.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "world/small_ecs.h"

namespace perdure {
namespace {

// A thread for each worker.
struct OnThreads {
    template <typename Work>
    void operator()(std::size_t count, const Work& work) const {
        std::vector<std::jthread> threads;
        for (std::size_t number = 0; number < count; ++number) {
            threads.emplace_back([&work, number] { work(number); });
        }
    }
};

struct InTurn {
    template <typename Work>
    void operator()(std::size_t count, const Work& work) const {
        for (std::size_t number = count; number > 0; --number) work(number - 1);
    }
};

struct Knows {};
PERDURE_COMPONENT(Knows);

Schema crowd_schema() {
    Schema schema;
    schema.component<Position>({.position = true}).component<Purse>();
    schema.component<Frozen>({.external = true});
    return schema;
}

// A world whose ticks are played by some number of workers. One that is made from another is the
// same world, as it was before its first tick: journals of two worlds differ by their names.
class Crowd {
public:
    explicit Crowd(std::size_t workers) : Crowd(workers, nullptr) {}
    Crowd(std::size_t workers, const Crowd& twin) : Crowd(workers, &twin) {}

    // Some move, some trade, some die, some are born, whoever plays them.
    template <typename Executor>
    void play(int ticks, const Executor& executor) {
        Workers workers(home_.entities(), workers_);
        for (int tick = 0; tick < ticks; ++tick) {
            workers.run(executor, [&](Worker& worker) {
                worker.each<Purse, Mut<Position>>([&](const Purse& purse, Position& at) {
                    at.x += static_cast<float>(purse.coins % 7);
                });
            });
            workers.run(executor, [&](Worker& worker) { trade(worker, tick); });
            home_.commit();
        }
    }
    [[nodiscard]] std::string digest() {
        home_.drain();
        auto digest = home_->digest();
        EXPECT_TRUE(digest.ok()) << digest.status().text();
        return *digest;
    }
    // Every frame ever written, byte for byte.
    [[nodiscard]] std::string journal() const {
        std::string all;
        std::vector<std::filesystem::path> files;
        for (const auto& file : std::filesystem::directory_iterator(home_.path("journal"))) {
            files.push_back(file.path());
        }
        std::sort(files.begin(), files.end());
        for (const auto& path : files) {
            std::ifstream file(path, std::ios::binary);
            all.append(std::istreambuf_iterator<char>(file), {});
        }
        return all;
    }
    Home& home() { return home_; }

private:
    Crowd(std::size_t workers, const Crowd* twin) : workers_(workers) {
        home_.know(crowd_schema());
        home_.options.external.on_load<Frozen>([](auto, auto) { return Status(); })
            .on_read<Frozen>([](Entity) -> const Frozen* {
                static const Frozen tag;
                return &tag;
            });
        const auto copy = std::filesystem::copy_options::recursive;
        const std::string before = home_.directory() + ".before";
        if (twin != nullptr) {
            std::filesystem::copy(twin->home_.directory() + ".before", home_.directory(), copy);
            home_.open();
            return;
        }
        home_.open();
        for (int at = 0; at < 5000; ++at) {
            const Entity made = home_.entities().create();
            home_.entities().set(made, Position{static_cast<float>(at), 0, 0});
            if (at % 3 != 0) home_.entities().set(made, Purse{at});
        }
        home_.commit();
        home_.close();
        std::filesystem::copy(home_.directory(), before, copy);
        home_.open();
    }

    static void trade(Worker& worker, int tick) {
        worker.each<Position>([&](Entity entity, const Position&) {
            const std::uint64_t lot =
                (entity.id * 2'654'435'761U + static_cast<unsigned>(tick)) % 97;
            if (lot < 5) {
                if (Purse* purse = worker.edit<Purse>(entity)) purse->coins += tick;
                worker.changed<Frozen>(entity);
            } else if (lot == 5) {
                worker.later([entity](Entities& entities) { entities.destroy(entity); });
            } else if (lot == 6) {
                worker.later([tick](Entities& entities) {
                    entities.set(entities.create(), Position{static_cast<float>(tick), 1, 1});
                });
            }
        });
    }

    std::size_t workers_;
    Home home_;
};

TEST(WorkersTest, eight_threads_write_the_journal_that_one_writes) {
    constexpr int ticks = 40;
    Crowd one(1);
    one.play(ticks, InTurn());
    Crowd eight(8, one);
    eight.play(ticks, OnThreads());
    EXPECT_EQ(eight.home().entities().count(), one.home().entities().count());
    EXPECT_TRUE(eight.journal() == one.journal()) << "the frames differ";
    EXPECT_EQ(eight.digest(), one.digest());
}

TEST(WorkersTest, what_any_worker_marked_is_committed) {
    Crowd crowd(8);
    crowd.play(3, OnThreads());
    std::map<std::uint64_t, float> before;
    crowd.home().entities().each<Position>(
        [&](Entity entity, const Position& at) { before[entity.id] = at.x; });
    crowd.home().crash();
    crowd.home().open();
    std::map<std::uint64_t, float> after;
    crowd.home().entities().each<Position>(
        [&](Entity entity, const Position& at) { after[entity.id] = at.x; });
    EXPECT_EQ(after, before);
}

// What compares two types' chunks remembers it in them, and counts who walks: not while workers
// run.
TEST(WorkersTest, all_may_walk_at_once_through_entities_what_nobody_changes) {
    Crowd crowd(8);
    Entities& entities = crowd.home().entities();
    entities.each<Position>([&](Entity entity, const Position&) {
        entities.set(entity, Purse{1});  // the same rows as Position has, from now on
    });
    const std::size_t all = entities.count_of<Purse>();
    ASSERT_EQ(all, 5000U);
    std::array<std::size_t, 8> seen{};
    Workers workers(entities, 8);
    workers.run(OnThreads(), [&](Worker& worker) {
        entities.each<Position, Purse>(
            [&](const Position&, const Purse&) { ++seen[worker.number()]; });
    });
    workers.run(OnThreads(), [&](Worker& worker) {
        worker.each<Mut<Position>>([](Position& at) { at.x += 1; });
        entities.each<Purse>([&](const Purse& purse) {
            seen[worker.number()] += static_cast<std::size_t>(purse.coins);
        });
    });
    for (const std::size_t count : seen) EXPECT_EQ(count, 2 * all);
    entities.set(entities.create(), Position{});  // rows may come again
}

class WorkerTest : public OnEveryStore {
protected:
    std::vector<Entity> create(int count) {
        std::vector<Entity> made;
        for (int at = 0; at < count; ++at) {
            made.push_back(home_.entities().create());
            home_.entities().set(made.back(), Position{static_cast<float>(at), 0, 0});
        }
        return made;
    }
};
INSTANTIATE_TEST_SUITE_P(, WorkerTest, testing::Values(Home::Kind::memory), store_name);

TEST_P(WorkerTest, shares_cover_every_row_once) {
    for (const int count : {0, 1, 63, 64, 65, 1000, 1024, 1025, 3000}) {
        for (const Entity one : create(count)) home_.entities().set(one, Purse{1});
        for (const std::size_t workers : {1u, 2u, 3u, 7u, 8u, 100u}) {
            std::map<std::uint64_t, int> seen;
            Workers all(home_.entities(), workers);
            all.run(InTurn(), [&](Worker& worker) {
                worker.each<Purse, Position>(
                    [&](Entity entity, const Purse&, const Position&) { ++seen[entity.id]; });
            });
            EXPECT_EQ(seen.size(), home_.entities().count_of<Purse>());
            for (const auto& [id, times] : seen) ASSERT_EQ(times, 1) << "entity " << id;
        }
    }
}

TEST_P(WorkerTest, a_worker_changes_what_is_there_and_adds_nothing) {
    const auto made = create(2);
    Workers workers(home_.entities(), 2);
    workers.begin();
    EXPECT_TRUE(workers[0].set(made[0], Position{7, 0, 0}));
    EXPECT_EQ(workers[1].get<Position>(made[0])->x, 7);
    EXPECT_FALSE(workers[1].set(made[1], Purse{1}));
    EXPECT_FALSE(workers[1].changed<Purse>(made[1]));
    EXPECT_EQ(workers[1].edit<Purse>(made[1]), nullptr);
    EXPECT_FALSE(workers[1].has<Purse>(made[1]));
    workers.end();
}

TEST_P(WorkerTest, commands_are_done_worker_by_worker) {
    std::vector<std::size_t> order;
    Workers workers(home_.entities(), 3);
    workers.run(InTurn(), [&](Worker& worker) {
        for (int times = 0; times < 2; ++times) {
            worker.later(
                [&order, number = worker.number()](Entities&) { order.push_back(number); });
        }
    });
    EXPECT_EQ(order, (std::vector<std::size_t>{0, 0, 1, 1, 2, 2}));
}

TEST_P(WorkerTest, marks_of_the_tick_before_the_workers_stay) {
    const auto made = create(2);
    home_.commit();
    home_.entities().set(made[0], Position{8, 0, 0});
    Workers workers(home_.entities(), 2);
    workers.run(InTurn(), [&](Worker& worker) {
        if (worker.number() == 1) worker.set(made[0], Position{9, 0, 0});
    });
    home_.commit();
    home_.drain();
    EXPECT_EQ(home_.row("Position", {{"entity", made[0]}}), text::format("{} 9 0 0", made[0].id));
}

class EdgesAndWorkersDeathTest : public OnEveryStore {
protected:
    void SetUp() override {
        home_.schema.relation<Knows>();
        OnEveryStore::SetUp();
    }
};
INSTANTIATE_TEST_SUITE_P(, EdgesAndWorkersDeathTest, testing::Values(Home::Kind::memory),
                         store_name);

TEST_P(EdgesAndWorkersDeathTest, come_or_go_only_when_workers_have_ended) {
    Relations& relations = home_->relations();
    Workers workers(home_.entities(), 2);
    workers.begin();
    EXPECT_DEATH(relations.relate<Knows>(world_entity, world_entity), "bug");
    workers.end();
    EXPECT_TRUE(relations.relate<Knows>(world_entity, world_entity));
    workers.begin();
    EXPECT_DEATH(relations.unrelate<Knows>(world_entity, world_entity), "bug");
    workers.end();
}

// The program's mistakes.
using WorkersDeathTest = WorkerTest;
INSTANTIATE_TEST_SUITE_P(, WorkersDeathTest, testing::Values(Home::Kind::memory), store_name);

TEST_P(WorkersDeathTest, nothing_comes_or_goes_while_workers_run) {
    const auto made = create(1);
    Workers workers(home_.entities(), 2);
    workers.begin();
    EXPECT_DEATH(static_cast<void>(home_.entities().create()), "bug");
    EXPECT_DEATH(home_.entities().destroy(made[0]), "bug");
    EXPECT_DEATH(home_.entities().set(made[0], Purse{1}), "bug");
    EXPECT_DEATH(home_.entities().remove<Position>(made[0]), "bug");
    EXPECT_DEATH(home_.entities().set_parent(made[0], world_entity), "bug");
    EXPECT_DEATH(static_cast<void>(home_->commit()), "bug");
    workers.end();
}

TEST_P(WorkersDeathTest, entities_mark_nothing_in_a_walk_while_workers_run) {
    create(1);
    Workers workers(home_.entities(), 2);
    workers.begin();
    EXPECT_DEATH(home_.entities().each<Mut<Position>>([](Position& at) { at.x = 1; }), "bug");
    workers.end();
}

TEST_P(WorkersDeathTest, two_workers_may_not_change_one_row) {
    const auto made = create(1);
    const auto race = [&] {
        Workers workers(home_.entities(), 2);
        workers.run(InTurn(), [&](Worker& worker) { worker.set(made[0], Position{1, 0, 0}); });
    };
    EXPECT_DEATH(race(), "bug");
}

TEST_P(WorkersDeathTest, a_worker_works_only_between_begin_and_end) {
    const auto made = create(1);
    Workers workers(home_.entities(), 2);
    EXPECT_DEATH(workers[0].set(made[0], Position{1, 0, 0}), "bug");
}

}  // namespace
}  // namespace perdure
