#include "jobs/new_store.h"

#include <memory>
#include <utility>

#include "base/error.h"
#include "jobs/manifest.h"
#include "store/sqlite/companions.h"
#include "store/sqlite/sqlite_store.h"
#include "world/settings.h"

namespace perdure::jobs {

Result<Contents> write_new_store(io::FileSystem& files, const io::Clock& clock, store::Store& from,
                                 const NewStore& made, const GoOn& go_on) {
    store::SqliteStoreOptions options;
    options.path = made.path;
    options.world = made.world;
    options.base_vfs = files.sqlite_vfs();
    options.pages_max = made.pages_max;
    options.clock = &clock;
    PERDURE_TAKE(auto store, store::SqliteStore::open(options));
    PERDURE_TAKE(Contents contents, copy_tables(from, *store, go_on));
    PERDURE_TAKE(const Contents read_back, walk_tables(*store, [&](Batch&) { return go_on(); }));
    if (read_back != contents) {
        return error(Code::corrupt,
                     "{} holds {} rows with digest {}, and {} with digest {} were written: this "
                     "machine's memory or disk does not keep what it is given; use another one",
                     made.path, read_back.rows, read_back.digest.hex(), contents.rows,
                     contents.digest.hex());
    }
    store.reset();
    PERDURE_TAKE(const bool has_log, files.exists(made.path + "-wal"));
    if (!has_log) {
        const std::string mark = made.path + store::sqlite::mark_ending;  // of the log that is gone
        PERDURE_TAKE(const bool has_mark, files.exists(mark));
        if (has_mark) PERDURE_TRY(files.remove(mark));
        return contents;
    }
    return error(Code::io, "{}-wal is still there: another program has the file open; end it",
                 made.path);
}

Status copy_settings(io::FileSystem& files, const std::string& from, const std::string& to) {
    const std::string path = io::join_path(from, backup_settings_name);
    PERDURE_TAKE(const bool there, files.exists(path));
    if (!there) return {};
    PERDURE_TAKE(const std::string text, io::read_file(files, path, settings_bytes_max));
    return io::replace_file(files, to, std::string(backup_settings_name), as_bytes(text));
}

}  // namespace perdure::jobs
