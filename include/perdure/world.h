// World: one handle to everything that persists together.
//
//     auto opened = perdure::World::open("shard7", schema);        // "memory:" for tests
//     if (!opened) return report(opened.status());
//     perdure::World& world = **opened;
//     while (running) {
//         simulate(world.entities());
//         auto saved = world.commit();                              // ends the tick; does not wait
//         world.poll();                                             // callbacks of tokens run here
//     }
//
// Thread rule: open, entities(), external(), relations(), tick(), commit(), reload(), poll() and
// close() on one thread, the world's. begin(), snapshot(), invariants() and health() from any.
// Everything that came out of a world (transactions, snapshots) must end before it; tokens may
// stay.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "perdure/entities.h"
#include "perdure/external.h"
#include "perdure/health.h"
#include "perdure/relations.h"
#include "perdure/schema.h"
#include "perdure/snapshot.h"
#include "perdure/status.h"
#include "perdure/token.h"
#include "perdure/transaction.h"
#include "perdure/validation.h"

namespace perdure {

namespace io {
class FileSystem;
class Clock;
}  // namespace io
class Runtime;
namespace engine {
class Engine;
}  // namespace engine

struct WorldOptions {
    bool create = true;                            // make the world if the directory holds none
    std::string store = "sqlite";                  // "sqlite" or "memory" (kept nowhere: for tests)
    std::uint64_t journal_bytes_max = 4ULL << 30;  // on disk; beyond it commits get `busy`
    std::uint64_t journal_file_bytes = 64ULL << 20;  // that files grow to as the world uses them
    // Of the first file of each opening; each is four times as large as the one before, until
    // journal_file_bytes. Nothing is prepared ahead until three quarters of it are used, unless
    // they are equal.
    std::uint64_t journal_first_file_bytes = 64ULL << 10;
    std::uint32_t journal_files_ahead = 2;           // prepared before they are needed
    std::uint64_t pending_bytes_max = 256ULL << 20;  // of memory; beyond it bodies are read back
    std::uint64_t index_bytes_max = 512ULL << 20;  // of the pending index and its rows; then `busy`
    std::uint32_t drain_interval_ms = 1000;
    std::uint64_t drain_bytes = 64ULL << 20;  // pending bytes that start a drain earlier
    std::uint32_t attest_idle_ms = 5;         // idle this long: say what is durable
    // The journal is gone but the store is there: another machine, or a lost disk. Go on from what
    // the store has, under a new epoch; what only the journal held is lost, and recovery() says so.
    bool take_over = false;
    // What the program answers for its external components: see external.h.
    ExternalCallbacks external{};
    // Asked about every change set of the program before it is accepted: see validation.h.
    Validator validator{};
    // Whose threads and budgets the world shares with others: see runtime.h. Null: it has its own.
    // Must outlive the world.
    Runtime* runtime = nullptr;
    bool threads = true;  // false: nothing runs by itself; for tests and simulations
    // Told about what is worth a line in a log; called from any thread.
    std::function<void(std::string_view)> log{};
    // For tests and simulations: another disk, another clock. Must outlive the world.
    io::FileSystem* files = nullptr;
    const io::Clock* clock = nullptr;

