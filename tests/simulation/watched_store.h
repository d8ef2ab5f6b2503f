// WatchedStore: the store that an engine owns, with a hook before each call that changes it, and
// the proof that a second call never comes in the middle of one.
//
// Thread rule: one thread.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "store/store.h"

namespace perdure::simulation {

class WatchedStore final : public store::Store {
public:
    // Called before each call that changes the store or makes it safe.
    using BeforeCall = std::function<void(std::string_view)>;

    // `down` must outlive the store: while true, what would change the store fails with `io`.
    WatchedStore(std::unique_ptr<store::Store> inner, BeforeCall before, const bool& down);

    Result<store::Watermarks> watermarks() override { return inner_->watermarks(); }
    Result<std::vector<TableDefinition>> definitions() override { return inner_->definitions(); }
    Status apply(const store::Fence& fence, const Watermark& after,
                 std::span<const store::Change> changes) override;
    Status apply(const store::Fence& fence, const Watermark& after,
                 std::span<const TableDefinition> definitions) override;
    Status empty(const store::Fence& fence,
                 std::span<const TableDefinition* const> tables) override;
    Status drop_removed(const store::Fence& fence, const TableDefinition& table,
                        std::span<const std::uint16_t> numbers) override;
    Status take_over(std::uint64_t owner_epoch) override;
    Result<std::unique_ptr<store::Snapshot>> snapshot() override;
    Status declare_views(const store::Fence& fence, std::span<const store::View> views) override;
    Result<bool> checkpoint_step() override;
    [[nodiscard]] Status broken() const override { return inner_->broken(); }
    Result<std::uint64_t> bytes() override { return inner_->bytes(); }
    [[nodiscard]] store::Capabilities capabilities() const override {
        return inner_->capabilities();
    }

private:
    Status begin(std::string_view call);
    // Runs it, and knows meanwhile that it is running.
    template <typename Call>
    auto during(Call&& call);

    const std::unique_ptr<store::Store> inner_;
    const BeforeCall before_;
    const bool& down_;
    bool inside_ = false;
};

}  // namespace perdure::simulation
