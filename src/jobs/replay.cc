#include "jobs/replay.h"

#include "base/assert.h"
#include "base/error.h"
#include "engine/coalesce.h"
#include "jobs/table_walk.h"
#include "model/digest.h"

namespace perdure::jobs {
namespace {

// Newer than any owner of the real store: the copy is ours alone.
constexpr std::uint64_t replay_owner_epoch = 1ULL << 62;
constexpr std::uint64_t gathered_bytes_max = 64ULL << 20;  // of the journal, before it is decoded

}  // namespace

Result<Replay> Replay::begin(store::Store& store) {
    PERDURE_TRY(store.take_over(replay_owner_epoch));
    PERDURE_TAKE(const store::Watermarks marks, store.watermarks());
    return Replay(store, marks.visible);
}

void Replay::note_tick(const ChangeSet& set) {
    if (!set.tick) return;
    reached_.tick = set.tick;
    last_tick_.emplace();
    for (const Batch& batch : set.batches) {
        last_tick_->emplace_back(&batch.table(), content_hash(batch));
    }
}

Status Replay::take(journal::GroupFound&& group) {
    PERDURE_ASSERT(!group.changes.empty() && group.last > reached_.lsn);
    const std::vector<TableDefinition>& definitions = group.changes.back().definitions;
    if (!definitions.empty()) {
        if (group.changes.size() > 1) {
            return error(Code::corrupt,
                         "the group that ends with LSN {} holds a definition and {} other change "
                         "sets, which no owner writes",
                         group.last, group.changes.size() - 1);
        }
        PERDURE_TRY(apply_gathered());
    }
    for (const ChangeSet& set : group.changes) note_tick(set);
    reached_.epoch = group.epoch;
    reached_.lsn = group.last;
    reached_.chain = group.chain;
    if (!definitions.empty()) {
        PERDURE_TRY(store_.apply({replay_owner_epoch, applied_}, reached_, definitions));
        applied_ = reached_;
        return {};
    }
    gathered_bytes_ += group.address.bytes;
    gathered_.push_back(std::move(group));
    return gathered_bytes_ < gathered_bytes_max ? Status() : apply_gathered();
}

Status Replay::apply_gathered() {
    if (gathered_.empty()) return {};
    engine::Coalescer coalescer;
    for (auto group = gathered_.rbegin(); group != gathered_.rend(); ++group) {
        for (auto set = group->changes.rbegin(); set != group->changes.rend(); ++set) {
            coalescer.add(*set);
        }
    }
    PERDURE_TAKE(const auto changes, coalescer.finish());
    PERDURE_TRY(store_.apply({replay_owner_epoch, applied_}, reached_, changes));
    applied_ = reached_;
    gathered_.clear();
    gathered_bytes_ = 0;
    return {};
}

// As engine/core.h has it: ours, and what may be lost, is not the program's content.
Result<Hash128> Replay::tick_content() const {
    PERDURE_TAKE(const auto categories, stored_categories(store_));
    Hash128 sum;
    for (const auto& [table, hash] : *last_tick_) {
        const auto category = categories.find(table->category);
        const Level level =
            category == categories.end() ? Level::journal : category->second.durability;
        if (table->name.front() != '_' && level >= Level::journal) sum = sum + hash;
    }
    return sum;
}

Status Replay::finish() {
    PERDURE_TRY(apply_gathered());
    if (!last_tick_) return {};
    PERDURE_TAKE(reached_.tick_content, tick_content());
    PERDURE_TRY(
        store_.apply({replay_owner_epoch, applied_}, reached_, std::span<const store::Change>{}));
    applied_ = reached_;
    return {};
}

}  // namespace perdure::jobs
