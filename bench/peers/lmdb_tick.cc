// LMDB: four databases with integer keys, one write transaction a tick, a cursor that walks each in
// key order.
#include <cstring>
#include <stdexcept>

#include <lmdb.h>

#include "peers/tick_peers.h"

namespace perdure::bench {
namespace {

constexpr std::size_t map_bytes_min = std::size_t{1} << 30;
constexpr std::size_t map_bytes_per_entity = 2048;  // old and new pages of a tick live side by side

void check(int outcome, const char* action) {
    if (outcome != 0) {
        throw std::runtime_error(std::string("LMDB: ") + action + ": " + mdb_strerror(outcome));
    }
}

template <typename Value>
MDB_val as_bytes(const Value& value) {
    return {sizeof value,
            const_cast<Value*>(&value)};  // LMDB does not write through what it is given to put
}

// An open transaction; aborted unless committed.
class Transaction {
public:
    Transaction(MDB_env* environment, unsigned flags) {
        check(mdb_txn_begin(environment, nullptr, flags, &transaction_), "begin");
    }
    ~Transaction() { mdb_txn_abort(transaction_); }  // takes null
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    MDB_dbi open(const char* database) {
        MDB_dbi id = 0;
        check(mdb_dbi_open(transaction_, database, MDB_CREATE | MDB_INTEGERKEY, &id),
              "open database");
        return id;
    }

    template <typename Value>
    void put(MDB_dbi database, std::span<const std::uint32_t> keys, std::span<const Value> values,
             unsigned flags) {
        const Cursor cursor(transaction_, database);
        for (std::size_t row = 0; row < keys.size(); ++row) {
            MDB_val key = as_bytes(keys[row]);
            MDB_val value = as_bytes(values[row]);
            check(mdb_cursor_put(cursor.get(), &key, &value, flags), "put");
        }
    }

    template <typename Value>
    void read_all(MDB_dbi database, std::vector<Value>& into) {
        const Cursor cursor(transaction_, database);
        MDB_val key, value;
        int outcome = mdb_cursor_get(cursor.get(), &key, &value, MDB_FIRST);
        for (; outcome == 0; outcome = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT)) {
            std::uint32_t entity = 0;
            std::memcpy(&entity, key.mv_data, sizeof entity);
            std::memcpy(&into.at(entity), value.mv_data, sizeof(Value));
        }
        check(outcome == MDB_NOTFOUND ? 0 : outcome, "read");
    }

    void commit() {
        MDB_txn* ending = transaction_;
        transaction_ = nullptr;
        check(mdb_txn_commit(ending), "commit");
    }

private:
    class Cursor {
    public:
        Cursor(MDB_txn* transaction, MDB_dbi database) {
            check(mdb_cursor_open(transaction, database, &cursor_), "open cursor");
        }
        ~Cursor() { mdb_cursor_close(cursor_); }
        Cursor(const Cursor&) = delete;
        Cursor& operator=(const Cursor&) = delete;
        MDB_cursor* get() const { return cursor_; }

    private:
        MDB_cursor* cursor_ = nullptr;
    };

    MDB_txn* transaction_ = nullptr;
};

class LmdbTickPeer final : public TickPeer {
public:
    LmdbTickPeer(const TickPeerSetup& setup, unsigned flags)
        : path_(setup.directory), entities_(setup.workload.entities), flags_(flags) {
        open();
    }
    ~LmdbTickPeer() override { mdb_env_close(environment_); }

    void load(const WorldArrays& world) override {
        std::vector<std::uint32_t> everyone(entities_);
        for (std::uint32_t entity = 0; entity < entities_; ++entity) {
            everyone[entity] = entity;
        }
        Transaction transaction(environment_, 0);
        transaction.put<Position>(positions_, everyone, world.positions, MDB_APPEND);
        transaction.put<Velocity>(velocities_, everyone, world.velocities, MDB_APPEND);
        transaction.put<Health>(healths_, everyone, world.healths, MDB_APPEND);
        transaction.put<Inventory>(inventories_, everyone, world.inventories, MDB_APPEND);
        transaction.commit();
    }

    void commit(const TickChanges& changes, const WorldArrays&) override {
        Transaction transaction(environment_, 0);
        transaction.put(positions_, changes.positions.entities, changes.positions.values, 0);
        transaction.put(velocities_, changes.velocities.entities, changes.velocities.values, 0);
        transaction.put(healths_, changes.healths.entities, changes.healths.values, 0);
        transaction.put(inventories_, changes.inventories.entities, changes.inventories.values, 0);
        transaction.commit();
    }

    WorldArrays read_back() override {
        mdb_env_close(environment_);
        open();
        WorldArrays world = WorldArrays::of_size(entities_);
        Transaction transaction(environment_, MDB_RDONLY);
        transaction.read_all(positions_, world.positions);
        transaction.read_all(velocities_, world.velocities);
        transaction.read_all(healths_, world.healths);
        transaction.read_all(inventories_, world.inventories);
        return world;
    }

private:
    void open() {
        environment_ = nullptr;
        check(mdb_env_create(&environment_), "create environment");
        check(mdb_env_set_maxdbs(environment_, 4), "set number of databases");
        check(mdb_env_set_mapsize(environment_, map_bytes_min + map_bytes_per_entity * entities_),
              "set map size");
        check(mdb_env_open(environment_, path_.c_str(), flags_, 0644), "open environment");
        Transaction transaction(environment_, 0);
        positions_ = transaction.open("position");
        velocities_ = transaction.open("velocity");
        healths_ = transaction.open("health");
        inventories_ = transaction.open("inventory");
        transaction.commit();
    }

    std::filesystem::path path_;
    std::uint32_t entities_;
    unsigned flags_;
    MDB_env* environment_ = nullptr;
    MDB_dbi positions_ = 0;
    MDB_dbi velocities_ = 0;
    MDB_dbi healths_ = 0;
    MDB_dbi inventories_ = 0;
};

TickPeerVariant variant(std::string name, unsigned flags) {
    return {"lmdb", "lmdb", std::move(name), "flushed each tick",
            [flags](const TickPeerSetup& setup) {
                return std::make_unique<LmdbTickPeer>(setup, flags);
            }};
}

}  // namespace

TickPeerVariants lmdb_variants() {
    return {variant("transaction per tick, 4 integer-key DBs", 0),
            variant("the same, WRITEMAP", MDB_WRITEMAP)};
}

}  // namespace perdure::bench
