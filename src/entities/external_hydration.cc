#include "entities/external_hydration.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "entities/hydration.h"
#include "model/struct_values.h"
#include "model/structs.h"

namespace perdure::entities {
namespace {

constexpr std::size_t handed_rows_max = 16'384;  // at a time: what external.h says

}  // namespace

class ExternalHydration::Structs {
public:
    explicit Structs(const StructShape& shape)
        : shape_(shape), values_(shape), align_{shape.alignment} {}
    Structs(const Structs&) = delete;
    Structs& operator=(const Structs&) = delete;
    ~Structs() { clear(); }

    // At least `count` of them, with T{} or what was last written.
    [[nodiscard]] std::byte* get(std::size_t count) {
        if (count <= count_) return memory_;
        clear();
        memory_ = static_cast<std::byte*>(::operator new(count* stride(), align_));
        for (; count_ < count; ++count_) {
            std::byte* const at = memory_ + count_ * stride();
            values_.construct(at);
        }
        return memory_;
    }
    // A tag is a byte in an array.
    [[nodiscard]] std::size_t stride() const noexcept {
        return std::max<std::size_t>(shape_.bytes, 1);
    }

private:
    void clear() noexcept {
        if (memory_ == nullptr) return;
        for (std::size_t at = 0; !values_.is_trivial() && at < count_; ++at) {
            values_.destroy(memory_ + at * stride());
        }
        ::operator delete(memory_, align_);
        memory_ = nullptr;
        count_ = 0;
    }

    const StructShape& shape_;
    const StructValues values_;
    const std::align_val_t align_;
    std::byte* memory_ = nullptr;
    std::size_t count_ = 0;
};

ExternalHydration::ExternalHydration(Registry& registry, const ExternalCallbacks& callbacks)
    : registry_(registry), callbacks_(callbacks) {
    for (const auto& table : registry.externals()) {
        if (table->is_ephemeral()) continue;  // emptied at open
        Table made;
        made.of = table.get();
        made.structs = std::make_unique<Structs>(table->shape);
        tables_.push_back(std::move(made));
    }
}

ExternalHydration::~ExternalHydration() = default;

const ExternalHydration::Table* ExternalHydration::find(TableId id) const {
    for (const Table& table : tables_) {
        if (table.of->definition->id == id) return &table;
    }
    return nullptr;
}

ExternalHydration::Table* ExternalHydration::find(TableId id) {
    return const_cast<Table*>(std::as_const(*this).find(id));
}

void ExternalHydration::touched(const Batch& batch) {
    Table* const table = find(batch.table().id);
    if (table == nullptr) return;
    ++table->batches;
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        table->last_touch[batch.fixed<std::uint64_t>(0, row)] = table->batches;
    }
}

// Each root, then what is below it, level by level.
Status ExternalHydration::entities() {
    for (Table& table : tables_) table.batches = 0;
    const auto& take = callbacks_.entities();
    if (take == nullptr) return {};
    const EntityTable& all = registry_.entities();
    std::vector<ExternalEntity> handed;
    const auto hand_over = [&](std::size_t at_least) -> Status {
        if (handed.size() < at_least) return {};
        for (std::size_t done = 0; done < handed.size(); done += handed_rows_max) {
            const std::size_t count = std::min(handed.size() - done, handed_rows_max);
            PERDURE_TRY(
                take({handed.data() + done, count}).with_context("the program's on_entities()"));
        }
        handed.clear();
        return {};
    };
    std::vector<Entity> level;
    std::vector<Entity> below;
    const auto add = [&](Entity entity, Entity parent) {
        handed.push_back({entity, all.kind(entity.id), parent});
        level.push_back(entity);
    };
    for (std::uint32_t row = 0; row < all.count(); ++row) {
        const Entity root{all.rows().id_at(row)};
        if (all.parent(root.id)) continue;
        level.clear();
        if (root == world_entity) {
            level.push_back(root);
        } else {
            add(root, no_entity);
        }
        while (!level.empty()) {
            below.swap(level);
            level.clear();
            for (const Entity parent : below) {
                for (const Entity child : all.children(parent.id)) add(child, parent);
            }
        }
        PERDURE_TRY(hand_over(handed_rows_max));
    }
    return hand_over(1);
}

Status ExternalHydration::stored(const Batch& batch) {
    Table* const table = find(batch.table().id);
    if (table == nullptr) return {};
    const bool old_rows = seeded_bug("entities: external rows come back as the store has them");
    return hand_back(*table, batch, [&](std::uint64_t id) {
        return old_rows || table->last_touch.empty() || !table->last_touch.contains(id);
    });
}

Status ExternalHydration::undrained(const Batch& batch) {
    Table* const table = find(batch.table().id);
    if (table == nullptr) return {};
    const std::uint64_t number = ++table->batches;
    if (batch.operation() == Operation::erase) return {};
    return hand_back(*table, batch,
                     [&](std::uint64_t id) { return table->last_touch.at(id) == number; });
}

// Runs of rows that are wanted and whose entity lives.
template <typename Wanted>
Status ExternalHydration::hand_back(Table& table, const Batch& batch, Wanted&& wanted) {
    PERDURE_TAKE(const InForce in_force, InForce::make(batch, *table.of->definition));
    const Batch& rows = in_force.batch();
    std::uint32_t first = 0;
    for (std::uint32_t row = 0; row < rows.rows(); ++row) {
        const auto id = rows.fixed<std::uint64_t>(0, row);
        PERDURE_TRY(check_id(*table.of->definition, id));
        bool keep = wanted(id);
        if (keep && !registry_.alive({id})) {
            if (table.orphans++ == 0 || id < table.lowest_orphan) table.lowest_orphan = id;
            registry_.take_no_id_up_to(id);
            keep = false;
        }
        if (keep && row - first < handed_rows_max) continue;
        PERDURE_TRY(flush(table, rows, first, row - first));
        first = keep ? row : row + 1;
    }
    return flush(table, rows, first, rows.rows() - first);
}

Status ExternalHydration::flush(Table& table, const Batch& batch, std::uint32_t first,
                                std::uint32_t count) {
    if (count == 0) return {};
    Structs& structs = *table.structs;
    std::byte* const values = structs.get(count);
    scatter_structs(batch, table.of->plan, first, count, values, structs.stride());
    const auto* ids = reinterpret_cast<const Entity*>(batch.data() + batch.layout(0).data);
    return table.of->callbacks->load({ids + first, count}, values)
        .with_context(
            text::format("the program's on_load() of component {}", table.of->shape.name));
}

void ExternalHydration::done(std::vector<std::string>& remarks) {
    for (const Table& table : tables_) {
        if (table.orphans == 0) continue;
        remarks.push_back(text::format(
            "component {}: {} rows are of entities that are not alive, the lowest is {}; "
            "they stay in the store and were not loaded",
            table.of->shape.name, table.orphans, table.lowest_orphan));
    }
}

}  // namespace perdure::entities
