#include "cli/commands/repair.h"

#include <fmt/format.h>

#include "cli/scratch.h"
#include "cli/value_text.h"
#include "cli/verdict_text.h"
#include "io/clock.h"
#include "io/posix_file_system.h"
#include "jobs/repair.h"

namespace perdure::cli {

namespace {

void print_list(const jobs::Verdict& verdict, const std::string& directory) {
    if (verdict.whole()) {
        fmt::print("whole: there is nothing to repair\n");
        return;
    }
    for (const jobs::Damage& damage : verdict.damage) {
        fmt::print("WRONG    {}: {}\n", code_name(damage.code), damage.what);
    }
    fmt::print("{}", remedies_text(verdict.remedies));
    fmt::print("         or restore a backup (perdure restore), which loses what is newer\n");
    if (verdict.remedies.empty()) return;
    fmt::print("nothing was changed; to do one: perdure repair {} --remedy {}{}\n", directory,
               verdict.remedies.front().name, verdict.remedies.front().needs_yes() ? " --yes" : "");
}

ExitCode list_remedies(const RepairCommandOptions& options, const Scratch& scratch) {
    io::PosixFileSystem files;
    const io::SystemClock clock;
    const auto verdict = jobs::verify(files, clock, options.directory, scratch.path());
    if (!verdict) return report(verdict.status());
    if (options.json) {
        fmt::print("{}", json_line(verdict_json(*verdict)));
    } else {
        print_list(*verdict, options.directory);
    }
    return verdict->whole() ? ExitCode::done : ExitCode::damaged;
}

void print_report(const jobs::RepairReport& done) {
    fmt::print("did      {}: {}\n", done.done.name, done.done.does);
    fmt::print("lost     {}\n", done.done.loses.empty() ? "nothing" : done.done.loses);
    for (const std::string& path : done.quarantined) fmt::print("moved    {}\n", path);
    fmt::print("\nverify says now:\n{}", verdict_text(done.after));
}

nlohmann::ordered_json report_json(const jobs::RepairReport& done) {
    return {{"done", remedy_json(done.done)},
            {"quarantined", done.quarantined},
            {"after", verdict_json(done.after)}};
}

}  // namespace

ExitCode run_repair(const RepairCommandOptions& options) {
    const Result<Scratch> scratch = Scratch::make();
    if (!scratch) return report(scratch.status());
    if (options.remedy.empty()) return list_remedies(options, *scratch);
    io::PosixFileSystem files;
    const io::SystemClock clock;
    const auto done = jobs::repair(files, clock, options.directory, scratch->path(),
                                   {.remedy = options.remedy, .yes = options.yes});
    if (!done) return report(done.status());
    if (options.json) {
        fmt::print("{}", json_line(report_json(*done)));
    } else {
        print_report(*done);
    }
    return done->after.whole() ? ExitCode::done : ExitCode::damaged;
}

}  // namespace perdure::cli
