#include "perdure/world.h"

#include <cstring>
#include <string>
#include <utility>

#include "base/error.h"
#include "c/answer.h"
#include "c/handles.h"
#include "c/sized.h"
#include "c/tables.h"

using perdure::Code;
using perdure::Health;
using perdure::Level;
using perdure::RecoveryReport;
using perdure::Schema;
using perdure::Status;
using perdure::World;
using perdure::WorldOptions;
using perdure::c::answer;
using perdure::c::clear;
using perdure::c::give;
using perdure::c::need;

namespace perdure::c {
namespace {

template <typename T>
void set_unless_zero(T given, T& option) noexcept {
    if (given != 0) option = given;
}

Status read_world_options(const perdure_world_options* given, WorldOptions& options) {
    perdure_world_options asked;
    PERDURE_TRY(take_options(given, "perdure_world_options", asked));
    PERDURE_TRY(check_flags(asked.flags, PERDURE_MUST_EXIST | PERDURE_TAKE_OVER, "world flags"));
    PERDURE_TRY(check_number(asked.reserved, 0, "reserved field"));
    options.create = (asked.flags & PERDURE_MUST_EXIST) == 0;
    options.take_over = (asked.flags & PERDURE_TAKE_OVER) != 0;
    set_unless_zero(asked.journal_bytes_max, options.journal_bytes_max);
    set_unless_zero(asked.journal_file_bytes, options.journal_file_bytes);
    set_unless_zero(asked.journal_first_file_bytes, options.journal_first_file_bytes);
    set_unless_zero(asked.pending_bytes_max, options.pending_bytes_max);
    set_unless_zero(asked.index_bytes_max, options.index_bytes_max);
    set_unless_zero(asked.drain_bytes, options.drain_bytes);
    set_unless_zero(asked.drain_interval_ms, options.drain_interval_ms);
    set_unless_zero(asked.journal_files_ahead, options.journal_files_ahead);
    set_unless_zero(asked.attest_idle_ms, options.attest_idle_ms);
    if (asked.log != nullptr) {
        options.log = [log = asked.log, context = asked.log_context](std::string_view line) {
            log(context, std::string(line).c_str());
        };
    }
    return {};
}

// What came out of the world and is not freed yet.
Status check_nothing_is_open(const perdure_world& world) {
    const std::uint32_t transactions = world.transactions.load();
    const std::uint32_t snapshots = world.snapshots.load();
    const std::uint32_t batches = world.batches.load();
    if (transactions == 0 && snapshots == 0 && batches == 0) return {};
    return error(Code::conflict,
                 "the world is still needed by {} transactions, {} snapshots and {} batches; free "
                 "them first",
                 transactions, snapshots, batches);
}

}  // namespace

Status read_commit_options(const perdure_commit_options* given, CommitOptions& options) {
    perdure_commit_options asked;
    PERDURE_TRY(take_options(given, "perdure_commit_options", asked));
    PERDURE_TRY(check_number(asked.level, PERDURE_STORED, "level"));
    PERDURE_TRY(check_number(asked.wait, 1, "wait"));
    PERDURE_TRY(check_number(asked.reserved, 0, "reserved field"));
    // Raising to the weakest is raising nothing.
    if (asked.level != PERDURE_EPHEMERAL) options.level = static_cast<Level>(asked.level);
    if (asked.tick != 0) options.tick = asked.tick;
    options.wait = asked.wait != 0;
    return {};
}

}  // namespace perdure::c

perdure_code perdure_world_open(const char* directory, const perdure_schema* schema,
                                const perdure_world_options* options, perdure_world** world,
                                perdure_error* error) {
    clear(world);
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(directory, "the directory"));
        PERDURE_TRY(need(schema, "the schema"));
        PERDURE_TRY(need(world, "where the world goes"));
        WorldOptions asked;
        PERDURE_TRY(perdure::c::read_world_options(options, asked));
        PERDURE_TAKE(auto opened, World::open(directory, schema->schema, std::move(asked)));
        auto made = std::make_unique<perdure_world>();
        made->world = std::move(opened);
        made->tick.world = made.get();
        made->tick.changes = &made->world->tick();
        *world = made.release();
        return {};
    });
}

