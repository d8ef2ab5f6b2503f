#include "jobs/backup.h"

#include <memory>
#include <utility>

#include "base/error.h"
#include "engine/world_directory.h"
#include "io/posix_file_system.h"
#include "jobs/new_store.h"
#include "jobs/source.h"
#include "jobs/workplace.h"
#include "perdure/backup.h"

namespace perdure::jobs {

namespace {

// The store and what is known of it; the copies of the world are closed again afterwards.
Result<BackupTaken> write_backup_store(io::FileSystem& files, const io::Clock& clock,
                                       const std::string& directory, const Workplace& workplace,
                                       const BackupOptions& options) {
    BackupTaken taken;
    taken.manifest.taken_us = clock.wall_us();
    PERDURE_TAKE(Source source, Source::take(files, clock, directory, workplace, options.go_on));
    if (options.when_free) options.when_free();
    PERDURE_TRY(source.catch_up());
    taken.manifest.world = source.world();
    taken.had_owner = source.had_owner();
    taken.held_seconds = source.held_seconds();
    PERDURE_TAKE(const store::Watermarks marks, source.store().watermarks());
    taken.manifest.at = marks.visible;

    const NewStore made{io::join_path(workplace.built(), backup_store_name), source.world(),
                        options.pages_max};
    auto contents = write_new_store(files, clock, source.store(), made, options.go_on);
    if (!contents) return source.of_world(contents.status());
    taken.manifest.contents = *std::move(contents);
    PERDURE_TAKE(const auto file, files.open(made.path, {}));
    PERDURE_TAKE(taken.bytes, file->size());
    return taken;
}

}  // namespace

Result<BackupTaken> backup(io::FileSystem& files, const io::Clock& clock,
                           const std::string& directory, const std::string& target,
                           const BackupOptions& options) {
    const engine::WorldDirectory place(files, directory);
    PERDURE_TRY(place.read_identity().status());  // before anything is made
    PERDURE_TAKE(const auto workplace, Workplace::open(files, clock, target));
    PERDURE_TAKE(BackupTaken taken,
                 write_backup_store(files, clock, directory, *workplace, options));
    PERDURE_TRY(copy_settings(files, directory, workplace->built()));
    PERDURE_TRY(io::replace_file(files, workplace->built(), std::string(manifest_name),
                                 as_bytes(encode_manifest(taken.manifest))));
    PERDURE_TRY(workplace->finish());
    return taken;
}

}  // namespace perdure::jobs

namespace perdure {

Result<BackupReport> back_up_world(const std::string& directory, const std::string& target) {
    io::PosixFileSystem files;
    const io::SystemClock clock;
    PERDURE_TAKE(const jobs::BackupTaken taken, jobs::backup(files, clock, directory, target));
    return jobs::report_of(taken.manifest);
}

}  // namespace perdure
