#include "cli/demo/state_digest.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.h"
#include "cli/demo/components.h"
#include "engine/engine.h"
#include "model/digest.h"
#include "model/structs.h"

namespace perdure::cli::demo {

namespace {

constexpr std::size_t rows_per_batch = 1024;

// Rows of one component type, gathered into batches of the table that is in force.
template <Component T>
class ComponentDigest {
public:
    explicit ComponentDigest(World& world)
        : table_(world.engine().catalog().find(shape_.name)), plan_(plan_structs(shape_, *table_)) {
        world.entities().each<T>([this](Entity entity, const T& value) { add(entity, value); });
        finish();
    }
    [[nodiscard]] Hash128 sum() const noexcept { return sum_; }

private:
    void add(Entity entity, const T& value) {
        ids_.push_back(entity.id);
        places_.push_back(reinterpret_cast<const std::byte*>(&value));
        if (ids_.size() == rows_per_batch) finish();
    }
    void finish() {
        if (ids_.empty()) return;
        const Result<Batch> batch = gather_structs(*table_, plan_, ids_, places_, nullptr);
        PERDURE_ASSERT(batch.ok());  // names of nodes come from the ground, which was checked
        sum_ = sum_ + batch_digest(*batch);
        ids_.clear();
        places_.clear();
    }

    const StructShape shape_ = struct_shape<T>();
    const TableDefinition* table_;
    StructPlan plan_;
    std::vector<std::uint64_t> ids_;
    std::vector<const std::byte*> places_;
    Hash128 sum_;
};

template <Component... Ts>
Hash128 sum_of(World& world) {
    return (Hash128{} + ... + ComponentDigest<Ts>(world).sum());
}

}  // namespace

Hash128 state_digest(World& world) {
    return sum_of<Position, Node, Crop, Walker, Purse, Bag, Settings, Dice, Calendar, Totals>(
        world);
}

}  // namespace perdure::cli::demo
