// Parts: pending, journal, store and drain, put together by hand and stepped by the test.
//
//     Parts parts;
//     parts.accept(parts.change().put("names", {"ana", 7}));     // accepted
//     parts.flush();                                             // durable
//     parts.drain();                                             // in the store
//     EXPECT_EQ(parts.stored("names"), Rows{"ana 7"});
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/core.h"
#include "engine/drain.h"
#include "engine/tables.h"
#include "io/clock.h"
#include "io/memory_file_system.h"
#include "journal/journal.h"
#include "store/memory_store.h"

namespace perdure::engine {

// Which call of a store, its snapshots' too, fails: each of them passes here first.
struct StoreCalls {
    std::atomic<std::uint64_t> made{0};  // a runtime's threads call, too
    std::uint64_t fails = 0;             // the how manyth does; 0: none

    Status pass() { return ++made == fails ? Status(Code::io, "the database is gone") : Status(); }
};

// Its store's snapshot, whose calls are the store's.
class MoodySnapshot final : public store::Snapshot {
public:
    MoodySnapshot(std::unique_ptr<store::Snapshot> inner, StoreCalls& calls, bool& expires)
        : inner_(std::move(inner)), calls_(calls), expires_(expires) {}

    [[nodiscard]] const Watermark& watermark() const override { return inner_->watermark(); }
    Result<Batch> find(const TableDefinition& table, const Batch& keys) override {
        PERDURE_TRY(calls_.pass());
        return inner_->find(table, keys);
    }
    Result<Batch> scan(const TableDefinition& table, const Batch* after, std::uint32_t after_row,
                       std::uint32_t limit) override {
        PERDURE_TRY(calls_.pass());
        if (std::exchange(expires_, false)) return Status(Code::expired, "it took too long");
        return inner_->scan(table, after, after_row, limit);
    }
    Result<Batch> last(const TableDefinition& table) override {
        PERDURE_TRY(calls_.pass());
        return inner_->last(table);
    }
    Result<std::uint64_t> count(const TableDefinition& table) override {
        PERDURE_TRY(calls_.pass());
        return inner_->count(table);
    }

private:
    std::unique_ptr<store::Snapshot> inner_;
    StoreCalls& calls_;
    bool& expires_;
};

// A MemoryStore that can be told to refuse, as a full disk or another program's lock would.
class MoodyStore final : public store::Store {
public:
    explicit MoodyStore(const io::Clock& clock)
        : calls(own_calls_), inner_(std::make_shared<store::MemoryStorage>(), &clock) {}
    // What outlives the store.
    MoodyStore(const io::Clock& clock, std::shared_ptr<store::MemoryStorage> storage,
               StoreCalls& counted)
        : calls(counted), inner_(std::move(storage), &clock) {}

    Result<store::Watermarks> watermarks() override {
        PERDURE_TRY(calls.pass());
        return inner_.watermarks();
    }
    Result<std::vector<TableDefinition>> definitions() override {
        PERDURE_TRY(calls.pass());
        PERDURE_TAKE(auto all, inner_.definitions());
        if (contradicts_itself) {
            all.push_back(all.front());
            all.back().name += "_too";
        }
        return all;
    }
    Status apply(const store::Fence& fence, const Watermark& after,
                 std::span<const store::Change> changes) override {
        ++applies;
        PERDURE_TRY(calls.pass());
        if (!mood.ok()) return mood;
        if (on_apply) on_apply();
        for (const store::Change& change : changes) {
            for (const Batch& batch : change.upserted) rows_upserted += batch.rows();
            for (const Batch& batch : change.erased) rows_erased += batch.rows();
        }
        return inner_.apply(fence, after, changes);
    }
    Status apply(const store::Fence& fence, const Watermark& after,
                 std::span<const TableDefinition> definitions) override {
        ++applies;
        PERDURE_TRY(calls.pass());
        return mood.ok() ? inner_.apply(fence, after, definitions) : mood;
    }
    Status empty(const store::Fence& fence,
                 std::span<const TableDefinition* const> tables) override {
        PERDURE_TRY(calls.pass());
        return inner_.empty(fence, tables);
    }
    Status drop_removed(const store::Fence& fence, const TableDefinition& table,
                        std::span<const std::uint16_t> numbers) override {
        PERDURE_TRY(calls.pass());
        return inner_.drop_removed(fence, table, numbers);
    }
    Status take_over(std::uint64_t epoch) override {
        PERDURE_TRY(calls.pass());
        return inner_.take_over(epoch);
    }
    Result<std::unique_ptr<store::Snapshot>> snapshot() override {
        PERDURE_TRY(calls.pass());
        PERDURE_TAKE(auto taken, inner_.snapshot());
        if (on_snapshot) on_snapshot();
        return std::unique_ptr<store::Snapshot>(
            std::make_unique<MoodySnapshot>(std::move(taken), calls, next_scan_expires));
    }
    Status declare_views(const store::Fence& fence, std::span<const store::View> views) override {
        return inner_.declare_views(fence, views);
    }
    Result<bool> checkpoint_step() override {
        PERDURE_TRY(calls.pass());
        if (checkpoint_is_held_up) return false;
        if (checkpoint_pieces > 0) return --checkpoint_pieces, true;
        return inner_.checkpoint_step();
    }
    [[nodiscard]] std::uint64_t cache_bytes() const override { return cache; }
    void give_back_memory() override { cache = 0; }
    [[nodiscard]] Status broken() const override { return broken_for_good; }
    Result<std::uint64_t> bytes() override {
        PERDURE_TRY(calls.pass());
        return inner_.bytes();
    }
    [[nodiscard]] store::Capabilities capabilities() const override {
        return inner_.capabilities();
    }

