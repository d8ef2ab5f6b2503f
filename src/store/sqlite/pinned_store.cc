#include "store/sqlite/pinned_store.h"

#include <sqlite3.h>

#include "base/assert.h"
#include "base/error.h"
#include "store/sqlite/store_file.h"

namespace perdure::store::sqlite {
namespace {

constexpr int pages_per_step = 2048;  // 8 MiB: some 10 ms

struct FinishCopy {
    void operator()(sqlite3_backup* copy) const noexcept { sqlite3_backup_finish(copy); }
};

}  // namespace

Result<PinnedStore> PinnedStore::open(const io::FileSystem& files, const std::string& path) {
    PinnedStore pinned;
    PERDURE_TAKE(pinned.vfs_, ChecksumVfs::make(files.sqlite_vfs()));
    PERDURE_TAKE(pinned.source_, Connection::open({.path = path, .vfs = pinned.vfs_->name()}));
    PERDURE_TRY(pinned.read());
    return pinned;
}

Status PinnedStore::read() {
    PERDURE_ASSERT(!source_.is_in_transaction());
    PERDURE_TRY(source_.run("BEGIN"));
    // The first read takes the moment.
    PERDURE_TAKE(const std::int64_t things, source_.number("SELECT count(*) FROM sqlite_schema"));
    if (things == 0) {
        return error(Code::not_found, "{}: its owner has only just begun it; try again in a moment",
                     source_.path());
    }
    PERDURE_TRY(check_file(source_));
    PERDURE_TAKE(Statement world, source_.prepare(select_world_row()));
    PERDURE_TAKE(row_, read_world_row(world));
    return read_definitions(
        source_, [this](const TableDefinition& definition) { definitions_.push_back(definition); });
}

Status PinnedStore::copy_to(const std::string& path, const std::function<Status()>& go_on) {
    PERDURE_ASSERT(source_.is_in_transaction());
    PERDURE_TAKE(
        Connection target,
        Connection::open({.path = path, .vfs = vfs_->name(), .write = true, .create = true}));
    // What is left of it after a crash is thrown away.
    PERDURE_TRY(target.run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF"));
    const std::unique_ptr<sqlite3_backup, FinishCopy> copy(
        sqlite3_backup_init(target.handle(), "main", source_.handle(), "main"));
    if (copy == nullptr) return target.failure(sqlite3_errcode(target.handle()), "copying");
    for (;;) {
        PERDURE_TRY(go_on());
        // Within the transaction that is open: every step copies from the same moment.
        const int stepped = sqlite3_backup_step(copy.get(), pages_per_step);
        PERDURE_ASSERT(source_.is_in_transaction());
        if (stepped == SQLITE_DONE) {
            PERDURE_ASSERT(sqlite3_backup_remaining(copy.get()) == 0);
            return {};
        }
        // Neither connection knows of it; a bad page of the source says itself where it is.
        if (stepped == SQLITE_IOERR_DATA) return failure_of(nullptr, stepped, "copying");
        if (stepped != SQLITE_OK) return target.failure(stepped, "copying " + source_.path());
    }
}

}  // namespace perdure::store::sqlite
