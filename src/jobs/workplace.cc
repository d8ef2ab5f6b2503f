#include "jobs/workplace.h"

#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "base/utc.h"
#include "io/process.h"

namespace perdure::jobs {
namespace {

constexpr const char* lock_name = "lock";

Result<std::string> full_path(const std::string& path) {
    if (path.empty()) return error(Code::invalid, "a directory must have a name");
    std::error_code failure;
    std::filesystem::path full = std::filesystem::weakly_canonical(path, failure);
    if (failure) return error(Code::io, "{}: {}", path, failure.message());
    if (!full.has_filename()) full = full.parent_path();  // "name/"
    return full.string();
}

}  // namespace

Workplace::Workplace(io::FileSystem& files, std::string target)
    : files_(files), target_(std::move(target)), path_(target_ + ".unfinished") {}

Result<std::unique_ptr<Workplace>> Workplace::open(io::FileSystem& files, const io::Clock& clock,
                                                   const std::string& target) {
    PERDURE_TAKE(std::string path, full_path(target));
    std::unique_ptr<Workplace> made(new Workplace(files, std::move(path)));
    PERDURE_TRY(made->refuse_existing());
    PERDURE_TRY(files.create_directory(made->path_));
    PERDURE_TRY(made->refuse_strangers());
    const std::string owner =
        text::format("process {}, since {}", io::process_id(), utc_text(clock.wall_us()));
    PERDURE_TAKE(made->lock_, files.lock(io::join_path(made->path_, lock_name), owner));
    for (const std::string& place : made->places()) {
        PERDURE_TRY(files.create_directory(place));
        PERDURE_TRY(made->clear(place));
    }
    return made;
}

std::vector<std::string> Workplace::places() const {
    return {built(), store_copy(), journal_copy()};
}

Status Workplace::refuse_existing() const {
    PERDURE_TAKE(const bool there, files_.exists(target_));
    if (!there) return {};
    return error(Code::invalid,
                 "{} exists already; give a name that is free, nothing is overwritten", target_);
}

Status Workplace::refuse_strangers() const {
    PERDURE_TAKE(const auto names, files_.list(path_));
    for (const std::string& name : names) {
        if (name == lock_name || name == "built" || name == "store" || name == "journal") continue;
        return error(Code::invalid,
                     "{} holds '{}', which no unfinished job left there; move it away", path_,
                     name);
    }
    return {};
}

Status Workplace::clear(const std::string& directory) const {
    PERDURE_TAKE(const auto names, files_.list(directory));
    for (const std::string& name : names) {
        const std::string path = io::join_path(directory, name);
        const bool is_directory = files_.list(path).ok();
        if (is_directory) PERDURE_TRY(clear(path));
        PERDURE_TRY(is_directory ? files_.remove_directory(path) : files_.remove(path));
    }
    return {};
}

Status Workplace::finish() {
    PERDURE_TRY(refuse_existing());
    PERDURE_TRY(files_.sync_directory(built()));
    PERDURE_TRY(files_.rename(built(), target_));
    // First the place where it comes to: with only that flushed, a disk has it there, maybe under
    // its old name, too; the other way round it might have it nowhere. Then the place that it
    // leaves: else a disk may forget that it ever came.
    PERDURE_TRY(files_.sync_directory(io::parent_path(target_)));
    return files_.sync_directory(path_);
}

// Done or failed: what is left may be as large as the world, on a disk that the world needs. What
// cannot be removed now is cleared away by the next job.
Workplace::~Workplace() {
    if (!lock_) return;
    for (const std::string& place : places()) {
        if (!files_.list(place).ok()) continue;  // it has its name now
        if (!clear(place).ok() || !files_.remove_directory(place).ok()) return;
    }
    if (!files_.remove(io::join_path(path_, lock_name)).ok()) return;
    static_cast<void>(files_.remove_directory(path_).ok());
}

}  // namespace perdure::jobs
