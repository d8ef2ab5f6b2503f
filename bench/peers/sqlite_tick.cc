// SQLite: four tables of real columns, prepared upserts, one transaction a tick, WAL with
// synchronous=FULL.
#include <algorithm>

#include "peers/sqlite_database.h"
#include "peers/tick_peers.h"

namespace perdure::bench {
namespace {

constexpr int cache_kilobytes = 256 * 1024;

struct Tuning {
    int page_bytes;
    int autocheckpoint_pages;
};

void write_row(SqliteStatement& upsert, std::uint32_t entity, const Position& value) {
    upsert.bind(1, std::int64_t{entity});
    upsert.bind(2, value.x);
    upsert.bind(3, value.y);
    upsert.bind(4, value.z);
    upsert.run();
}
void write_row(SqliteStatement& upsert, std::uint32_t entity, const Velocity& value) {
    write_row(upsert, entity, Position{value.x, value.y, value.z});
}
void write_row(SqliteStatement& upsert, std::uint32_t entity, const Health& value) {
    upsert.bind(1, std::int64_t{entity});
    upsert.bind(2, std::int64_t{value.points});
    upsert.run();
}
void write_row(SqliteStatement& upsert, std::uint32_t entity, const Inventory& value) {
    upsert.bind(1, std::int64_t{entity});
    upsert.bind(2, value.slots);
    upsert.run();
}

class SqliteTickPeer final : public TickPeer {
public:
    SqliteTickPeer(const TickPeerSetup& setup, Tuning tuning)
        : path_(setup.directory / "world.sqlite"),
          entities_(setup.workload.entities),
          tuning_(tuning) {}

    void load(const WorldArrays& world) override {
        database_.emplace(path_);
        database_->execute("PRAGMA page_size = " + std::to_string(tuning_.page_bytes));
        database_->execute(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -" +
            std::to_string(cache_kilobytes));
        database_->execute("PRAGMA wal_autocheckpoint = " +
                           std::to_string(tuning_.autocheckpoint_pages));
        database_->execute(
            "CREATE TABLE position (id INTEGER PRIMARY KEY, x REAL, y REAL, z REAL);"
            "CREATE TABLE velocity (id INTEGER PRIMARY KEY, x REAL, y REAL, z REAL);"
            "CREATE TABLE health (id INTEGER PRIMARY KEY, points INTEGER);"
            "CREATE TABLE inventory (id INTEGER PRIMARY KEY, slots BLOB);");
        statements_ = std::make_unique<Statements>(*database_);
        statements_->begin.run();
        load_column(statements_->position, world.positions);
        load_column(statements_->velocity, world.velocities);
        load_column(statements_->health, world.healths);
        load_column(statements_->inventory, world.inventories);
        statements_->commit.run();
        database_->execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    void commit(const TickChanges& changes, const WorldArrays&) override {
        statements_->begin.run();
        write_column(statements_->position, changes.positions);
        write_column(statements_->velocity, changes.velocities);
        write_column(statements_->health, changes.healths);
        write_column(statements_->inventory, changes.inventories);
        statements_->commit.run();
    }

    WorldArrays read_back() override {
        statements_.reset();
        database_.reset();
        database_.emplace(path_);
        WorldArrays world = WorldArrays::of_size(entities_);
        for (SqliteStatement rows(*database_, "SELECT id, x, y, z FROM position");
             rows.next_row();) {
            world.positions.at(entity(rows)) = {rows.real(1), rows.real(2), rows.real(3)};
        }
        for (SqliteStatement rows(*database_, "SELECT id, x, y, z FROM velocity");
             rows.next_row();) {
            world.velocities.at(entity(rows)) = {rows.real(1), rows.real(2), rows.real(3)};
        }
        for (SqliteStatement rows(*database_, "SELECT id, points FROM health"); rows.next_row();) {
            world.healths.at(entity(rows)) = {static_cast<std::int32_t>(rows.integer(1))};
        }
        for (SqliteStatement rows(*database_, "SELECT id, slots FROM inventory");
             rows.next_row();) {
            const auto bytes = rows.bytes(1);
            auto& slots = world.inventories.at(entity(rows)).slots;
            std::copy_n(bytes.begin(), std::min(bytes.size(), slots.size()), slots.begin());
        }
        return world;
    }

private:
    struct Statements {
        explicit Statements(const SqliteDatabase& database)
            : begin(database, "BEGIN IMMEDIATE"),
              commit(database, "COMMIT"),
              position(database,
                       "INSERT INTO position VALUES (?, ?, ?, ?) ON CONFLICT (id)"
                       " DO UPDATE SET x = excluded.x, y = excluded.y, z = excluded.z"),
              velocity(database,
                       "INSERT INTO velocity VALUES (?, ?, ?, ?) ON CONFLICT (id)"
                       " DO UPDATE SET x = excluded.x, y = excluded.y, z = excluded.z"),
              health(database,
                     "INSERT INTO health VALUES (?, ?)"
                     " ON CONFLICT (id) DO UPDATE SET points = excluded.points"),
              inventory(database,
                        "INSERT INTO inventory VALUES (?, ?)"
                        " ON CONFLICT (id) DO UPDATE SET slots = excluded.slots") {}
        SqliteStatement begin, commit, position, velocity, health, inventory;
    };

    static std::size_t entity(SqliteStatement& rows) {
        return static_cast<std::size_t>(rows.integer(0));
    }

    template <typename Value>
    static void load_column(SqliteStatement& upsert, const std::vector<Value>& values) {
        for (std::uint32_t entity = 0; entity < values.size(); ++entity) {
            write_row(upsert, entity, values[entity]);
        }
    }

    template <typename Value>
    static void write_column(SqliteStatement& upsert, const ComponentChanges<Value>& changes) {
        for (std::size_t row = 0; row < changes.size(); ++row) {
            write_row(upsert, changes.entities[row], changes.values[row]);
        }
    }

    std::filesystem::path path_;
    std::uint32_t entities_;
    Tuning tuning_;
    std::optional<SqliteDatabase> database_;
    std::unique_ptr<Statements> statements_;  // before database_ is closed
};

TickPeerVariant variant(std::string name, Tuning tuning) {
    return {"sqlite", "sqlite", std::move(name), "flushed each tick",
            [tuning](const TickPeerSetup& setup) {
                return std::make_unique<SqliteTickPeer>(setup, tuning);
            }};
}

}  // namespace

TickPeerVariants sqlite_variants() {
    return {variant("WAL FULL, autocheckpoint 16384", {4096, 16384}),
            variant("WAL FULL, the same, 8 KiB pages", {8192, 16384}),
            variant("WAL FULL, default autocheckpoint", {4096, 1000})};
}

}  // namespace perdure::bench
