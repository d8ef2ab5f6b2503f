// Engine: one door in, one order of effects. Knows tables, never domains.
//
// commit() judges, orders and queues a change set under one short lock; the flush queue makes it
// durable; the drain carries it to the store; trimming follows the store's safe watermark. All of
// them are passive: the runtime's threads call the step_… functions, or a simulation does.
//
// Thread rule: commit(), view(), health() from any thread; each step_… by one thread at a time;
// open and close by the owner.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/alarm.h"
#include "engine/core.h"
#include "engine/drain.h"
#include "engine/duty.h"
#include "engine/flush_queue.h"
#include "engine/gate.h"
#include "engine/proposal.h"
#include "engine/read_view.h"
#include "engine/world_directory.h"
#include "io/clock.h"
#include "io/file_system.h"
#include "journal/journal.h"
#include "model/evolve.h"
#include "perdure/health.h"
#include "perdure/token.h"
#include "store/store.h"

namespace perdure::engine {

struct EngineOptions {
    journal::Options journal;
    PendingLimits pending;
    std::uint32_t drain_interval_ms = 1000;
    std::uint64_t drain_bytes = 64ULL << 20;
    std::uint64_t pool_bytes_max = 256ULL << 20;  // of unused blocks; of its own budgets only
    // What it shares with other engines; null: it has budgets of its own, without other limits
    // than the above.
    std::shared_ptr<Budgets> budgets;
    std::uint32_t attest_idle_ms = 5;
    std::uint64_t held_bytes_max = 64ULL << 20;  // of relaxed rows that wait; then they go early
    // Of one change set: a group must fit one journal file, lengths stay far from 32 bits.
    std::uint64_t change_set_bytes_max = 2ULL << 30;
    std::uint64_t row_bytes_max = 900'000'000;  // SQLite holds a row of 1,000,000,000
    bool create = true;
    bool take_over = false;  // go on from the store if the journal is gone: see WorldOptions
    std::vector<Category> categories;
    std::function<void(std::string_view)> log;
    io::FileSystem* files = nullptr;
    const io::Clock* clock = nullptr;
    std::optional<Uuid> new_world;  // identity for a world that is made now; random if not given
    // Opens the store of this world, making it if need be.
    std::function<Result<std::unique_ptr<store::Store>>(const WorldDirectory&, const Uuid&)>
        open_store;
};

// What opening found.
struct Recovered {
    bool created = false;
    bool clean = true;
    std::uint64_t replayed_changes = 0;
    std::uint64_t replayed_bytes = 0;
    std::uint64_t torn_bytes = 0;
    std::vector<std::string> remarks;
};

class Engine final : public Helper {
public:
    static Result<std::unique_ptr<Engine>> open(const std::string& directory,
                                                EngineOptions options);
    ~Engine() override;

    // Declares tables: what is new or changed is committed as a change set of its own and awaited,
    // in the store too; rows are converted on the way, where `evolution` says how. `incompatible`
    // names the difference; nothing is declared then.
    enum class Declaring : std::uint8_t { opening, running };  // running: new tables only
    Status declare(const std::vector<TableDefinition>& wanted, Declaring when,
                   const Evolution& evolution = {});
    // Declares for a program whose code was replaced while commits go on: tables that are there may
    // change. Once everything accepted is in the store and every conversion has been tried,
    // `prepare` hears what will change; what it and others refuse changes nothing. Rows of a table
    // that changes, staged before, get `conflict` from the beginning on, and snapshots wait. If it
    // fails after `prepare`, the world is read-only, and the next opening decides.
    using Prepare = std::function<Status(const std::vector<TablePlan>&)>;
    Status redeclare(const std::vector<TableDefinition>& wanted, const Evolution& evolution,
                     const Prepare& prepare);

    // Accepts all of it or nothing. After a refusal the proposal is as it was. Does not wait:
    // options.wait only says that the caller will, by token.wait(), and so need not wake the
    // journal thread.
    Result<Token> commit(Proposal& proposal, const CommitOptions& options);

    // Who is asked from now on about what the program commits; null: nobody. Before the first such
    // commit.
    void set_gate(Gate* gate) noexcept { gate_ = gate; }

    // SQL views over tables in force. `unsupported` if the store has no SQL.
    Status declare_views(const std::vector<store::View>& views);

