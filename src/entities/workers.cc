#include "perdure/workers.h"

#include "base/assert.h"
#include "base/seeded_bug.h"
#include "entities/registry.h"
#include "entities/worker_marks.h"

namespace perdure {

Worker::Worker(entities::Registry& registry, std::size_t number, std::size_t count)
    : registry_(registry),
      number_(number),
      count_(count),
      marks_(std::make_unique<entities::WorkerMarks>()) {}

Worker::~Worker() = default;

const void* Worker::get_raw(TypeNumber type, Entity entity) const {
    return registry_.find(type, entity, false);
}

void* Worker::edit_raw(TypeNumber type, Entity entity) {
    entities::ComponentRows& rows = registry_.rows_of(type);
    const std::uint32_t row = rows.find(entity.id);
    if (row == entities::ComponentRows::none) return nullptr;
    marks_->of(type, rows.marks()).set(row);
    return rows.at(row);
}

bool Worker::set_raw(TypeNumber type, Entity entity, const void* value) {
    entities::ComponentRows& rows = registry_.rows_of(type);
    const std::uint32_t row = rows.find(entity.id);
    if (row == entities::ComponentRows::none) return false;
    marks_->of(type, rows.marks()).set(row);
    rows.write(row, value);
    return true;
}

bool Worker::changed_raw(TypeNumber type, Entity entity) {
    if (!registry_.is_external(type)) return edit_raw(type, entity) != nullptr;
    const entities::ComponentRows& rows = registry_.entities().rows();
    const std::uint32_t row = rows.find(entity.id);
    if (row == entities::ComponentRows::none) return false;
    marks_->of(type, registry_.external_of(type).marks()).set(row);
    return true;
}

Workers::Workers(Entities& entities, std::size_t count) : entities_(entities) {
    PERDURE_ASSERT(count >= 1 && count <= workers_max);
    for (std::size_t number = 0; number < count; ++number) {
        workers_.push_back(std::make_unique<Worker>(entities.registry(), number, count));
    }
}

Workers::~Workers() {
    if (running_) end();
}

void Workers::begin() {
    PERDURE_ASSERT(!running_);
    running_ = true;
    entities::Registry& registry = entities_.registry();
    registry.stand_still(entities::Registry::Standing::for_workers);
    for (const auto& worker : workers_) {
        worker->marks_->begin(registry.types(), registry.successions());
    }
}

// All into the first worker's sets, where two that marked the same row are noticed; then those into
// the world's.
void Workers::end() {
    PERDURE_ASSERT(running_);
    running_ = false;
    entities::Registry& registry = entities_.registry();
    registry.go_on();
    std::vector<entities::RowMarks>& all = workers_[0]->marks_->by_type();
    for (const auto& worker : workers_) {
        worker->marks_->end();
        if (worker == workers_[0]) continue;
        if (worker == workers_.back() && seeded_bug("entities: a worker's marks are lost"))
            continue;
        std::vector<entities::RowMarks>& own = worker->marks_->by_type();
        for (TypeNumber type = 0; type < own.size(); ++type) {
            all[type].grow(own[type].rows());
            const bool twice = own[type].move_to(all[type]);
            // Two workers changed the same row: which of them came last is chance.
            PERDURE_ASSERT(!twice || registry.is_external(type));
        }
    }
    for (TypeNumber type = 0; type < all.size(); ++type) {
        if (all[type].rows() > 0) registry.take_marks(type, all[type]);
    }
    for (const auto& worker : workers_) {
        for (const auto& command : std::exchange(worker->later_, {})) command(entities_);
    }
}

}  // namespace perdure
