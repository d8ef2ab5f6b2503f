#include "simulation/watched_store.h"

#include "base/assert.h"
#include "base/error.h"

namespace perdure::simulation {

WatchedStore::WatchedStore(std::unique_ptr<store::Store> inner, BeforeCall before, const bool& down)
    : inner_(std::move(inner)), before_(std::move(before)), down_(down) {}

Status WatchedStore::begin(std::string_view call) {
    PERDURE_ASSERT(!inside_);
    before_(call);
    if (!down_) return {};
    return error(Code::io, "the simulated store is down");
}

template <typename Call>
auto WatchedStore::during(Call&& call) {
    inside_ = true;
    auto answer = call();
    inside_ = false;
    return answer;
}

Status WatchedStore::apply(const store::Fence& fence, const Watermark& after,
                           std::span<const store::Change> changes) {
    PERDURE_TRY(begin("store: apply"));
    return during([&] { return inner_->apply(fence, after, changes); });
}

Status WatchedStore::apply(const store::Fence& fence, const Watermark& after,
                           std::span<const TableDefinition> definitions) {
    PERDURE_TRY(begin("store: define"));
    return during([&] { return inner_->apply(fence, after, definitions); });
}

Status WatchedStore::empty(const store::Fence& fence,
                           std::span<const TableDefinition* const> tables) {
    PERDURE_TRY(begin("store: empty"));
    return during([&] { return inner_->empty(fence, tables); });
}

Status WatchedStore::drop_removed(const store::Fence& fence, const TableDefinition& table,
                                  std::span<const std::uint16_t> numbers) {
    PERDURE_TRY(begin("store: drop removed columns"));
    return during([&] { return inner_->drop_removed(fence, table, numbers); });
}

Status WatchedStore::take_over(std::uint64_t owner_epoch) {
    PERDURE_TRY(begin("store: take over"));
    return during([&] { return inner_->take_over(owner_epoch); });
}

Result<std::unique_ptr<store::Snapshot>> WatchedStore::snapshot() {
    PERDURE_ASSERT(!inside_);
    return inner_->snapshot();
}

Status WatchedStore::declare_views(const store::Fence& fence, std::span<const store::View> views) {
    PERDURE_TRY(begin("store: views"));
    return during([&] { return inner_->declare_views(fence, views); });
}

Result<bool> WatchedStore::checkpoint_step() {
    PERDURE_TRY(begin("store: checkpoint"));
    return during([&] { return inner_->checkpoint_step(); });
}

}  // namespace perdure::simulation