perdure_code perdure_world_close(perdure_world* world, perdure_error* error) {
    return answer(error, [&]() -> Status {
        if (world == nullptr) return {};
        PERDURE_TRY(perdure::c::check_nothing_is_open(*world));
        Status closed = world->world->close();
        delete world;
        // Here `conflict` says that it is still open, and it is not: the store's own is another.
        if (closed.code() != Code::conflict) return closed;
        return perdure::error(Code::io, "{}", closed.message());
    });
}

perdure_code perdure_world_recovery(const perdure_world* world, perdure_recovery* recovery,
                                    perdure_error* error) {
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(world, "the world"));
        const RecoveryReport& report = world->world->recovery();
        perdure_recovery own{};
        own.created = report.created ? 1 : 0;
        own.clean = report.clean ? 1 : 0;
        own.remarks = static_cast<std::uint32_t>(report.remarks.size());
        own.replayed_changes = report.replayed_changes;
        own.replayed_bytes = report.replayed_bytes;
        own.torn_bytes = report.torn_bytes;
        own.entities = report.entities;
        own.seconds = report.seconds;
        return give(own, "perdure_recovery", recovery);
    });
}

const char* perdure_world_remark(const perdure_world* world, uint32_t index) {
    if (world == nullptr || index >= world->world->recovery().remarks.size()) return nullptr;
    return world->world->recovery().remarks[index].c_str();
}

perdure_code perdure_world_health(const perdure_world* world, perdure_health* health,
                                  perdure_error* error) {
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(world, "the world"));
        const Health now = world->world->health();
        perdure_health own{};
        own.trouble = static_cast<perdure_code>(now.trouble.code());
        own.read_only = now.read_only ? 1 : 0;
        own.has_tick = now.tick ? 1 : 0;
        own.tick = now.tick.value_or(0);
        own.epoch = now.epoch;
        own.accepted_lsn = now.accepted_lsn;
        own.durable_lsn = now.durable_lsn;
        own.stored_lsn = now.stored_lsn;
        own.safe_lsn = now.safe_lsn;
        own.pending_changes = now.pending_changes;
        own.pending_bytes = now.pending_bytes;
        own.index_bytes = now.index_bytes;
        own.journal_bytes = now.journal_bytes;
        own.journal_files = now.journal_files;
        own.store_bytes = now.store_bytes;
        own.refused_busy = now.refused_busy;
        own.drains = now.drains;
        own.rows_drained = now.rows_drained;
        own.flush_us_last = now.flush_us_last;
        return give(own, "perdure_health", health);
    });
}

perdure_code perdure_world_trouble(const perdure_world* world, perdure_error* error) {
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(world, "the world"));
        return world->world->health().trouble;
    });
}

perdure_code perdure_world_digest(perdure_world* world, char digest[33], perdure_error* error) {
    if (digest != nullptr) digest[0] = '\0';
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(world, "the world"));
        PERDURE_TRY(need(digest, "where the digest goes"));
        PERDURE_TAKE(const std::string hex, world->world->digest());
        std::memcpy(digest, hex.c_str(), hex.size() + 1);
        return {};
    });
}

perdure_code perdure_world_declare(perdure_world* world, const perdure_table* table,
                                   perdure_error* error) {
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(world, "the world"));
        Schema one;
        PERDURE_TRY(perdure::c::read_table(table, one));
        return world->world->declare(one.tables().front());
    });
}

perdure_transaction* perdure_world_tick(perdure_world* world) {
    return world == nullptr ? nullptr : &world->tick;
}

uint64_t perdure_world_next_tick(const perdure_world* world) {
    return world == nullptr ? 0 : world->world->next_tick();
}

perdure_code perdure_world_commit(perdure_world* world, const perdure_commit_options* options,
                                  perdure_token** token, perdure_error* error) {
    clear(token);
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(world, "the world"));
        perdure::CommitOptions asked;
        PERDURE_TRY(perdure::c::read_commit_options(options, asked));
        PERDURE_TAKE(perdure::Token saved, world->world->commit(asked));
        if (token != nullptr) *token = perdure::c::give_out(std::move(saved));
        return {};
    });
}

uint64_t perdure_world_poll(perdure_world* world) {
    return perdure::c::give(
        [&]() -> uint64_t { return world == nullptr ? 0 : world->world->poll(); });
}
