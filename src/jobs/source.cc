#include "jobs/source.h"

#include <utility>

#include "base/error.h"
#include "base/seeded_bug.h"
#include "jobs/replay.h"
#include "journal/private_copy.h"
#include "journal/recovery.h"
#include "model/catalog.h"
#include "store/sqlite/pinned_store.h"
#include "store/sqlite/private_copy.h"

namespace perdure::jobs {
namespace {

// Beside an owner, files come and go while they are copied. What is wrong at rest is wrong each
// time.
constexpr int journal_looks_max = 8;

}  // namespace

Result<Source> Source::take(io::FileSystem& files, const io::Clock& clock,
                            const std::string& directory, const Workplace& workplace,
                            const GoOn& go_on) {
    Source source(files, directory, workplace);
    PERDURE_TAKE(const engine::Identity identity, source.place_.read_identity());
    source.world_ = identity.world;
    PERDURE_TAKE(const bool has_store, files.exists(source.place_.store()));
    if (!has_store) {
        return error(Code::not_found,
                     "{}: there is no store.sqlite: nobody has opened this world yet, or it keeps "
                     "its store elsewhere",
                     directory);
    }
    if (const Status copied = source.copy(clock, go_on); !copied.ok()) {
        return source.of_world(copied);
    }
    return source;
}

Status Source::of_world(const Status& status) const {
    using store::sqlite::told_of_original;
    const Status told = told_of_original(status, workplace_.journal_copy(), place_.journal());
    return copy_.empty() ? told : told_of_original(told, copy_, place_.store());
}

Status Source::copy(const io::Clock& clock, const GoOn& go_on) {
    const std::uint64_t began_ns = clock.monotonic_ns();
    {
        engine::WorldDirectory owned(files_, place_.path());
        Status locked = owned.lock(clock);
        if (!locked.ok() && locked.code() != Code::locked) return locked;
        had_owner_ = !locked.ok();
        copy_ = io::join_path(workplace_.store_copy(), "store.sqlite");
        PERDURE_TRY(had_owner_ ? copy_beside_owner(go_on) : copy_at_rest(clock));
    }
    held_seconds_ = static_cast<double>(clock.monotonic_ns() - began_ns) / 1e9;
    return store_ ? Status() : open_copy(clock);
}

Status Source::check_world(const Uuid& found) const {
    if (found == world_) return {};
    return error(Code::conflict, "{} belongs to world {}, not to {}; put back the right file",
                 place_.store(), to_text(found), to_text(world_));
}

Status Source::copy_at_rest(const io::Clock& clock) {
    PERDURE_TRY(
        store::sqlite::copy_files(files_, place_.store(), workplace_.store_copy()).status());
    PERDURE_TRY(open_copy(clock));
    PERDURE_TAKE(const store::Watermarks marks, store_->watermarks());
    PERDURE_TAKE(const auto definitions, store_->definitions());
    return copy_journal(marks.visible, definitions);
}

// The journal first: the backup is of the moment at which it was asked for, and what the owner
// writes meanwhile need not be read.
Status Source::copy_beside_owner(const GoOn& go_on) {
    PERDURE_TAKE(auto pinned, store::sqlite::PinnedStore::open(files_, place_.store()));
    PERDURE_TRY(check_world(pinned.row().world));
    PERDURE_TRY(copy_journal(pinned.row().watermark, pinned.definitions()));
    return pinned.copy_to(copy_, go_on);
}

// Copied again and again until recovery would take it.
Status Source::copy_journal(const Watermark& from,
                            const std::vector<TableDefinition>& definitions) {
    const std::string& copy = workplace_.journal_copy();
    for (int look = 1;; ++look) {
        PERDURE_TRY(workplace_.empty(copy));
        Status found =
            journal::copy_after(files_, place_.journal(), world_, from.lsn, copy).status();
        if (found.ok()) found = judge_journal(from, definitions);
        const bool may_mend = found.code() == Code::corrupt || found.code() == Code::busy;
        if (!may_mend || !had_owner_ || look == journal_looks_max) return found;
    }
}

Status Source::judge_journal(const Watermark& from,
                             const std::vector<TableDefinition>& definitions) const {
    Catalog catalog;
    for (const TableDefinition& definition : definitions) PERDURE_TRY(catalog.add(definition));
    const auto found = journal::recover(
        files_, workplace_.journal_copy(), world_, from, catalog,
        [](journal::GroupFound&&) { return Status(); }, journal::Access::onlooker);
    PERDURE_TRY(found.status());
    if (!found->empty || from.lsn == 0) return {};
    return error(Code::corrupt,
                 "{}: the journal is empty but the store is at change set {}: the journal was "
                 "removed, and what only it held would be missing; bring it back, or open the "
                 "world with WorldOptions::take_over first",
                 place_.journal(), from.lsn);
}

Status Source::open_copy(const io::Clock& clock) {
    store::SqliteStoreOptions options;
    options.path = copy_;
    options.world = world_;
    options.create = false;
    options.base_vfs = files_.sqlite_vfs();
    options.throwaway = true;
    options.clock = &clock;
    PERDURE_TAKE(store_, store::SqliteStore::open(options));
    return {};
}

Status Source::catch_up() {
    const Status replayed = replay_journal();
    return replayed.ok() ? workplace_.empty(workplace_.journal_copy()) : of_world(replayed);
}

Status Source::replay_journal() {
    PERDURE_TAKE(Replay replay, Replay::begin(*store_));
    PERDURE_TAKE(const store::Watermarks marks, store_->watermarks());
    Catalog catalog;
    PERDURE_TAKE(const auto definitions, store_->definitions());
    for (const TableDefinition& definition : definitions) PERDURE_TRY(catalog.add(definition));
    const auto visit = [&](journal::GroupFound&& group) -> Status {
        if (seeded_bug("jobs: a backup has only what the store has")) return {};
        return group.changes.empty() ? Status() : replay.take(std::move(group));
    };
    PERDURE_TRY(journal::recover(files_, workplace_.journal_copy(), world_, marks.visible, catalog,
                                 visit, journal::Access::onlooker)
                    .status());
    return replay.finish();
}

}  // namespace perdure::jobs