    // For staging.
    // True if an append-only table has no key as great; `at` is then the last LSN that was looked
    // at.
    // A tick's is reserved then.
    [[nodiscard]] bool is_beyond_all(const TableDefinition& table, std::string_view key,
                                     bool from_tick, Lsn& at);
    void reserve(const TableDefinition& table, std::string_view key);
    Status judge_and_reserve(Check& check);
    void release_reserved();
    Status read_for(Check& check);  // what the store has of its key; blocks

    Result<std::unique_ptr<ReadView>> view(bool durable_only);
    // Every row of resident tables: the store's, then what is pending, in order. Before the first
    // commit.
    Status hydrate(const std::function<Status(const Batch&)>& take);
    // Its two halves, which may be asked for again: the store's rows of those resident tables that
    // are `wanted`, and what is pending.
    Status hydrate_stored(const std::function<bool(const TableDefinition&)>& wanted,
                          const std::function<Status(const Batch&)>& take);
    Status hydrate_pending(const std::function<Status(const Batch&)>& take);
    // Digest of all non-ephemeral rows in the store; waits until everything accepted is there.
    Result<Hash128> digest();

    [[nodiscard]] const Catalog& catalog() const noexcept { return core_->catalog; }
    [[nodiscard]] BlockPool& pool() noexcept { return core_->budgets->pool; }
    [[nodiscard]] const Category* find_category(std::string_view name) const;
    [[nodiscard]] std::optional<std::uint64_t> last_tick();
    [[nodiscard]] Health health();
    [[nodiscard]] const Recovered& recovered() const noexcept { return recovered_; }
    [[nodiscard]] const Identity& identity() const noexcept { return identity_; }
    [[nodiscard]] const io::Clock& clock() const noexcept { return *options_.clock; }
    [[nodiscard]] store::Store& store() noexcept { return *store_; }
    std::size_t poll() { return core_->progress->poll(); }

    // Steps. True: there may be more to do at once.
    bool step_journal() { return !abandoned_.load() && flush_queue_.step(); }
    void step_held();  // relaxed rows that have waited long enough
    void step_attest();
    Result<bool> step_store();    // drain if due, release, checkpoint, trim
    Result<bool> step_prepare();  // journal files ahead
    [[nodiscard]] bool drain_due();
    // Called when the journal, the store or the preparing thread should look.
    void set_alarms(std::function<void()> journal, std::function<void()> store,
                    std::function<void()> prepare);

    // For the runtime: the steps of a duty, and when to come again if no alarm rings.
    Visit visit_journal();
    Visit visit_store();
    Visit visit_prepare();

    // Flushes, drains and checkpoints everything. The engine accepts nothing afterwards.
    Status close();

    // Stops as a killed process would: nothing more is flushed or drained. For tests and
    // benchmarks.
    void abandon();

    void help(Lsn lsn, Level level) override;

private:
    explicit Engine(EngineOptions options);

    // Opening, in this order.
    Status open_directory(const std::string& directory);
    Status open_journal();
    Status settle();
    Status free_journal();

    // Declaring.
    struct Changes {
        std::vector<TablePlan> plans;
        std::vector<TableDefinition> between;
        std::vector<TableDefinition> last;
    };
    Result<std::vector<TablePlan>> plan(const std::vector<TableDefinition>& wanted,
                                        const Evolution& evolution);
    Result<Changes> judge_changes(const std::vector<TableDefinition>& wanted,
                                  const Evolution& evolution);
    Status make_changes(Changes&& changes);
    Status define(std::vector<TableDefinition> definitions);
    Status await_definitions();
    // Hands each page of the table to `take`, with its conversions made. `between`: the plan's, as
    // long as what is taken lives.
    Status for_each_filled(const TablePlan& plan, const TableDefinition& between,
                           const std::function<Status(Batch&& filled)>& take);
    Status convert_rows(const TablePlan& plan);
    void announce(const Changes& changes, std::map<TableId, std::uint32_t>& before);
    Status before_changes(const Changes& changes, const Prepare& prepare);
    Status commit_filled(Batch&& rows);
    Status drop_field(const Evolution::Field& field);