    // `invalid` says which of these cannot be; `unsupported`: there is no such store.
    [[nodiscard]] Status validate() const;
};

// What opening found and did, in plain words and numbers.
struct RecoveryReport {
    bool created = false;                // there was no world here
    bool clean = true;                   // nothing was cut off or replayed, as after close()
    std::uint64_t replayed_changes = 0;  // change sets that only the journal held
    std::uint64_t replayed_bytes = 0;
    std::uint64_t torn_bytes = 0;  // cut from the journal's end and kept in quarantine/
    std::uint64_t entities = 0;    // brought to life
    double seconds = 0;
    std::vector<std::string> remarks;
};
// One line, and one for each remark.
[[nodiscard]] std::string to_text(const RecoveryReport& report);

class World {
public:
    // Makes the world, or recovers the one that is there; either all of it is open or nothing is.
    // `invalid`: options, schema or perdure.toml cannot be, or the directory holds something else;
    // `not_found`: no world there, and options.create is false; `locked`: another process has it;
    // `incompatible`: the schema and the world differ in a way that is refused; `unsupported`: a
    // newer Perdure wrote it; `corrupt`: it is damaged, and the message says where
    // (docs/operating/damage.md); `conflict`: the store is another world's; `no_space`, `io`; what
    // a callback of options.external or a conversion of the schema answered.
    static Result<std::unique_ptr<World>> open(const std::string& directory, const Schema& schema,
                                               WorldOptions options = {});
    ~World();  // closes, dropping what close() would have reported
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    [[nodiscard]] Entities& entities() noexcept;
    // Components whose values the program keeps itself.
    [[nodiscard]] External& external() noexcept;
    [[nodiscard]] Relations& relations() noexcept;  // edges between entities
    // The tick being built: rows for user tables that go out with the next commit().
    [[nodiscard]] Transaction& tick() noexcept;
    // Ends the tick: all marked components and edges and all that was staged, as one change set.
    // Does not wait unless asked. Refused (`busy`, `read_only`, `no_space`, `conflict`, `refused`
    // by a rule of the program's own): marks, staged rows and tick number stay. options.tick must
    // be above the last one; the last one again is the same token if nothing differs, else
    // `conflict`; one before it is `invalid`. `unknown` only if options.wait: accepted, and not
    // certain to be durable.
    Result<Token> commit(const CommitOptions& options = {});
    // Number of the tick that the next commit() ends, unless told otherwise; 1 in a new world.
    [[nodiscard]] std::uint64_t next_tick() const noexcept;

    // A transaction on user tables; any thread.
    [[nodiscard]] Transaction begin();
    // `busy`: as many as may be are open already; `corrupt`, `io`: the store cannot be read.
    Result<Snapshot> snapshot(const SnapshotOptions& options = {});
    // Declares a table while the world runs. Waits until it is in force. `invalid` also for the
    // names that are ours (see table.h); `incompatible` for another version of a table that is
    // there: tables change when the world is opened, or by reload(). Others as commit().
    Status declare(const TableBuilder& table);

    // The program's code was replaced while the world lives: a shared library that declared structs
    // was, or is about to be, unloaded, and another one declares the next schema. What may differ
    // is what may differ between two openings: docs/guide/schema.md; live rows are converted in
    // memory, stored ones in the store. Entities, edges, ids, tick numbers, marks and what waits
    // for its interval stay; snapshots and tokens stay right. Between two ticks, on the world's
    // thread, which waits for the store.
    //
    // Pointers to components of a type that changed are dead, and so are those to components of a
    // type that is listed no more. All of the schema before is forgotten, and the callbacks of
    // WorldOptions::external are replaced by `external`: nothing is handed back, the program has
    // it. Conversions may not use the world. Fields are dropped at the next opening.
    //
    // Refused, and the world goes on as it was: `busy` (rows are staged in tick(), workers run, the
    // store cannot be reached, a type that is listed no more has changes that no commit took),
    // `incompatible` (as at opening; a category that is new or another; a component that would
    // become external, or would not be any more; invariants, before or in the next schema),
    // `invalid` (the schema; a conversion that failed; inside of a validator), `read_only`. Rows of
    // a table that changes, staged by other threads before, get `conflict`; their new snapshots
    // wait. A failure of journal or store in the midst of it leaves the world `read_only` with the
    // structs before, and the next opening decides.
    Status reload(const Schema& next, ExternalCallbacks external = {});

    // The newest result of each of the schema's invariants, in its order: of the last tick, or of
    // opening. Any thread.
    [[nodiscard]] std::vector<InvariantResult> invariants() const;

    // Runs callbacks of tokens that are done. Returns how many.
    std::size_t poll();
    [[nodiscard]] Health health() const;
    [[nodiscard]] const RecoveryReport& recovery() const noexcept;
    // Digest of all non-ephemeral rows as of the last commit, 32 hex digits. Waits for the drain:
    // `unknown` if it cannot be waited for; `busy`, `expired`, `corrupt`, `io`: as a snapshot.
    Result<std::string> digest();
    // Flushes, drains, checkpoints, closes. What is staged and not committed is dropped. The world
    // is closed whatever this answers. `unknown`: not all that was accepted is certain to be
    // durable; `io`, `no_space`, `corrupt`, `conflict`: why a disk or the store did not go on; the
    // next open does with what the journal holds.
    Status close();

    // For tools and tests.
    [[nodiscard]] engine::Engine& engine() noexcept;

private:
    struct State;
    explicit World(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace perdure
