// Source: a world as it was at one moment, as a private copy of its store that is brought up to
// that moment from a private copy of its journal.
//
//     PERDURE_TAKE(Source source, Source::take(…));   // the world is held
//     PERDURE_TRY(source.catch_up());                 // and no longer
//
// A running owner is held up in nothing but this: while pages are copied, its checkpoints do not
// complete and its journal is not trimmed. What takes long, reading and writing rows, is done on
// the copy.
//
// Thread rule: one thread; in the owner's process too.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/world_directory.h"
#include "io/clock.h"
#include "io/file_system.h"
#include "jobs/table_walk.h"
#include "jobs/workplace.h"
#include "model/change_set.h"
#include "perdure/value.h"
#include "store/sqlite/sqlite_store.h"

namespace perdure::jobs {

class Source {
public:
    // A world at rest is copied under its lock, one that somebody has beside him. `not_found`: no
    // world, or no store yet; `corrupt` names the place, in the world's own files.
    static Result<Source> take(io::FileSystem& files, const io::Clock& clock,
                               const std::string& directory, const Workplace& workplace,
                               const GoOn& go_on);

    // The world is free now. Brings the copy up to the moment at which it was taken.
    Status catch_up();

    // After catch_up(): the world at that moment.
    [[nodiscard]] store::Store& store() noexcept { return *store_; }
    [[nodiscard]] const Uuid& world() const noexcept { return world_; }
    [[nodiscard]] bool had_owner() const noexcept { return had_owner_; }
    // How long the world's lock, or its owner's checkpoints, were held.
    [[nodiscard]] double held_seconds() const noexcept { return held_seconds_; }
    // In words about the world's own files: the copies are gone when somebody reads them.
    [[nodiscard]] Status of_world(const Status& status) const;

private:
    Source(io::FileSystem& files, const std::string& directory, const Workplace& workplace)
        : files_(files), place_(files, directory), workplace_(workplace) {}

    Status copy(const io::Clock& clock, const GoOn& go_on);
    Status copy_at_rest(const io::Clock& clock);
    Status copy_beside_owner(const GoOn& go_on);
    Status check_world(const Uuid& found) const;
    Status open_copy(const io::Clock& clock);
    Status copy_journal(const Watermark& from, const std::vector<TableDefinition>& definitions);
    [[nodiscard]] Status judge_journal(const Watermark& from,
                                       const std::vector<TableDefinition>& definitions) const;
    Status replay_journal();

    io::FileSystem& files_;
    engine::WorldDirectory place_;
    const Workplace& workplace_;
    Uuid world_;
    bool had_owner_ = false;
    double held_seconds_ = 0;
    std::string copy_;  // of the store; empty: none yet
    std::unique_ptr<store::SqliteStore> store_;
};

}  // namespace perdure::jobs