    // Committing.
    Level classify(ChangeSet& changes, const CommitOptions& options) const;
    Status make_room(std::uint64_t encoded_bytes);
    // `again`: refused for a reason that trying again may mend at once.
    Status accept(Proposal& proposal, const CommitOptions& options, Level level,
                  std::uint64_t encoded_bytes, Lsn& lsn, bool& again);
    Status judge_checks(std::vector<Check>& checks, bool& read_again);
    Status check_keys(Proposal& proposal, bool& again);
    [[nodiscard]] Status check_versions(const Proposal& proposal) const;
    [[nodiscard]] Status check_row_sizes(const ChangeSet& changes) const;
    Result<bool> is_last_tick_again(const Proposal& proposal, std::uint64_t tick);
    Result<Token> repeat_last_tick(Proposal& proposal, const CommitOptions& options,
                                   std::uint64_t tick);
    Result<Token> commit_changes(Proposal& proposal, const CommitOptions& options);
    Result<Token> commit_admitted(Proposal& proposal, const CommitOptions& options);
    Token token_of(Lsn lsn, Level level, std::optional<std::uint64_t> tick,
                   const CommitOptions& options);
    void hold(const std::string& key, std::shared_ptr<const Batch> row);
    void drop_held(TableId table, const std::string& key);
    bool hold_relaxed(ChangeSet& changes, bool at_once);
    [[nodiscard]] bool held_due() const;
    [[nodiscard]] bool held_is_full(const ChangeSet& changes) const;
    [[nodiscard]] std::uint64_t held_room();
    Result<ChangeSet> gather_held() const;
    bool add_held(ChangeSet& changes, std::uint64_t room_taken);
    Status commit_held();
    void note_appended(const ChangeSet& changes);
    Status refuse_if_failed() const;
    void let_go_of_bodies(Lsn durable);

    void group_durable(const journal::Appended& appended);
    void journal_failed(const Status& reason);
    void await_stored(Lsn lsn);
    void want_stored(Lsn lsn);
    void call_for_visits();
    void use_store();
    Visit plan_store();
    void limit_cache();
    void rest_store();
    void tell_stored();
    Status load_append_max();

    EngineOptions options_;
    std::unique_ptr<WorldDirectory> directory_;
    Identity identity_;
    Recovered recovered_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<Core> core_;
    std::unique_ptr<Drain> drain_;
    FlushQueue flush_queue_;
    // Tables that were accepted and are not in the catalog yet. Of the thread that declares.
    std::vector<TableDefinition> defining_;
    Token defining_token_;
    Gate* gate_ = nullptr;  // constant while the program commits

    std::mutex store_mutex_;  // one step_store at a time; guards what follows
    std::uint64_t last_drain_ms_ = 0;
    bool checkpoint_wanted_ = true;  // the last owner may have left something to do
    std::uint64_t checkpoint_retry_ms_ = 0;
    std::uint64_t store_retry_ms_ = 0;  // after a failure: not before

    std::mutex stored_mutex_;
    std::atomic<Lsn> stored_wanted_{0};
    std::condition_variable stored_changed_;
    std::atomic<bool> threads_{false};
    std::atomic<bool> store_gone_{false};  // it takes nothing more until it is opened again
    Alarm alarm_store_;
    Alarm alarm_prepare_;
    std::atomic<std::uint64_t> idle_since_ns_{0};

    mutable std::mutex trouble_mutex_;
    Status trouble_;  // guarded by trouble_mutex_: why the store is behind, or the world read-only
    std::atomic<bool> holds_{false};  // core_->held is not empty
    // A visit comes soon, or its alarm has rung: no need to ring.
    std::atomic<bool> journal_visit_planned_{false};
    std::atomic<bool> store_visit_planned_{false};
    std::atomic<bool> prepare_visit_planned_{false};
    // Nothing was used since memory was given back.
    std::atomic<bool> journal_rested_{false};
    std::atomic<bool> store_rested_{false};
    std::atomic<std::uint64_t> store_used_ms_{0};
    std::atomic<bool> closed_{false};
    std::atomic<bool> gone_{false};  // the engine is being destroyed: nobody waits any more
    std::atomic<bool> abandoned_{false};
    std::atomic<std::uint64_t> refused_busy_{0};
    std::atomic<std::uint64_t> prepare_waits_{0};
};

}  // namespace perdure::engine
