// Player: lives a random life in a world and knows, after every call, what must be so. It drives
// the engine's passive parts in an order that its random numbers give, also in the middle of each
// other's I/O, and makes disk and store fail as its character says.
//
//     Player player(machine, model, character, random, log);
//     player.on_operation = …;                // before each operation on disk or store
//     open(); step(); step(); …; close();     // each `corrupt` if something was not as it must be
//
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/clock.h"
#include "io/faulty_file_system.h"
#include "simulation/beings.h"
#include "simulation/character.h"
#include "simulation/deed.h"
#include "simulation/disk_vfs.h"
#include "simulation/flushed_writes.h"
#include "simulation/life.h"
#include "simulation/machine.h"
#include "simulation/model.h"
#include "simulation/reader.h"
#include "simulation/run_log.h"
#include "simulation/seeded_bugs.h"

namespace perdure::simulation {

// What was done so far, for people to see that it was much, and of all kinds.
struct Figures {
    std::uint64_t workloads = 0;
    std::uint64_t operations = 0;      // on disk and store, of the workloads themselves
    std::uint64_t all_operations = 0;  // and of all recoveries as well
    std::uint64_t crash_points = 0;    // operations before which the power failed
    std::uint64_t crashes = 0;         // and the states of disk and store that this left
    std::uint64_t nested_crashes = 0;  // in the middle of a recovery
    std::uint64_t recoveries = 0;      // every opening of a world that was there
    std::uint64_t torn = 0;            // of those, with something cut from the journal's end
    std::uint64_t replayed = 0;        // change sets that only the journal held
    std::uint64_t commits = 0;
    std::uint64_t conflicts = 0;
    std::uint64_t refused = 0;  // busy, no space, read-only
    std::uint64_t faults = 0;
    std::uint64_t failures = 0;  // worlds that became read-only
    std::uint64_t interleaved = 0;
    // Of those above, where SQLite is the store:
    std::uint64_t store_crash_points = 0;  // operations on SQLite's files
    std::uint64_t store_unsynced = 0;      // crash points with bytes of it that were not flushed
    std::uint64_t store_faults = 0;        // likewise
    std::uint64_t store_interleaved = 0;   // in the middle of a call to SQLite
    std::uint64_t files_prepared = 0;      // of the journal
    std::uint64_t files_trimmed = 0;
    std::uint64_t snapshots = 0;  // read to their end, page by page
    std::uint64_t pages = 0;      // of them
    std::uint64_t cut_transfers = 0;
    std::uint64_t digests = 0;  // compared with the model's
    // Worlds on a disk that damaged what was flushed, and what became of them.
    std::uint64_t damaged = 0;
    std::uint64_t damage_reported = 0;   // refused, or said to be damaged when read
    std::uint64_t damage_harmless = 0;   // the state is one that must be
    std::uint64_t last_groups_lost = 0;  // nothing attested them: cut off, or not even seen
    std::uint64_t stale_pages = 0;       // an older page of the store passed for the newest

    void add(const Figures& other);
};

// One fault of the disk or the store, at one operation and perhaps from then on.
struct Mishap {
    std::uint64_t at = 0;  // counted as operations()
    io::FaultType type = io::FaultType::fail_io;
    bool from_then_on = false;  // a disk that is full can still be read and flushed
    bool lost = false;  // of a flush: what it should have written seems to be there, and is not
};

// Rows of a user table have the keys 0 to this.
inline constexpr std::uint64_t user_keys = 5;

// The last of the writes to the row that the change is about; nullptr if there is none.
[[nodiscard]] const Write* find_write(const std::vector<Write>& writes, const UserChange& change);

// Whether a full disk refuses it.
[[nodiscard]] bool takes_space(io::OperationKind kind) noexcept;

class Player {
public:
    Player(Machine& machine, Model& model, const Character& character, Random random,
           Figures& figures, RunLog& log);
    ~Player();

    // Called before each operation on disk or store, which is described.
    std::function<void(std::string_view)> on_operation;
    SeededBug bug = SeededBug::none;
    std::optional<Mishap> mishap;
    // Told of every write and flush, if set.
    FlushedWrites* flushed_writes = nullptr;
    // Asked when acknowledged change sets after this one are missing: whether that may be.
    std::function<bool(Lsn)> may_be_lost;

    // Opens the world, as the process or the machine left it, and judges what is there.
    Status open();
    // The process dies.
    void kill();
    // Closes cleanly; the process ends.
    Status close();
    // Something random. Reopens by itself what has become read-only.
    Status step();
    // One thing that is not random.
    Status perform(Deed deed);
    // The digest of the state must be the model's, and what it was when it was last asked for at
    // this change set.
    Status check_digest();
    // Everything that is left to be done in the background; afterwards a commit must go through.
    Status settle();

    // What is durable as the engine would answer anybody now is acknowledged.
    void acknowledge();
    // Where the last opening found the world.
    [[nodiscard]] Lsn recovered_at() const noexcept { return recovered_at_; }
    [[nodiscard]] std::uint64_t now_ns() const { return clock_.monotonic_ns(); }
    // What is about to be done, in on_operation; nothing if it is a call to the store.
    [[nodiscard]] const io::Operation* operation() const noexcept { return operation_; }
    // Operations so far.
    [[nodiscard]] std::uint64_t operations() const noexcept { return operations_; }
    // Whether disk or store changed since this was last asked, or are about to.
    [[nodiscard]] bool take_changed() noexcept { return std::exchange(changed_, false); }
    // Whether something was flushed since this was last asked: whether a power failure that keeps
    // nothing else would leave another state than it would have then.
    [[nodiscard]] bool take_flushed() noexcept { return std::exchange(flushed_, false); }
    // Whether a power failure now could leave more than one state.
    [[nodiscard]] bool has_unsynced() const noexcept;
    // Whether SQLite's files have bytes that were not flushed.
    [[nodiscard]] bool has_unsynced_store() const noexcept;

private:
    // Which part is at work, and so holds which locks.
    enum class Working : std::uint8_t { nothing, journal, store, prepare, reader };

