// ReaderPool: read-only connections, each with the statements it has prepared, for snapshots.
//
// Readers never checkpoint. A snapshot that is held for too long loses its read transaction, so
// that checkpoints go on.
//
// Thread rule: any thread. Lifetime: shared by the store and its snapshots.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <vector>

#include "io/clock.h"
#include "store/sqlite/checksum_vfs.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/table_reader.h"
#include "store/sqlite/world_tables.h"
#include "store/store.h"
#include "store/store_catalog.h"

namespace perdure::store::sqlite {

// One connection. One thread at a time.
class Reader {
public:
    static Result<std::unique_ptr<Reader>> open(const ConnectionOptions& options);

    // Begins a read transaction and reads the row that says what state it sees.
    Result<WorldRow> begin();
    // False: it cannot be used again.
    [[nodiscard]] bool end();
    [[nodiscard]] bool is_in_transaction() const;
    [[nodiscard]] std::uint64_t cache_bytes() const { return connection_.cache_bytes(); }
    // The statements for one table; kept for the next snapshot.
    TableReader& table(const TableDefinition& wanted, const TableDefinition& in_force);

private:
    using Key = std::tuple<TableId, std::uint32_t, std::uint32_t>;  // wanted and stored version

    Connection connection_;
    Statement begin_;
    Statement end_;
    Statement world_;
    std::map<Key, std::unique_ptr<TableReader>> tables_;
};

class SqliteSnapshot;

class ReaderPool : public std::enable_shared_from_this<ReaderPool> {
public:
    ReaderPool(std::shared_ptr<ChecksumVfs> vfs, ConnectionOptions options,
               std::shared_ptr<const StoreCatalog> catalog, const io::Clock& clock);

    Result<std::unique_ptr<Snapshot>> snapshot();
    // Ends the read transactions of snapshots that are too old, unless one is being read just now.
    void expire();
    // Closes connections that serve no snapshot; the next snapshot opens one.
    void close_idle();
    [[nodiscard]] std::uint64_t cache_bytes() const;  // of those
    [[nodiscard]] std::size_t open_snapshots() const;

private:
    friend class SqliteSnapshot;

    Result<std::unique_ptr<Reader>> take_idle();
    // The snapshot is over; its connection may serve another.
    void close(SqliteSnapshot* snapshot, std::unique_ptr<Reader> reader);

    const std::shared_ptr<ChecksumVfs> vfs_;  // first: connections go before it
    const ConnectionOptions options_;
    const std::shared_ptr<const StoreCatalog> catalog_;
    const io::Clock& clock_;

    // May be taken while a snapshot's is held; the other way round only by trying.
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<Reader>> idle_;
    std::vector<SqliteSnapshot*> open_;  // those that have a connection
    std::size_t opening_ = 0;
};

class SqliteSnapshot final : public Snapshot {
public:
    SqliteSnapshot(std::shared_ptr<ReaderPool> pool, std::unique_ptr<Reader> reader,
                   const WorldRow& row);
    ~SqliteSnapshot() override;

    [[nodiscard]] const Watermark& watermark() const override { return watermark_; }
    Result<Batch> find(const TableDefinition& table, const Batch& keys) override;
    Result<Batch> scan(const TableDefinition& table, const Batch* after, std::uint32_t after_row,
                       std::uint32_t limit) override;
    Result<Batch> last(const TableDefinition& table) override;
    Result<std::uint64_t> count(const TableDefinition& table) override;

private:
    friend class ReaderPool;

    // Null if the store did not know the table yet; `expired` if the snapshot is too old.
    Result<TableReader*> reader_of(const TableDefinition& table);
    [[nodiscard]] bool is_too_old() const;

    const std::shared_ptr<ReaderPool> pool_;
    const Watermark watermark_;
    const std::uint64_t definitions_;
    const std::uint64_t opened_ns_;

    std::mutex mutex_;
    std::unique_ptr<Reader> reader_;  // null: expired
};

}  // namespace perdure::store::sqlite