    StoreCalls& calls;
    bool next_scan_expires = false;
    bool contradicts_itself = false;  // it has two tables of one id and version
    bool checkpoint_is_held_up = false;
    std::uint64_t checkpoint_pieces = 0;  // before the last
    std::uint64_t cache = 0;
    Status broken_for_good;
    Status mood;                        // what every apply answers, unless ok
    std::function<void()> on_apply;     // in the middle of it
    std::function<void()> on_snapshot;  // just after it was taken
    std::uint64_t applies = 0;
    std::uint64_t rows_upserted = 0;
    std::uint64_t rows_erased = 0;

private:
    StoreCalls own_calls_;
    store::MemoryStore inner_;
};

class Parts : public Helper {
public:
    explicit Parts(const PendingLimits& limits = {}) {
        EXPECT_TRUE(store->take_over(1).ok());
        core = std::make_unique<Core>(
            limits, Watermark{},
            std::make_shared<Budgets>(BudgetLimits{.pool_bytes = std::uint64_t{1} << 20}), *this);
        core->clock = &clock;
        core->epoch = 1;
        core->categories["fleeting"] = {.name = "fleeting", .durability = Level::ephemeral};
        core->categories["slow"] = {.name = "slow", .durability = Level::relaxed};
        auto opened = journal::Journal::open(disk, clock, "journal", {.file_bytes = 1 << 20}, {},
                                             core->catalog);
        EXPECT_TRUE(opened.ok()) << opened.status().text();
        journal = *std::move(opened);
        drain_part = std::make_unique<Drain>(*core, *store, *journal);

        std::vector<TableDefinition> definitions;
        Catalog scratch;
        for (const TableBuilder& table : table_builders()) {
            definitions.push_back(catalogued(scratch, table.definition()));
            EXPECT_TRUE(scratch.add(definitions.back()).ok());
        }
        define(definitions);
    }
    ~Parts() override { core->progress->detach(); }

    // A change set that defines tables, all the way to the store.
    void define(const std::vector<TableDefinition>& definitions) {
        Change change = this->change();
        for (const TableDefinition& definition : definitions) change.define(definition);
        accept(change);
        flush();
        EXPECT_TRUE(drain());
        release();
        for (const TableDefinition& definition : definitions) {
            EXPECT_TRUE(core->catalog.add(definition).ok());
        }
    }

    [[nodiscard]] Change change() const { return Change(core->catalog); }
    [[nodiscard]] const TableDefinition& table(std::string_view name) const {
        return *core->catalog.find(name);
    }

    Lsn accept(Change& change) {
        const std::scoped_lock lock(core->mutex);
        const Lsn lsn = core->pending.last() + 1;
        core->pending.push(change.at(lsn));
        return lsn;
    }
    Lsn accept(Change&& change) { return accept(change); }

    // Everything accepted and not durable becomes one group.
    void flush() {
        std::vector<const ChangeSet*> group;
        std::uint64_t bytes = 0;
        for (Lsn lsn = core->progress->durable() + 1; lsn <= core->pending.last(); ++lsn) {
            group.push_back(&core->pending.entry(lsn).changes);
            bytes += journal::encoded_bytes_max(*group.back());
        }
        if (group.empty()) return;
        const Status prepared = journal->prepare(bytes);
        ASSERT_TRUE(prepared.ok()) << prepared.text();
        auto appended = journal->append(group);
        ASSERT_TRUE(appended.ok()) << appended.status().text();
        ASSERT_EQ(appended->taken, group.size());
        const std::scoped_lock lock(core->mutex);
        core->pending.group_durable(appended->last, core->epoch, appended->chain,
                                    appended->address);
        core->progress->reached_journal(appended->last);
    }

    // One step; true if it applied something.
    bool drain() {
        auto stepped = drain_part->step();
        EXPECT_TRUE(stepped.ok()) << stepped.status().text();
        return stepped.ok() && *stepped;
    }
    void release() {
        while (drain_part->release_step()) {
        }
    }

    [[nodiscard]] Rows stored(std::string_view name) const {
        auto snapshot = store->snapshot();
        EXPECT_TRUE(snapshot.ok());
        auto batch = (*snapshot)->scan(table(name), nullptr, 0, 1'000'000);
        EXPECT_TRUE(batch.ok()) << batch.status().text();
        return rows_of(*batch);
    }

    io::MemoryFileSystem disk;
    io::ManualClock clock;
    std::unique_ptr<MoodyStore> store = std::make_unique<MoodyStore>(clock);
    std::unique_ptr<Core> core;
    std::unique_ptr<journal::Journal> journal;
    std::unique_ptr<Drain> drain_part;

private:
    void help(Lsn, Level) override {}
};

}  // namespace perdure::engine
