#include "cli/commands/backup.h"

#include <fmt/format.h>

#include "base/quantity.h"
#include "base/utc.h"
#include "cli/value_text.h"
#include "engine/world_directory.h"
#include "io/clock.h"
#include "io/posix_file_system.h"
#include "io/process.h"
#include "jobs/backup.h"
#include "jobs/restore.h"

namespace perdure::cli {

namespace {

std::string moment_text(const jobs::Manifest& manifest) {
    return fmt::format("LSN {}, tick {}, {}", manifest.at.lsn,
                       manifest.at.tick ? std::to_string(*manifest.at.tick) : "none",
                       utc_text(manifest.taken_us));
}

void print_contents(const jobs::Manifest& manifest) {
    fmt::print("moment   {}\n", moment_text(manifest));
    fmt::print("digest   {} of {} rows in {} tables\n", manifest.contents.digest.hex(),
               count_text(manifest.contents.rows), manifest.contents.tables.size());
}

nlohmann::ordered_json json_of_manifest(const jobs::Manifest& manifest) {
    nlohmann::ordered_json json{{"world", to_text(manifest.world)},
                                {"lsn", manifest.at.lsn},
                                {"tick", nullptr},
                                {"taken_us", manifest.taken_us},
                                {"digest", manifest.contents.digest.hex()},
                                {"rows", manifest.contents.rows}};
    if (manifest.at.tick) json["tick"] = *manifest.at.tick;
    return json;
}

}  // namespace

ExitCode run_backup(const BackupCommandOptions& options) {
    io::PosixFileSystem files;
    const io::SystemClock clock;
    // Not before: while it holds the world it must be quick.
    const auto taken = jobs::backup(files, clock, options.directory, options.target,
                                    {.when_free = io::give_way_to_others});
    if (!taken) return report(taken.status());
    if (options.json) {
        nlohmann::ordered_json json = json_of_manifest(taken->manifest);
        json["had_owner"] = taken->had_owner;
        json["held_seconds"] = taken->held_seconds;
        json["bytes"] = taken->bytes;
        fmt::print("{}", json_line(json));
        return ExitCode::done;
    }
    fmt::print("world    {}, {}\n", to_text(taken->manifest.world),
               taken->had_owner ? "beside its owner" : "at rest");
    print_contents(taken->manifest);
    fmt::print("backup   {}, {}; the world's {} waited {:.3f} s\n", options.target,
               bytes_text(taken->bytes), taken->had_owner ? "checkpoints" : "lock",
               taken->held_seconds);
    return ExitCode::done;
}

ExitCode run_restore(const RestoreCommandOptions& options) {
    io::PosixFileSystem files;
    const io::SystemClock clock;
    const auto restored =
        jobs::restore(files, clock, options.directory, options.target, {.as_new = options.as_new});
    if (!restored) return report(restored.status());
    if (options.json) {
        nlohmann::ordered_json json = json_of_manifest(restored->manifest);
        json["world"] = to_text(restored->world);
        fmt::print("{}", json_line(json));
        return ExitCode::done;
    }
    fmt::print("world    {}, {}\n", to_text(restored->world),
               options.as_new ? "a new one" : "as it was");
    print_contents(restored->manifest);
    fmt::print("restored {}\n", options.target);
    return ExitCode::done;
}

}  // namespace perdure::cli
