#include "simulation/store_history.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/assert.h"
#include "base/error.h"
#include "store/memory_store.h"

namespace perdure::simulation {
namespace {

Batch copy_of(const Batch& batch, const TableDefinition& table) {
    Block block(batch.bytes());
    std::memcpy(block.data(), batch.data(), batch.bytes());
    return {table, batch.operation(), batch.rows(), std::move(block)};
}

}  // namespace

struct StoreCall {
    enum class Kind { apply, define, empty, take_over };
    Kind kind = Kind::apply;
    store::Fence fence{};
    Watermark after{};
    std::vector<store::Change> changes{};
    std::vector<TableDefinition> definitions{};
    std::vector<const TableDefinition*> emptied{};
    std::uint64_t owner_epoch = 0;

    [[nodiscard]] Status tell(store::Store& store) const {
        switch (kind) {
            case Kind::apply: return store.apply(fence, after, changes);
            case Kind::define: return store.apply(fence, after, definitions);
            case Kind::empty: return store.empty(fence, emptied);
            case Kind::take_over: return store.take_over(owner_epoch);
        }
        return {};
    }
};

void StoreHistory::survive(std::size_t calls) {
    PERDURE_ASSERT(calls >= safe_ && calls <= calls_.size());
    calls_.resize(calls);
    safe_ = calls;
}

std::unique_ptr<store::Store> StoreHistory::replay(const io::Clock& clock) const {
    auto store =
        std::make_unique<store::MemoryStore>(std::make_shared<store::MemoryStorage>(), &clock);
    for (std::size_t done = 0; done < calls_.size(); ++done) {
        const Status told = calls_[done]->tell(*store);
        PERDURE_ASSERT(told.ok());  // it went well the first time
        if (done + 1 == safe_) PERDURE_ASSERT(store->checkpoint_step().ok());
    }
    return store;
}

void StoreHistory::add(StoreCall call) {
    calls_.push_back(std::make_shared<const StoreCall>(std::move(call)));
}

const TableDefinition& StoreHistory::keep(const TableDefinition& definition) {
    const std::pair version(definition.id, definition.version);
    const auto [first, last] = definitions_->equal_range(version);
    const auto known =
        std::find_if(first, last, [&](const auto& one) { return one.second == definition; });
    return known != last ? known->second : definitions_->emplace(version, definition)->second;
}

RecordingStore::RecordingStore(StoreHistory& history, const io::Clock& clock, BeforeCall before,
                               const bool& down)
    : history_(history), before_(std::move(before)), down_(down), store_(history.replay(clock)) {}

Status RecordingStore::begin(std::string_view call) const {
    before_(call);
    if (!down_) return {};
    return error(Code::io, "the simulated store is down");
}

Status RecordingStore::apply(const store::Fence& fence, const Watermark& after,
                             std::span<const store::Change> changes) {
    PERDURE_TRY(begin("store: apply"));
    PERDURE_TRY(store_->apply(fence, after, changes));
    StoreCall call{.kind = StoreCall::Kind::apply, .fence = fence, .after = after};
    for (const store::Change& change : changes) {
        store::Change& copy = call.changes.emplace_back();
        copy.table = &history_.keep(*change.table);
        for (const Batch& batch : change.erased) {
            copy.erased.push_back(copy_of(batch, history_.keep(batch.table())));
        }
        for (const Batch& batch : change.upserted) {
            copy.upserted.push_back(copy_of(batch, history_.keep(batch.table())));
        }
    }
    history_.add(std::move(call));
    return {};
}

Status RecordingStore::apply(const store::Fence& fence, const Watermark& after,
                             std::span<const TableDefinition> definitions) {
    PERDURE_TRY(begin("store: define"));
    PERDURE_TRY(store_->apply(fence, after, definitions));
    StoreCall call{.kind = StoreCall::Kind::define, .fence = fence, .after = after};
    call.definitions.assign(definitions.begin(), definitions.end());
    history_.add(std::move(call));
    return {};
}

Status RecordingStore::empty(const store::Fence& fence,
                             std::span<const TableDefinition* const> tables) {
    PERDURE_TRY(begin("store: empty"));
    PERDURE_TRY(store_->empty(fence, tables));
    StoreCall call{.kind = StoreCall::Kind::empty, .fence = fence};
    for (const TableDefinition* table : tables) call.emptied.push_back(&history_.keep(*table));
    history_.add(std::move(call));
    return {};
}

Status RecordingStore::take_over(std::uint64_t owner_epoch) {
    PERDURE_TRY(begin("store: take over"));
    PERDURE_TRY(store_->take_over(owner_epoch));
    StoreCall call{.kind = StoreCall::Kind::take_over};
    call.owner_epoch = owner_epoch;
    history_.add(std::move(call));
    return {};
}

Result<bool> RecordingStore::checkpoint_step() {
    PERDURE_TRY(begin("store: checkpoint"));
    const Result<bool> more = store_->checkpoint_step();
    // The memory store checkpoints all at once.
    if (more.ok() && !*more) history_.safe_ = history_.calls_.size();
    return more;
}

}  // namespace perdure::simulation
