// StoreHistory: what a simulated store was told, call by call. It is what survives when engines,
// and the stores they own, come and go: a store is opened by telling a new MemoryStore all of it
// again, and a crash leaves the calls up to some point between what is safe and what is visible.
//
// RecordingStore is the store that an engine owns. It does what a MemoryStore does and writes it
// down.
//
// Thread rule: one thread. Copies are cheap: they share the calls.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "io/clock.h"
#include "store/store.h"

namespace perdure::simulation {

// One call that changed the store.
struct StoreCall;

class StoreHistory {
public:
    [[nodiscard]] std::size_t visible() const noexcept { return calls_.size(); }
    [[nodiscard]] std::size_t safe() const noexcept { return safe_; }
    // A crash: only the first `calls` were done; not less than safe().
    void survive(std::size_t calls);

    // A store that was told everything. The clock ages its snapshots.
    [[nodiscard]] std::unique_ptr<store::Store> replay(const io::Clock& clock) const;

private:
    friend class RecordingStore;
    // By id and version; worlds that parted after a crash may have given one version two meanings.
    using Definitions = std::multimap<std::pair<TableId, std::uint32_t>, TableDefinition>;

    void add(StoreCall call);
    const TableDefinition& keep(const TableDefinition& definition);

    std::vector<std::shared_ptr<const StoreCall>> calls_;
    std::size_t safe_ = 0;
    // Of all batches in the calls; shared with copies, which only ever add to it.
    std::shared_ptr<Definitions> definitions_ = std::make_shared<Definitions>();
};

class RecordingStore final : public store::Store {
public:
    // Called before each call that changes the store or makes it safe.
    using BeforeCall = std::function<void(std::string_view)>;

    // All must outlive the store. `down`: while true, what would change the store fails with `io`.
    RecordingStore(StoreHistory& history, const io::Clock& clock, BeforeCall before,
                   const bool& down);

    Result<store::Watermarks> watermarks() override { return store_->watermarks(); }
    Result<std::vector<TableDefinition>> definitions() override { return store_->definitions(); }
    Status apply(const store::Fence& fence, const Watermark& after,
                 std::span<const store::Change> changes) override;
    Status apply(const store::Fence& fence, const Watermark& after,
                 std::span<const TableDefinition> definitions) override;
    Status empty(const store::Fence& fence,
                 std::span<const TableDefinition* const> tables) override;
    Status drop_removed(const store::Fence& fence, const TableDefinition& table,
                        std::span<const std::uint16_t> numbers) override {
        return store_->drop_removed(fence, table, numbers);
    }
    Status take_over(std::uint64_t owner_epoch) override;
    Result<std::unique_ptr<store::Snapshot>> snapshot() override { return store_->snapshot(); }
    Status declare_views(const store::Fence& fence, std::span<const store::View> views) override {
        return store_->declare_views(fence, views);
    }
    Result<bool> checkpoint_step() override;
    [[nodiscard]] Status broken() const override { return store_->broken(); }
    Result<std::uint64_t> bytes() override { return store_->bytes(); }
    [[nodiscard]] store::Capabilities capabilities() const override {
        return store_->capabilities();
    }

private:
    Status begin(std::string_view call) const;

    StoreHistory& history_;
    const BeforeCall before_;
    const bool& down_;
    const std::unique_ptr<store::Store> store_;
};

}  // namespace perdure::simulation
