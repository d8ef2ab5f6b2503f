#include "cli/commands/verify.h"

#include <optional>

#include <fmt/format.h>

#include "cli/scratch.h"
#include "cli/text_table.h"
#include "cli/value_text.h"
#include "engine/world_directory.h"
#include "io/clock.h"
#include "io/posix_file_system.h"
#include "jobs/verify.h"

namespace perdure::cli {

namespace {

std::string optional_text(const std::optional<std::uint64_t>& number, const char* otherwise) {
    return number ? std::to_string(*number) : otherwise;
}

void print_text(const jobs::Verdict& verdict) {
    fmt::print("world    {}\n", engine::uuid_text(verdict.world));
    fmt::print("journal  up to LSN {}, tick {}; {} judged\n", verdict.last,
               optional_text(verdict.tick, "none"), bytes_text(verdict.journal_bytes));
    fmt::print("store    up to LSN {}; {} judged\n", verdict.stored.lsn,
               bytes_text(verdict.store_bytes));
    for (const std::string& remark : verdict.remarks) fmt::print("remark   {}\n", remark);
    for (const jobs::Damage& damage : verdict.damage) {
        fmt::print("WRONG    {}: {}\n", code_name(damage.code), damage.what);
    }
    if (verdict.digest) {
        fmt::print("digest   {} of {} rows\n", verdict.digest->hex(), count_text(verdict.rows));
    } else {
        fmt::print("digest   none: the state cannot be put together\n");
    }
    fmt::print("{}\n", verdict.whole() ? "whole" : "damaged");
}

nlohmann::ordered_json json_of(const jobs::Verdict& verdict) {
    nlohmann::ordered_json json{{"whole", verdict.whole()},
                                {"world", engine::uuid_text(verdict.world)},
                                {"digest", nullptr},
                                {"rows", verdict.rows},
                                {"tick", nullptr},
                                {"lsn", verdict.last},
                                {"stored_lsn", verdict.stored.lsn},
                                {"journal_bytes", verdict.journal_bytes},
                                {"store_bytes", verdict.store_bytes},
                                {"wrong", nlohmann::ordered_json::array()},
                                {"remarks", verdict.remarks}};
    if (verdict.digest) json["digest"] = verdict.digest->hex();
    if (verdict.tick) json["tick"] = *verdict.tick;
    for (const jobs::Damage& damage : verdict.damage) {
        json["wrong"].push_back({{"code", code_name(damage.code)}, {"what", damage.what}});
    }
    return json;
}

}  // namespace

ExitCode run_verify(const VerifyOptions& options) {
    io::PosixFileSystem files;
    const io::SystemClock clock;
    const Result<Scratch> scratch = Scratch::make();
    if (!scratch) return report(scratch.status());
    const Result<jobs::Verdict> verdict =
        jobs::verify(files, clock, options.directory, scratch->path());
    if (!verdict) return report(verdict.status());
    if (options.json) {
        fmt::print("{}", json_line(json_of(*verdict)));
    } else {
        print_text(*verdict);
    }
    if (verdict->whole()) return ExitCode::done;
    return report(ExitCode::damaged,
                  fmt::format("{} is damaged, {} findings; the first: {}", options.directory,
                              verdict->damage.size(), verdict->damage.front().what));
}

}  // namespace perdure::cli
