// Workers: systems that run on several threads at once, each on rows of its own, and mark what they
// change into sets of their own. What a commit carries does not depend on which thread was faster.
//
//     perdure::Workers workers(world.entities(), 8);       // once
//     workers.run(on_my_threads, [](perdure::Worker& worker) {
//         worker.each<perdure::Mut<Position>, Velocity>([](auto& p, auto& v) { p.x += v.x; });
//     });
//     world.commit();
//
// Each worker is given its share of the rows, the same one for the same world and number of
// workers, whoever runs it. The program brings the threads. An executor is a callable
//
//     on_my_threads(std::size_t count, const auto& work)   // calls work(0) … work(count - 1), each
//                                                          // once, on any threads; then returns
//
// While workers run (run(), or from begin() to end()) the world stands still: no entity, component
// or edge comes or goes, no commit: that is a bug and stops the program. What a worker wants to
// create or destroy it says with later(); that is done in end(), by the world's thread, worker by
// worker, in the order of the calls. So ids, too, are the same in every run.
//
// Two workers that mark the same row of a component race for its value: a bug, found in end(). Of
// external components only the marks are Perdure's: two workers may mark the same entity.
//
// Thread rule: Workers on the world's thread; a Worker on one thread at a time, between begin() and
// end(). Everybody may read, through Entities too (its each<>() without a Mut<>), what nobody
// changes meanwhile; not Relations, whose lists are sorted as they are read.
// Lifetime: must end before the world.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "perdure/component.h"
#include "perdure/entities.h"
#include "perdure/entity.h"
#include "perdure/schema.h"

namespace perdure {

inline constexpr std::size_t workers_max = 1024;  // each has a bit for every row that it may mark

class Worker {
public:
    Worker(entities::Registry& registry, std::size_t number, std::size_t count);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    [[nodiscard]] std::size_t number() const noexcept { return number_; }  // 0 … count - 1

    // As in Entities, marking into this worker's own set.
    template <Component T>
    [[nodiscard]] const T* get(Entity entity) const {
        return static_cast<const T*>(get_raw(type_number<T>(), entity));
    }
    template <Component T>
    [[nodiscard]] bool has(Entity entity) const {
        return get_raw(type_number<T>(), entity) != nullptr;
    }
    template <Component T>
    [[nodiscard]] T* edit(Entity entity) {
        return static_cast<T*>(edit_raw(type_number<T>(), entity));
    }
    // Replaces. False if the entity is dead or has none: adding one is for later().
    template <Component T>
    bool set(Entity entity, const T& value) {
        return set_raw(type_number<T>(), entity, &value);
    }
    // Of an external component: false only if the entity is dead.
    template <Component T>
    bool changed(Entity entity) {
        return changed_raw(type_number<T>(), entity);
    }

    // Visits this worker's share, as Entities::each() does: of the first component's rows.
    template <typename... Cs, typename Visitor>
    void each(Visitor&& visit) {
        detail::check_each<Cs...>();
        detail::RowWalk walk(registry_, detail::EachOf<Cs...>::types(),
                             detail::EachOf<Cs...>::mutable_types, number_, count_, *marks_);
        detail::visit_all<Cs...>(walk, visit, std::index_sequence_for<Cs...>{});
    }

    // To be done when all workers have ended.
    void later(std::function<void(Entities&)> command) { later_.push_back(std::move(command)); }

private:
    friend class Workers;

    [[nodiscard]] const void* get_raw(TypeNumber type, Entity entity) const;
    [[nodiscard]] void* edit_raw(TypeNumber type, Entity entity);
    bool set_raw(TypeNumber type, Entity entity, const void* value);
    bool changed_raw(TypeNumber type, Entity entity);

    entities::Registry& registry_;
    const std::size_t number_;
    const std::size_t count_;
    std::unique_ptr<entities::WorkerMarks> marks_;
    std::vector<std::function<void(Entities&)>> later_;
};

class Workers {
public:
    // 1 to workers_max of them.
    Workers(Entities& entities, std::size_t count);
    ~Workers();  // ends what has begun
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    [[nodiscard]] std::size_t count() const noexcept { return workers_.size(); }
    [[nodiscard]] Worker& operator[](std::size_t number) noexcept { return *workers_[number]; }

    template <typename Executor, typename Job>
    void run(Executor&& executor, Job&& job) {
        begin();
        executor(count(), [&](std::size_t number) { job(*workers_[number]); });
        end();
    }
    // For those whose threads cannot be called like that.
    void begin();
    void end();

private:
    Entities& entities_;
    bool running_ = false;
    std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace perdure
