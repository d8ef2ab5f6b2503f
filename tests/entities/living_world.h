// LivingWorld: a registry as the world layer keeps it, with plain maps for journal and store.
//
//     LivingWorld world;
//     auto ana = world.create();
//     world->set(ana, Position{1, 2, 3});
//     world.commit();
//     world.crash();                         // what was not committed is gone
//     EXPECT_EQ(*world->get<Position>(ana), (Position{1, 2, 3}));
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "entities/components.h"
#include "entities/registry.h"
#include "entities/stored_tables.h"
#include "perdure/relations.h"

namespace perdure::entities {

inline constexpr std::uint32_t mood_interval_ms = 1000;

inline Schema full_schema() {
    Schema schema;
    schema.category({.name = "fleeting", .durability = Level::ephemeral})
        .category({.name = "slow", .durability = Level::relaxed, .interval_ms = mood_interval_ms})
        .component<Position>({.position = true})
        .component<Velocity>()
        .component<Health>()
        .component<Inventory>()
        .component<Name>()
        .component<Frozen>()
        .component<Mood>({.category = "slow"})
        .component<Glow>({.category = "fleeting"});
    return schema;
}

class LivingWorld {
public:
    explicit LivingWorld(Schema schema = full_schema()) { begin_life(std::move(schema)); }

    Entities* operator->() { return &*entities_; }
    Entities& entities() { return *entities_; }
    Relations& relations() { return *relations_; }
    Registry& registry() { return *registry_; }

    Entity create(EntityKind kind = EntityKind::plain, Entity parent = no_entity) {
        return entities_->create(kind, parent);
    }
    std::vector<Entity> create_many(std::size_t count) {
        std::vector<Entity> made;
        for (std::size_t at = 0; at < count; ++at) made.push_back(create());
        return made;
    }

    // What the next commit would carry, without anything happening.
    ChangeSet capture(bool everything = false) {
        ChangeSet changes;
        const Status status = registry_->capture(changes, now_ms, everything, pool_);
        EXPECT_TRUE(status.ok()) << status.text();
        return changes;
    }
    // One tick; returns what it carried.
    ChangeSet commit(bool everything = false) {
        ChangeSet changes = capture(everything);
        registry_->captured();
        stored.apply(changes);
        if (tells_durable && registry_->reservation_under_way() != 0) {
            registry_->reservation_durable(registry_->reservation_under_way());
        }
        return changes;
    }
    // The process dies and starts again with what is stored.
    void crash(Schema schema = full_schema()) {
        for (const char* ephemeral : {"Glow", "Sees"}) stored.drop(ephemeral);
        begin_life(std::move(schema));
    }

    StoredTables stored;
    std::vector<std::string> remarks;  // of the last start
    std::uint64_t now_ms = 1'000'000;
    std::size_t reservations = 0;  // that could not wait for a commit
    bool accepts_reservations = true;
    bool tells_durable = true;  // the registry learns when a commit is durable
    Catalog catalog;

private:
    void begin_life(Schema schema) {
        auto made = Registry::make(schema);
        ASSERT_TRUE(made.ok()) << made.status().text();
        registry_ = std::move(*made);
        entities_.emplace(*registry_);
        relations_.emplace(*registry_);
        for (const TableDefinition& wanted : registry_->definitions()) declare(wanted);
        const auto bound = registry_->bind(catalog, [](std::string_view name) {
            const Schema declared = full_schema();
            for (const Category& category : declared.categories()) {
                if (category.name == name) return category;
            }
            return Category{};
        });
        ASSERT_TRUE(bound.ok()) << bound.text();
        registry_->reserve_now = [this](const Batch& batch) {
            ++reservations;
            if (!accepts_reservations) return Status(Code::busy, "the journal is full");
            stored.apply(batch);
            return Status();
        };
        remarks.clear();
        load_status = Status();
        for (const Batch& batch : stored.scan(1500)) {
            if (load_status.ok()) load_status = registry_->load(batch);
        }
        if (load_status.ok()) load_status = registry_->loaded(remarks);
    }

    void declare(const TableDefinition& wanted) {
        auto evolved = catalog.evolve(wanted);
        ASSERT_TRUE(evolved.ok()) << evolved.status().text();
        if (!*evolved) return;
        const Status added = catalog.add(**evolved);
        ASSERT_TRUE(added.ok()) << added.text();
    }

public:
    Status load_status;

private:
    BlockPool pool_{std::size_t{64} << 20};
    std::unique_ptr<Registry> registry_;
    std::optional<Entities> entities_;
    std::optional<Relations> relations_;
};

// The batch of a table and operation in a change set; nullptr if there is none.
inline const Batch* find_batch(const ChangeSet& changes, std::string_view table,
                               Operation operation) {
    for (const auto* batches : {&changes.batches, &changes.ephemeral}) {
        for (const Batch& batch : *batches) {
            if (batch.table().name == table && batch.operation() == operation) return &batch;
        }
    }
    return nullptr;
}

// The ids in it, ascending.
inline std::vector<std::uint64_t> ids_in(const ChangeSet& changes, std::string_view table,
                                         Operation operation) {
    std::vector<std::uint64_t> ids;
    const Batch* batch = find_batch(changes, table, operation);
    for (std::uint32_t row = 0; batch != nullptr && row < batch->rows(); ++row) {
        ids.push_back(batch->fixed<std::uint64_t>(0, row));
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}
inline std::vector<std::uint64_t> upserts(const ChangeSet& changes, std::string_view table) {
    return ids_in(changes, table, Operation::upsert);
}
inline std::vector<std::uint64_t> erases(const ChangeSet& changes, std::string_view table) {
    return ids_in(changes, table, Operation::erase);
}

using Ids = std::vector<std::uint64_t>;

}  // namespace perdure::entities
