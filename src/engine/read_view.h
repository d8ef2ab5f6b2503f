// ReadView: what a snapshot is made of: the store's snapshot, and above it what pending holds.
//
// The view registers its watermark before it opens the store's snapshot, so that pending cannot
// release a row in between.
//
// Thread rule: one thread at a time; it takes the acceptance lock shortly.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/core.h"
#include "model/batch_builder.h"
#include "perdure/snapshot.h"
#include "store/store.h"

namespace perdure::engine {

class ReadView {
public:
    static Result<std::unique_ptr<ReadView>> open(Core& core, store::Store& store,
                                                  bool durable_only);
    ~ReadView();
    ReadView(const ReadView&) = delete;
    ReadView& operator=(const ReadView&) = delete;

    [[nodiscard]] Lsn lsn() const noexcept { return at_; }
    // As it was defined when the view was opened, or, if it came since, as it is. `not_found`.
    [[nodiscard]] Result<const TableDefinition*> table(std::string_view name) const;

    Result<std::optional<Batch>> find(const TableDefinition& table, std::string_view key,
                                      std::span<const Cell> cells);
    Result<Batch> scan(const TableDefinition& table, const Batch* after, std::uint32_t limit);

private:
    using Overlay = std::map<std::string, std::shared_ptr<const Batch>, std::less<>>;

    explicit ReadView(Core& core) : core_(core) {}
    Result<Overlay> overlay(const TableDefinition& table, const std::string* after,
                            const std::string* through, std::uint32_t limit) const;
    static void merge(const Batch& page, const Overlay& over, std::uint32_t limit,
                      BatchBuilder& merged);
    Status check_age() const;

    Core& core_;
    Lsn registered_ = 0;
    Lsn at_ = 0;
    std::uint64_t opened_ns_ = 0;
    HeldRows held_;  // relaxed rows as they were when the view was opened
    std::shared_ptr<const Catalog::Names> tables_;
    std::unique_ptr<store::Snapshot> snapshot_;
};

// A batch of one key, as stores are asked for it.
Result<Batch> key_batch(const TableDefinition& table, std::span<const Cell> cells);

}  // namespace perdure::engine
