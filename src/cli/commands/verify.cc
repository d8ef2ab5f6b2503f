#include "cli/commands/verify.h"

#include <fmt/format.h>

#include "cli/scratch.h"
#include "cli/value_text.h"
#include "cli/verdict_text.h"
#include "io/clock.h"
#include "io/posix_file_system.h"
#include "jobs/verify.h"

namespace perdure::cli {

ExitCode run_verify(const VerifyOptions& options) {
    io::PosixFileSystem files;
    const io::SystemClock clock;
    const Result<Scratch> scratch = Scratch::make();
    if (!scratch) return report(scratch.status());
    const Result<jobs::Verdict> verdict =
        jobs::verify(files, clock, options.directory, scratch->path());
    if (!verdict) return report(verdict.status());
    fmt::print("{}", options.json ? json_line(verdict_json(*verdict)) : verdict_text(*verdict));
    if (verdict->whole()) return ExitCode::done;
    return report(ExitCode::damaged,
                  fmt::format("{} is damaged, {} findings; the first: {}", options.directory,
                              verdict->damage.size(), verdict->damage.front().what));
}

}  // namespace perdure::cli
