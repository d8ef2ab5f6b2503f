#include "cli/commands/init.h"

#include <memory>

#include <fmt/format.h>

#include "base/error.h"
#include "engine/engine.h"
#include "engine/world_directory.h"
#include "io/posix_file_system.h"
#include "perdure/world.h"

namespace perdure::cli {

namespace {

Status init(const std::string& directory) {
    io::PosixFileSystem files;
    const Result<engine::Identity> there = engine::WorldDirectory(files, directory).read_identity();
    if (there.ok()) {
        return error(Code::invalid, "{} holds the world {} already; nothing was changed", directory,
                     to_text(there->world));
    }
    if (there.status().code() != Code::not_found) return there.status();
    PERDURE_TAKE(auto world, World::open(directory, Schema()));
    fmt::print("made world {} in {}\n", to_text(world->engine().identity().world), directory);
    return world->close();
}

}  // namespace

ExitCode run_init(const std::string& directory) {
    const Status status = init(directory);
    return status.ok() ? ExitCode::done : report(status);
}

}  // namespace perdure::cli
