// Handles: what the C interface's opaque pointers point at. A world counts what came out of it and
// needs it, so that it is not closed underneath.
//
// Thread rule: as the classes inside; the counts from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "perdure/batch.h"
#include "perdure/c.h"
#include "perdure/schema.h"
#include "perdure/snapshot.h"
#include "perdure/token.h"
#include "perdure/transaction.h"
#include "perdure/world.h"

// The names are the C interface's.
// NOLINTBEGIN(readability-identifier-naming)

struct perdure_schema {
    perdure::Schema schema;
};

struct perdure_transaction {
    perdure_world* world = nullptr;
    perdure::Transaction* changes = nullptr;    // its own, or the world's tick
    std::optional<perdure::Transaction> own{};  // none: the tick
};

struct perdure_token {
    perdure::Token token;
};

struct perdure_world {
    std::unique_ptr<perdure::World> world;
    perdure_transaction tick;
    std::atomic<std::uint32_t> transactions{0};
    std::atomic<std::uint32_t> snapshots{0};
    std::atomic<std::uint32_t> batches{0};
};

struct perdure_snapshot {
    perdure_world* world;
    perdure::Snapshot snapshot;
};

struct perdure_batch {
    perdure_world* world;
    perdure::Batch batch;
};

// NOLINTEND(readability-identifier-naming)

namespace perdure::c {

// A batch of the world's, for the caller to free.
inline perdure_batch* give_out(perdure_world& world, Batch batch) {
    world.batches.fetch_add(1);
    return new perdure_batch{&world, std::move(batch)};
}

inline perdure_token* give_out(Token token) { return new perdure_token{std::move(token)}; }

// `not_found` if the world has none of that name.
Result<const TableDefinition*> find_table(const perdure_world& world, const char* name);
// What a commit was asked for.
Status read_commit_options(const perdure_commit_options* given, CommitOptions& options);

}  // namespace perdure::c
