#include "engine/pending.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "model/key.h"

namespace perdure::engine {
namespace {

// Rows released under one hold of the acceptance lock: some hundred microseconds at worst.
constexpr std::uint32_t release_rows_per_slice = 512;
constexpr std::uint32_t release_entries_per_slice = 256;

}  // namespace

Entry& Pending::entry(Lsn lsn) {
    PERDURE_ASSERT(lsn > released_);
    PERDURE_ASSERT(lsn <= last());
    return entries_[lsn - released_ - 1];
}

const Entry& Pending::entry(Lsn lsn) const {
    PERDURE_ASSERT(lsn > released_);
    PERDURE_ASSERT(lsn <= last());
    return entries_[lsn - released_ - 1];
}

Entry& Pending::push(ChangeSet changes) {
    PERDURE_ASSERT(changes.lsn == last() + 1);
    Entry& added = entries_.emplace_back();
    added.changes = std::move(changes);
    for (const Batch& batch : added.changes.batches) {
        (batch.table().resident ? added.resident_bytes : added.kept_bytes) += batch.bytes();
    }
    for (const Batch& batch : added.changes.ephemeral) added.kept_bytes += batch.bytes();
    resident_bytes_ += added.resident_bytes;
    kept_bytes_ += added.kept_bytes;
    index_batches(added.changes.batches, 0, added.changes.lsn);
    index_batches(added.changes.ephemeral, ephemeral_batch, added.changes.lsn);
    return added;
}

void Pending::index_batches(const std::vector<Batch>& batches, std::uint32_t first, Lsn lsn) {
    for (std::uint32_t i = 0; i < batches.size(); ++i) {
        const Batch& batch = batches[i];
        if (batch.table().resident) continue;
        auto& index = indexes_[batch.table().id];
        const std::uint64_t before = index ? index->bytes() : 0;
        if (!index) index = std::make_unique<KeyIndex>();
        for (std::uint32_t row = 0; row < batch.rows(); ++row) {
            key_.clear();
            encode_key(batch, row, key_);
            index->add(key_, lsn, first + i, row);
        }
        own_index_bytes_ += index->bytes() - before;
    }
}

bool Pending::is_full(std::uint64_t kept_bytes, std::uint64_t indexed_rows) const {
    if (kept_bytes == 0 && indexed_rows == 0) return false;
    return index_bytes() + kept_bytes + indexed_rows * index_bytes_per_row >
           limits_.index_bytes_max;
}

void Pending::group_durable(Lsn last_of_group, std::uint64_t epoch, const Hash128& chain,
                            const journal::GroupAddress& address) {
    PERDURE_ASSERT(epoch != 0);
    PERDURE_ASSERT(entry(last_of_group).epoch == 0);
    PERDURE_ASSERT(groups_.empty() || groups_.back().last < last_of_group);
    const bool definition = !entry(last_of_group).changes.definitions.empty();
    groups_.push_back({last_of_group, epoch, chain, definition, address.bytes});
    for (Lsn lsn = last_of_group; lsn > released_; --lsn) {
        Entry& member = entry(lsn);
        if (member.epoch != 0) break;  // of the group before
        member.epoch = epoch;
        member.address = address;
    }
}

void Pending::let_go(Lsn durable, Lsn keep_through, std::uint64_t bytes_max) {
    PERDURE_ASSERT(durable <= last());
    if (resident_bytes_ <= bytes_max) return;
    Lsn lsn = std::max({let_go_through_, keep_through, released_}) + 1;
    for (; lsn <= durable && resident_bytes_ > bytes_max; ++lsn) {
        Entry& from = entry(lsn);
        let_go_through_ = lsn;
        if (from.resident_bytes == 0) continue;
        PERDURE_ASSERT(!from.let_go);  // nothing is looked at twice
        for (Batch& batch : from.changes.batches) {
            if (batch.table().resident) {
                batch = Batch();  // its place stays: the index counts them
            }
        }
        PERDURE_ASSERT(from.epoch != 0);  // or nobody could read it back
        PERDURE_ASSERT(resident_bytes_ >= from.resident_bytes);
        resident_bytes_ -= from.resident_bytes;
        from.resident_bytes = 0;
        from.let_go = true;
    }
}

void Pending::rest() {
    if (!entries_.empty()) return;
    entries_.shrink_to_fit();
    groups_.shrink_to_fit();
    for (const auto& [table, index] : indexes_) PERDURE_ASSERT(index->keys() == 0);
    indexes_.clear();
    own_index_bytes_ = 0;
    key_ = {};
}

const KeyIndex* Pending::index(TableId table) const {
    const auto found = indexes_.find(table);
    return found == indexes_.end() ? nullptr : found->second.get();
}

const Batch& Pending::batch_of(const Version& version) const {
    const ChangeSet& changes = entry(version.lsn).changes;
    PERDURE_ASSERT(changes.lsn == version.lsn);
    const bool ephemeral = (version.batch & ephemeral_batch) != 0;
    const auto& batches = ephemeral ? changes.ephemeral : changes.batches;
    const std::uint32_t at = version.batch & ~ephemeral_batch;
    PERDURE_ASSERT(at < batches.size());
    PERDURE_ASSERT(version.row < batches[at].rows());
    return batches[at];
}

RowVersion Pending::resolve(const Version& newest, Lsn at, Lsn above) const {
    const Version* version = &newest;
    while (version && version->lsn > at) version = version->older;
    if (!version || version->lsn <= above) return {};
    return {&batch_of(*version), version->row, version->lsn};
}

RowVersion Pending::find(TableId table, std::string_view key, Lsn at) const {
    const KeyIndex* keys = index(table);
    const Version* newest = keys ? keys->find(key) : nullptr;
    return newest ? resolve(*newest, at, 0) : RowVersion{};
}

// As many rows of a batch as are left of the slice; true if those were all.
bool Pending::release_rows(const Batch& batch, Lsn lsn, std::uint32_t& rows_left) {
    KeyIndex& keys = *indexes_.at(batch.table().id);
    const std::uint64_t before = keys.bytes();
    for (; released_row_ < batch.rows() && rows_left > 0; ++released_row_, --rows_left) {
        key_.clear();
        encode_key(batch, released_row_, key_);
        keys.release(key_, lsn);
    }
    own_index_bytes_ += keys.bytes() - before;  // modulo 2⁶⁴: also when it shrinks
    return released_row_ == batch.rows();
}

bool Pending::release_slice(Lsn through) {
    PERDURE_ASSERT(through <= last());
    std::uint32_t rows_left = release_rows_per_slice;
    std::uint32_t entries_left = release_entries_per_slice;
    while (released_ < through) {
        PERDURE_ASSERT(!entries_.empty());  // through is not beyond the last of them
        Entry& front = entries_.front();
        PERDURE_ASSERT(front.epoch != 0);  // only durable change sets are drained
        const auto& durable = front.changes.batches;
        const auto& ephemeral = front.changes.ephemeral;
        PERDURE_ASSERT(front.changes.lsn == released_ + 1);
        PERDURE_ASSERT(released_batch_ <= durable.size() + ephemeral.size());
        while (released_batch_ < durable.size() + ephemeral.size()) {
            const Batch& batch = released_batch_ < durable.size()
                                     ? durable[released_batch_]
                                     : ephemeral[released_batch_ - durable.size()];
            const bool indexed = batch.bytes() > 0 && !batch.table().resident;
            if (indexed && !release_rows(batch, front.changes.lsn, rows_left)) return true;
            released_row_ = 0;
            ++released_batch_;
        }
        PERDURE_ASSERT(resident_bytes_ >= front.resident_bytes);
        PERDURE_ASSERT(kept_bytes_ >= front.kept_bytes);
        resident_bytes_ -= front.resident_bytes;
        kept_bytes_ -= front.kept_bytes;
        released_batch_ = 0;
        ++released_;
        entries_.pop_front();
        while (!groups_.empty() && groups_.front().last <= released_) groups_.pop_front();
        PERDURE_ASSERT(!entries_.empty() || resident_bytes_ == 0);
        PERDURE_ASSERT(!entries_.empty() || kept_bytes_ == 0);
        PERDURE_ASSERT(!entries_.empty() || groups_.empty());
        if (--entries_left == 0) return released_ < through;
    }
    return false;
}

}  // namespace perdure::engine