    // Opening and closing.
    Status open_life();
    Result<std::unique_ptr<store::Store>> open_store(const std::string& path, const Uuid& world);
    Status judge_recovered();
    Status start_life();
    Status reserve_ids(const Batch& batch);
    void end_life();

    // Operations.
    void before_disk(const io::Operation& operation);
    void before_store(std::string_view call);
    void note_unsynced(const io::Operation& operation);
    void note_flushed(const io::Operation& operation);
    struct Fault {
        PlannedFault planned;
        bool spent = false;
        std::uint64_t until = 0;
    };
    void inject_faults(const io::Operation& operation);
    void inject_mishap(const io::Operation& operation);
    [[nodiscard]] bool inject(Fault& fault, const io::Operation& operation);
    void hit(const io::Operation& operation, io::FaultType type);
    void cut_transfer(const io::Operation& operation);
    void interleave(const io::Operation* operation);
    Status step_meanwhile(bool leading, bool in_store);

    // Steps.
    Status step_tick(bool may_wait);
    Status step_transaction(bool may_wait);
    Status step_wait();
    Status step_look();
    Status step_read();
    Status read_pages(std::size_t reader);
    Status step_declare();
    Status step_reopen();
    Status step_tick_again();
    Status step_poll();
    Status step_old_tick();
    Status step_background(Working part);
    Status step_clock();

    // Deeds.
    Status make_being();
    Status change_world();
    Status destroy_youngest();
    Status write_rows(Deed deed);
    Status work(Deed deed);
    Status write_held();

    // Ticks and transactions.
    Status change_beings(bool may_create, Recipe* recipe);
    Status change_being(std::uint64_t id, Recipe* recipe);
    Status stage_in_tick(Recipe* recipe);
    Status commit_tick(const CommitOptions& options, std::shared_ptr<Recipe> recipe);
    Status commit_transaction(Transaction& transaction, std::vector<Write> staged,
                              bool must_conflict, const CommitOptions& options);
    Result<bool> stage(Transaction& to, const UserChange& change, std::vector<Write>& staged,
                       bool in_tick);
    // Structs, row for row; and what a transaction says that a row will be.
    Status stage_structs(Transaction& to, std::vector<Write>& staged);
    Status find_staged(Transaction& in, const std::vector<Write>& staged);
    [[nodiscard]] std::optional<UserChange> draw_change(const std::vector<Write>& staged);
    [[nodiscard]] CommitOptions draw_options(bool may_wait);
    [[nodiscard]] bool holds(const UserChange& change, const std::vector<Write>& staged) const;
    Status conclude(const Result<Token>& token, bool must_conflict, Level least);
    Status judge_refusal(const Status& status);
    Status judge_work(const Status& status);
    Status compare_digest(const Hash128& found);
    // A read of the store that something made fail.
    [[nodiscard]] bool is_fault_of_store(const Status& status) const;

    [[nodiscard]] engine::Engine& engine() { return life_->engine(); }
    [[nodiscard]] std::uint64_t now_ms() const { return clock_.monotonic_ns() / 1'000'000; }
    [[nodiscard]] bool failed();

    // Constant after construction.
    Machine& machine_;
    Model& model_;
    const Character& character_;
    Figures& figures_;
    RunLog& log_;

    Random random_;
    io::ManualClock clock_;
    std::unique_ptr<io::FaultyFileSystem> faulty_;
    std::unique_ptr<io::FileSystem> broken_disk_;
    Variant variant_;
    std::uint64_t sqlite_seed_;     // what SQLite's own random numbers follow from
    std::unique_ptr<DiskVfs> vfs_;  // of SQLite, for one life
    std::unique_ptr<Life> life_;
    std::vector<std::unique_ptr<Reader>> readers_;  // of this life
    bool store_down_ = false;

    Beings beings_;
    std::vector<Write> tick_staged_;                          // by refused ticks, too
    std::set<std::pair<std::string, std::string>> reserved_;  // keys that the open tick has judged
    bool marks_left_ = false;      // rows that did not change may go out with the next tick
    std::vector<Token> tokens_;    // not known to be durable yet
    bool closed_cleanly_ = false;  // the last life was
    Lsn recovered_at_ = 0;
    struct Callback {
        Token token;
        std::shared_ptr<int> calls;
    };
    std::vector<Callback> callbacks_;  // left with tokens, and not called yet
    std::optional<std::pair<Lsn, Hash128>> digest_;

    std::uint64_t operations_ = 0;
    const io::Operation* operation_ = nullptr;
    std::uint64_t faults_ = 0;  // that hit this life
    std::vector<Fault> planned_;
    bool half_done_ = false;  // of a transfer that was cut
    bool changed_ = false;
    bool flushed_ = true;
    std::set<std::string> unsynced_files_;
    std::set<std::string> unsynced_directories_;
    Working working_ = Working::nothing;
    bool interleaving_ = false;
    bool in_store_ = false;  // in the middle of a call to SQLite: nobody may ask it meanwhile
    Status trouble_;         // of what was interleaved
};

}  // namespace perdure::simulation
