// SqliteStore: the embedded default: one SQLite file of real tables, which other programs may read.
//
//     auto store = SqliteStore::open({.path = "shard7/store.sqlite", .world = uuid});
//
// One connection writes and runs every checkpoint; read-only ones serve snapshots. The journal is
// the authority: a commit here is not flushed, a completed checkpoint is. docs/format/sqlite.md.
//
// Thread rule: as Store; watermarks(), definitions(), bytes() and capabilities() by any thread.
// Nothing here may live across a fork(): SQLite's locks would be lost.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/clock.h"
#include "perdure/value.h"
#include "store/sqlite/checksum_vfs.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/log_mark.h"
#include "store/sqlite/reader_pool.h"
#include "store/sqlite/table_writer.h"
#include "store/sqlite/world_tables.h"
#include "store/store.h"
#include "store/store_catalog.h"

namespace perdure::store {

struct SqliteStoreOptions {
    std::string path;                     // the file; its directory must exist
    Uuid world;                           // whose store it is; written when the file is made
    bool create = true;                   // make the file if it is missing; else `not_found`
    std::string base_vfs = "unix";        // SQLite's VFS beneath our checksums
    std::uint32_t cache_mib = 128;        // of the writer; 1 to 4096
    std::uint32_t reader_cache_mib = 16;  // of each snapshot's connection
    int busy_timeout_ms = 5000;           // how long to wait for another program's lock
    // A private copy that is thrown away after use: nothing is ever flushed, so that nobody else's
    // flushes wait for it, and what lies in its log stays there.
    bool throwaway = false;
    std::uint64_t pages_max = 0;  // the file grows no further: `no_space`; 0: SQLite's own limit
    const io::Clock* clock = nullptr;  // ages snapshots; null: the system's. Outlives the store

    [[nodiscard]] Status validate() const;
};

class SqliteStore final : public Store {
public:
    // `corrupt`, `unsupported` (a newer format), `conflict` (another world's) or `invalid` (another
    // program's database): then the file was not changed.
    static Result<std::unique_ptr<SqliteStore>> open(SqliteStoreOptions options);
    // Runs a last checkpoint. What it could not finish, the next open does.
    ~SqliteStore() override;

    Result<Watermarks> watermarks() override;
    Result<std::vector<TableDefinition>> definitions() override;
    Status apply(const Fence& fence, const Watermark& after,
                 std::span<const Change> changes) override;
    Status apply(const Fence& fence, const Watermark& after,
                 std::span<const TableDefinition> definitions) override;
    Status empty(const Fence& fence, std::span<const TableDefinition* const> tables) override;
    Status drop_removed(const Fence& fence, const TableDefinition& table,
                        std::span<const std::uint16_t> numbers) override;
    Status take_over(std::uint64_t owner_epoch) override;
    Result<std::unique_ptr<Snapshot>> snapshot() override;
    Status declare_views(const Fence& fence, std::span<const View> views) override;
    // A checkpoint is one call to SQLite, which cannot stop half-way: its length follows what was
    // applied since the last one.
    Result<bool> checkpoint_step() override;
    [[nodiscard]] Status broken() const override { return broken_; }
    // Its connections' page caches; of readers only those that serve no snapshot now.
    [[nodiscard]] std::uint64_t cache_bytes() const override;
    void give_back_memory() override;
    Result<std::uint64_t> bytes() override;
    [[nodiscard]] Capabilities capabilities() const override;

private:
    explicit SqliteStore(SqliteStoreOptions options);

    Status start();
    [[nodiscard]] Status refuse_lone_log() const;
    Status load();
    // Runs `work` between BEGIN and COMMIT, after moving the world's row to `after`; all or
    // nothing.
    template <typename Work>
    Status transact(const Fence& fence, const sqlite::WorldRow& after, Work&& work);
    Status check_alone();
    void note_failed_flush(const Status& status);
    void undo();
    Status apply_change(const Change& change);
    Result<sqlite::TableWriter*> writer_of(const TableDefinition& table);
    Status apply_definitions(const Fence& fence, const Watermark& after,
                             std::span<const TableDefinition> definitions);
    Result<bool> finish_checkpoint(int frames);
    void measure();
    void publish(const sqlite::WorldRow& row);
    [[nodiscard]] sqlite::WorldRow row_after(const Fence& fence, const Watermark& after) const;

    // Constant after open.
    const SqliteStoreOptions options_;
    io::SystemClock system_clock_;
    std::shared_ptr<sqlite::ChecksumVfs> vfs_;
    std::shared_ptr<StoreCatalog> catalog_ = std::make_shared<StoreCatalog>();
    std::shared_ptr<sqlite::ReaderPool> readers_;

    // Of the thread that applies.
    std::unique_ptr<sqlite::LogMarker> marker_;  // outlives the writer, whose closing asks it
    sqlite::Connection writer_;
    sqlite::Statement begin_;
    sqlite::Statement commit_;
    sqlite::Statement update_world_;
    sqlite::Statement data_version_;
    std::map<TableId, sqlite::TableWriter> tables_;
    std::int64_t seen_version_ = 0;
    bool behind_ = true;    // something was committed since the last completed checkpoint
    bool started_ = false;  // the file is ours
    Status broken_;         // why nothing more is written until the store is opened again

    std::atomic<std::uint64_t> bytes_{0};
    mutable std::mutex mutex_;
    sqlite::WorldRow row_;  // guarded by mutex_ against readers; written by the thread that applies
};

}  // namespace perdure::store
