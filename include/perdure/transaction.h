// Transaction: staged changes to user tables that one commit makes atomic. world.tick() is one too,
// the one that ends with World::commit().
//
//     auto transaction = world.begin();
//     transaction.put("profiles", {{"name", "ana"}, {"level", 8}},
//                     perdure::if_equal({{"level", 7}}));
//     transaction.append("events", {{"at", 5}, {"what", "levelled"}});
//     auto saved = transaction.commit({.wait = true});
//
// Every staging call checks names, types and ranges at once and stages nothing if it refuses:
// `not_found` (no such table or column), `invalid` (a cell that does not fit; an append-only table
// and put or erase, a component's table). Conditions of a transaction are judged at its commit
// (`conflict`); those of a tick when they are staged, and they reserve their keys until the tick is
// committed: others get `conflict`. A tick's condition on a key that is neither pending nor
// prefetched answers `not_loaded`.
//
// Thread rule: one thread at a time; many transactions beside one another. Must end before the
// world.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "perdure/batch.h"
#include "perdure/component.h"
#include "perdure/status.h"
#include "perdure/token.h"
#include "perdure/value.h"

namespace perdure {

namespace engine {
class Engine;
class Staging;
}  // namespace engine

// What must hold of the row that is there for a change to go through.
struct Condition {
    enum class Kind : std::uint8_t { none, absent, present, equal };
    Kind kind = Kind::none;
    Row cells;  // of `equal`: the row is there and these cells are just so
};
[[nodiscard]] inline Condition if_absent() { return {Condition::Kind::absent, {}}; }  // create-only
[[nodiscard]] inline Condition if_present() { return {Condition::Kind::present, {}}; }
[[nodiscard]] inline Condition if_equal(Row cells) {  // compare-and-set
    return {Condition::Kind::equal, std::move(cells)};
}

class Transaction {
public:
    explicit Transaction(std::unique_ptr<engine::Staging> staging);
    Transaction(Transaction&&) noexcept;
    Transaction& operator=(Transaction&&) noexcept;
    ~Transaction();  // uncommitted: nothing happened

    // Replaces or creates the row with the key in `row`; columns not named take their default.
    // `not_found`, `invalid`, `conflict`, `not_loaded`: see above.
    Status put(std::string_view table, std::span<const Cell> row, const Condition& condition = {});
    Status put(std::string_view table, std::initializer_list<Cell> row,
               const Condition& condition = {}) {
        return put(table, std::span(row.begin(), row.size()), condition);
    }
    // Removes the row with this key, if it is there. `not_found`, `invalid`, `conflict`,
    // `not_loaded`: see above.
    Status erase(std::string_view table, std::span<const Cell> key,
                 const Condition& condition = {});
    Status erase(std::string_view table, std::initializer_list<Cell> key,
                 const Condition& condition = {}) {
        return erase(table, std::span(key.begin(), key.size()), condition);
    }
    // Adds a row to an append-only table. `not_found`, `invalid`; `conflict`: the key is appended
    // already.
    Status append(std::string_view table, std::span<const Cell> row);
    Status append(std::string_view table, std::initializer_list<Cell> row) {
        return append(table, std::span(row.begin(), row.size()));
    }
    // Many rows at once: structs declared with PERDURE_COMPONENT whose fields are the table's
    // columns. `not_found`, `invalid`: see above; none is staged then.
    template <Component T>
    Status put_rows(std::string_view table, std::span<const T> rows) {
        return put_structs(table, struct_shape<T>(), std::as_bytes(rows), sizeof(T));
    }
    // What a row will be once this is committed: staged changes first, then the newest accepted,
    // then the store. `not_found`, `invalid`: see above; `corrupt`, `io`: the store cannot be read.
    Result<std::optional<Batch>> find(std::string_view table, std::span<const Cell> key);
    // Ticks only: reads keys from the store, so that conditions on them can be judged. Blocks; not
    // for the tick thread in the middle of a tick. `not_found`; `invalid`: also in a transaction
    // that is no tick; `corrupt`, `io`: the store cannot be read.
    Status prefetch(std::string_view table, std::span<const Row> keys);

    // All of it or nothing. `conflict`, `busy`, `read_only`, `refused`, `no_space`: nothing done,
    // and it may be committed again; `invalid`: nothing is staged, this is world.tick(), or options
    // name a tick; `unknown` only if options.wait. After ok the transaction is empty and may be
    // used again.
    Result<Token> commit(const CommitOptions& options = {});

    [[nodiscard]] engine::Staging& staging() noexcept { return *staging_; }

private:
    Status put_structs(std::string_view table, const StructShape& shape,
                       std::span<const std::byte> rows, std::size_t stride);

    std::unique_ptr<engine::Staging> staging_;
};

}  // namespace perdure
