// ExternalHydration: hands what was stored of external components back to the program, each row
// once, as it was last committed.
//
// Undrained changes may replace or erase what the store has, so it takes three passes and remembers
// ids, never values:
//
//     touched(batch) …      undrained changes: which ids they touch, and which batch does last
//     entities()            the registry has them all already
//     stored(batch) …       the store's rows, but those that were touched
//     undrained(batch) …    the changes again: of each row the last one, unless it erases
//     done(remarks)
//
// Lifetime: within World::open(). The registry is loaded, and connected.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "entities/registry.h"
#include "perdure/batch.h"
#include "perdure/external.h"
#include "perdure/status.h"

namespace perdure::entities {

class ExternalHydration {
public:
    ExternalHydration(Registry& registry, const ExternalCallbacks& callbacks);
    ~ExternalHydration();

    [[nodiscard]] bool is_external(const TableDefinition& table) const {
        return find(table.id) != nullptr;
    }
    void touched(const Batch& batch);
    Status entities();
    Status stored(const Batch& batch);
    Status undrained(const Batch& batch);
    void done(std::vector<std::string>& remarks);

private:
    // Structs of one type, made once and written over for each batch.
    class Structs;
    struct Table {
        ExternalTable* of = nullptr;
        std::unordered_map<std::uint64_t, std::uint64_t> last_touch;  // by id: which batch, from 1
        std::uint64_t batches = 0;                                    // seen in this pass
        std::uint64_t orphans = 0;
        std::uint64_t lowest_orphan = 0;
        std::unique_ptr<Structs> structs;
    };

    [[nodiscard]] const Table* find(TableId id) const;
    [[nodiscard]] Table* find(TableId id);
    template <typename Wanted>
    Status hand_back(Table& table, const Batch& batch, Wanted&& wanted);
    Status flush(Table& table, const Batch& batch, std::uint32_t first, std::uint32_t count);

    Registry& registry_;
    const ExternalCallbacks& callbacks_;
    std::vector<Table> tables_;  // those that are not ephemeral
};

}  // namespace perdure::entities
