#include "jobs/restore.h"

#include <memory>
#include <utility>

#include "base/error.h"
#include "engine/engine.h"
#include "io/posix_file_system.h"
#include "jobs/new_store.h"
#include "jobs/workplace.h"
#include "perdure/backup.h"
#include "store/sqlite/private_copy.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/verify.h"

namespace perdure::jobs {
namespace {

// Of the restored world's first journal file, which holds nothing but its head; more if that needs
// more.
constexpr std::uint64_t first_file_bytes = journal::file_bytes_min;

// A backup that is opened, judged and compared with its manifest.
class BackupReading {
public:
    BackupReading(io::FileSystem& files, const std::string& directory, const Workplace& workplace,
                  const Manifest& manifest)
        : files_(files),
          path_(io::join_path(directory, backup_store_name)),
          workplace_(workplace),
          manifest_(manifest) {}

    // Every page, and that the store is where the manifest says.
    Status open(const io::Clock& clock) {
        PERDURE_TAKE(const bool there, files_.exists(path_));
        if (!there) return error(Code::corrupt, "{} is missing; take another backup", path_);
        PERDURE_TRY(judge_pages());
        PERDURE_TRY(workplace_.empty(workplace_.store_copy()));
        PERDURE_TAKE(copy_, store::sqlite::copy_files(files_, path_, workplace_.store_copy()));
        store::SqliteStoreOptions options;
        options.path = copy_;
        options.world = manifest_.world;
        options.create = false;
        options.base_vfs = files_.sqlite_vfs();
        options.throwaway = true;
        options.clock = &clock;
        PERDURE_TAKE(store_, store::SqliteStore::open(options));
        PERDURE_TAKE(const store::Watermarks marks, store_->watermarks());
        Watermark at = marks.visible;
        at.tick_content = {};  // the manifest does not have it
        if (at == manifest_.at) return {};
        return error(Code::corrupt,
                     "{} is at LSN {} of epoch {}, and the manifest says {} of epoch {}: they do "
                     "not belong together; take another backup",
                     path_, at.lsn, at.epoch, manifest_.at.lsn, manifest_.at.epoch);
    }

    [[nodiscard]] store::Store& store() noexcept { return *store_; }
    // In words about the backup's own file.
    [[nodiscard]] Status of_backup(const Status& status) const {
        return copy_.empty() ? status : store::sqlite::told_of_original(status, copy_, path_);
    }

private:
    Status judge_pages() {
        PERDURE_TAKE(const store::sqlite::StoreReport report,
                     store::sqlite::verify_store(files_, path_, workplace_.store_copy()));
        if (report.sound()) return {};
        const store::sqlite::Damage& first = report.damages.front();
        const std::string where =
            first.page == 0
                ? first.file
                : text::format("{}, page {} at offset {}", first.file, first.page, first.offset);
        return error(Code::corrupt, "{}: {} ({} findings); take another backup", where, first.what,
                     report.damage_count);
    }

    io::FileSystem& files_;
    const std::string path_;
    const Workplace& workplace_;
    const Manifest& manifest_;
    std::string copy_;
    std::unique_ptr<store::SqliteStore> store_;
};

Status compare(const Contents& found, const Manifest& manifest, const std::string& directory) {
    if (found == manifest.contents) return {};
    for (const auto& [table, rows] : manifest.contents.tables) {
        const auto at = found.tables.find(table);
        const std::uint64_t there = at == found.tables.end() ? 0 : at->second;
        if (there == rows) continue;
        return error(Code::corrupt,
                     "{}: table {} has {} rows, and the manifest says {}; take another backup",
                     directory, table, there, rows);
    }
    return error(Code::corrupt,
                 "{}: the digest of its rows is {}, and the manifest says {}; take another backup",
                 directory, found.digest.hex(), manifest.contents.digest.hex());
}

// An owner's first opening: an empty journal beside a store that is ahead is taken over on purpose,
// so that nobody after this has to.
Status take_over(io::FileSystem& files, const io::Clock& clock, const std::string& directory) {
    engine::EngineOptions options;
    options.journal.file_bytes = first_file_bytes;
    options.create = false;
    options.take_over = true;
    options.files = &files;
    options.clock = &clock;
    options.open_store = [&](const engine::WorldDirectory& place,
                             const Uuid& world) -> Result<std::unique_ptr<store::Store>> {
        store::SqliteStoreOptions of_store;
        of_store.path = place.store();
        of_store.world = world;
        of_store.create = false;
        of_store.base_vfs = files.sqlite_vfs();
        of_store.clock = &clock;
        PERDURE_TAKE(auto store, store::SqliteStore::open(of_store));
        return std::unique_ptr<store::Store>(std::move(store));
    };
    PERDURE_TAKE(const auto engine, engine::Engine::open(directory, std::move(options)));
    return engine->close();
}

// The store of the new world; the backup's copy is closed again afterwards.
Status write_restored_store(io::FileSystem& files, const io::Clock& clock,
                            const std::string& directory, const Workplace& workplace,
                            const NewStore& made, const Manifest& manifest, const GoOn& go_on) {
    BackupReading reading(files, directory, workplace, manifest);
    if (Status opened = reading.open(clock); !opened.ok()) return reading.of_backup(opened);
    const auto contents = write_new_store(files, clock, reading.store(), made, go_on);
    if (!contents) return reading.of_backup(contents.status());
    return compare(*contents, manifest, directory);
}

}  // namespace

Result<Restored> restore(io::FileSystem& files, const io::Clock& clock,
                         const std::string& directory, const std::string& target,
                         const RestoreOptions& options) {
    Restored restored;
    PERDURE_TAKE(restored.manifest, read_manifest(files, directory));
    restored.world = options.as_new ? engine::random_uuid() : restored.manifest.world;
    PERDURE_TAKE(const auto workplace, Workplace::open(files, clock, target));
    engine::WorldDirectory place(files, workplace->built());
    PERDURE_TRY(copy_settings(files, directory, place.path()));
    PERDURE_TRY(place.create(restored.world, clock).status());
    const NewStore made{place.store(), restored.world, options.pages_max};
    PERDURE_TRY(write_restored_store(files, clock, directory, *workplace, made, restored.manifest,
                                     options.go_on));
    PERDURE_TRY(take_over(files, clock, place.path()));
    PERDURE_TRY(workplace->finish());
    return restored;
}

}  // namespace perdure::jobs

namespace perdure {

Result<BackupReport> restore_world(const std::string& backup, const std::string& target,
                                   bool as_new) {
    io::PosixFileSystem files;
    const io::SystemClock clock;
    PERDURE_TAKE(const jobs::Restored restored,
                 jobs::restore(files, clock, backup, target, {.as_new = as_new}));
    BackupReport report = jobs::report_of(restored.manifest);
    report.world = to_text(restored.world);
    return report;
}

}  // namespace perdure
