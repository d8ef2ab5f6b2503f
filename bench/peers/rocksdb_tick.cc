// RocksDB: one synced WriteBatch a tick. Keys are a component letter and the entity, big-endian, so
// that a batch is in key order. Recycled log files save the metadata flush.
//
// Readable variants keep the memtable a skiplist. The vector memtable sorts a copy of itself on
// every read: tuning for a write-only log, shown apart.
#include <algorithm>
#include <cstring>
#include <stdexcept>

#include <rocksdb/db.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/write_batch.h>

#include "peers/tick_peers.h"

namespace perdure::bench {
namespace {

constexpr std::size_t key_bytes = 5;

constexpr std::size_t vector_rows =
    2'000'000;  // reserved: what a memtable of the default 64 MiB holds

enum class Memtable { skiplist, skiplist_with_hint, skiplist_in_place, vector };

void check(const rocksdb::Status& status, const char* action) {
    if (!status.ok()) {
        throw std::runtime_error(std::string("RocksDB: ") + action + ": " + status.ToString());
    }
}

rocksdb::Options options_for(Memtable memtable) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.IncreaseParallelism(2);
    options.recycle_log_file_num = 4;
    options.allow_concurrent_memtable_write = memtable == Memtable::skiplist;
    if (memtable == Memtable::skiplist_with_hint) {
        options.memtable_insert_with_hint_prefix_extractor.reset(
            rocksdb::NewFixedPrefixTransform(1));
    } else if (memtable == Memtable::skiplist_in_place) {
        options.inplace_update_support = true;
    } else if (memtable == Memtable::vector) {
        options.memtable_factory = std::make_shared<rocksdb::VectorRepFactory>(vector_rows);
        options.max_write_buffer_number = 8;  // sorting one takes longer than filling the next
    }
    return options;
}

struct Key {
    Key(char component, std::uint32_t entity)
        : bytes{component, static_cast<char>(entity >> 24), static_cast<char>(entity >> 16),
                static_cast<char>(entity >> 8), static_cast<char>(entity)} {}
    operator rocksdb::Slice() const { return {bytes, key_bytes}; }  // for WriteBatch::Put
    char bytes[key_bytes];
};

std::uint32_t entity_of(const rocksdb::Slice& key) {
    std::uint32_t entity = 0;
    for (std::size_t position = 1; position < key_bytes; ++position) {
        entity = entity << 8 | static_cast<unsigned char>(key[position]);
    }
    return entity;
}

template <typename Value>
rocksdb::Slice as_bytes(const Value& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

class RocksdbTickPeer final : public TickPeer {
public:
    RocksdbTickPeer(const TickPeerSetup& setup, Memtable memtable)
        : path_(setup.directory / "db"),
          entities_(setup.workload.entities),
          options_(options_for(memtable)) {
        open();
    }

    void load(const WorldArrays& world) override {
        load_column('p', world.positions);
        load_column('v', world.velocities);
        load_column('h', world.healths);
        load_column('i', world.inventories);
        check(database_->Flush({}), "flush");
    }

    void commit(const TickChanges& changes, const WorldArrays&) override {
        batch_.Clear();
        write_column('h', changes.healths);
        write_column('i', changes.inventories);
        write_column('p', changes.positions);
        write_column('v', changes.velocities);
        write_batch();
    }

    WorldArrays read_back() override {
        database_.reset();  // its log is replayed by the open that follows
        open();
        WorldArrays world = WorldArrays::of_size(entities_);
        const std::unique_ptr<rocksdb::Iterator> row(database_->NewIterator({}));
        for (row->SeekToFirst(); row->Valid(); row->Next()) {
            const std::uint32_t entity = entity_of(row->key());
            switch (row->key()[0]) {
                case 'p': take(row->value(), world.positions.at(entity)); break;
                case 'v': take(row->value(), world.velocities.at(entity)); break;
                case 'h': take(row->value(), world.healths.at(entity)); break;
                default: take(row->value(), world.inventories.at(entity));
            }
        }
        check(row->status(), "read back");
        return world;
    }

private:
    void open() {
        rocksdb::DB* opened = nullptr;
        check(rocksdb::DB::Open(options_, path_.string(), &opened), "open");
        database_.reset(opened);
    }

    template <typename Value>
    void load_column(char component, const std::vector<Value>& values) {
        batch_.Clear();
        for (std::uint32_t entity = 0; entity < values.size(); ++entity) {
            check(batch_.Put(Key(component, entity), as_bytes(values[entity])), "put");
            if (batch_.Count() == 100'000) {
                write_batch();
                batch_.Clear();
            }
        }
        write_batch();
    }

    template <typename Value>
    void write_column(char component, const ComponentChanges<Value>& changes) {
        for (std::size_t row = 0; row < changes.size(); ++row) {
            check(batch_.Put(Key(component, changes.entities[row]), as_bytes(changes.values[row])),
                  "put");
        }
    }

    void write_batch() {
        rocksdb::WriteOptions synced;
        synced.sync = true;
        check(database_->Write(synced, &batch_), "write");
    }

    template <typename Value>
    static void take(const rocksdb::Slice& bytes, Value& into) {
        std::memcpy(&into, bytes.data(), std::min(bytes.size(), sizeof into));
    }

    std::filesystem::path path_;
    std::uint32_t entities_;
    rocksdb::Options options_;
    std::unique_ptr<rocksdb::DB> database_;
    rocksdb::WriteBatch batch_;
};

TickPeerVariant variant(std::string contest, std::string name, Memtable memtable) {
    return {"rocksdb", std::move(contest), std::move(name), "flushed each tick",
            [memtable](const TickPeerSetup& setup) {
                return std::make_unique<RocksdbTickPeer>(setup, memtable);
            }};
}

}  // namespace

TickPeerVariants rocksdb_variants() {
    return {
        variant("rocksdb, readable", "synced batch, skiplist", Memtable::skiplist),
        variant("rocksdb, readable", "synced batch, insert hint", Memtable::skiplist_with_hint),
        variant("rocksdb, readable", "synced batch, in-place updates", Memtable::skiplist_in_place),
        variant("rocksdb, write-only", "synced batch, vector (write-only)", Memtable::vector)};
}

}  // namespace perdure::bench
