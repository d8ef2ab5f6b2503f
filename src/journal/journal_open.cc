#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/error.h"
#include "journal/journal_state.h"

namespace perdure::journal {

Status Options::validate() const {
    const auto outside = [](std::string_view name, std::uint64_t value, std::uint64_t low,
                            std::uint64_t high) {
        return error(Code::invalid, "journal: {} is {}; it must be {} to {}", name, value, low,
                     high);
    };
    if (file_bytes < file_bytes_min || file_bytes > file_bytes_max) {
        return outside("file_bytes", file_bytes, file_bytes_min, file_bytes_max);
    }
    if (file_bytes % block_bytes != 0) {
        return error(Code::invalid, "journal: file_bytes is {}; it must be a multiple of {}",
                     file_bytes, block_bytes);
    }
    if (first_file_bytes != 0) {
        if (first_file_bytes < file_bytes_min || first_file_bytes > file_bytes)
            return outside("first_file_bytes", first_file_bytes, file_bytes_min, file_bytes);
        if (first_file_bytes % block_bytes != 0) {
            return error(Code::invalid,
                         "journal: first_file_bytes is {}; it must be a multiple of {}",
                         first_file_bytes, block_bytes);
        }
    }
    // Below this the next file could not even be prepared while the current one is written.
    if (bytes_max < 2 * file_bytes) {
        return error(Code::invalid, "journal: bytes_max is {}; it must be at least two files of {}",
                     bytes_max, file_bytes);
    }
    if (files_ahead > files_ahead_max)
        return outside("files_ahead", files_ahead, 0, files_ahead_max);
    if (group_bytes_max < block_bytes || group_bytes_max > group_bytes_limit) {
        return outside("group_bytes_max", group_bytes_max, block_bytes, group_bytes_limit);
    }
    return {};
}

Result<std::unique_ptr<Journal>> Journal::open(io::FileSystem& files, const io::Clock& clock,
                                               std::string directory, const Options& options,
                                               const Start& start, const Catalog& catalog) {
    PERDURE_TRY(options.validate());
    PERDURE_TRY(files.create_directory(directory));
    PERDURE_TRY(files.sync_directory(io::parent_path(directory)));
    PERDURE_TAKE(const Survey found, survey(files, directory, start.world));

    std::unique_ptr<Journal> journal(new Journal(
        std::make_unique<State>(files, clock, std::move(directory), options, start, catalog)));
    State& state = *journal->state_;
    PERDURE_TRY(state.check_start(found));
    PERDURE_TRY(state.spare.adopt(found, start.next_file));

    // A file whose header is torn holds no LSN; it is trimmed together with the file before it.
    Lsn successor = start.last + 1;
    std::vector<UsedFile> older;
    for (auto file = found.files.rbegin(); file != found.files.rend(); ++file) {
        if (file->sequence >= start.next_file) continue;
        if (file->state == FileFound::State::used) successor = file->header.first_lsn;
        older.push_back({file->sequence, file->path, file->bytes, successor});
    }
    for (auto file = older.rbegin(); file != older.rend(); ++file) state.used.add(std::move(*file));

    state.publish_room();
    PERDURE_TRY(state.make_first_file());
    PERDURE_ASSERT(state.spare.largest() >= state.head_bytes.load() + block_bytes);
    PERDURE_TRY(journal->begin_file(block_bytes));
    PERDURE_ASSERT(state.file != nullptr);
    PERDURE_ASSERT(state.sequence >= start.next_file);  // no file of an older epoch
    PERDURE_ASSERT(state.last == start.last);
    return journal;
}

// A journal that has spent its budget, or its disk, must still open: only its owner can drain and
// trim it.
Status Journal::State::make_first_file() {
    const std::uint64_t needed = head_bytes.load() + 2 * block_bytes;
    // However much it begins with, there is room for some commits.
    const std::uint64_t wanted = needed + round_up(options.first_file_bytes / 2, block_bytes);
    if (spare.largest() >= wanted) return {};
    Status made = spare.make_file(wanted);
    if (made.code() != Code::busy && made.code() != Code::no_space) return made;
    if (spare.largest() >= needed) return {};
    if (spare.largest() > 0) return made;  // too small for its head, and cannot grow
    return spare.make_least_file(needed);
}

Status Journal::State::check_start(const Survey& found) const {
    const Verdict verdict = judge(found.predicates);
    if (meaning(verdict).code != Code::ok) {
        return error(meaning(verdict).code, "{}; {}", found.trouble, meaning(verdict).advice);
    }
    if (found.write_refused) {
        return error(Code::unsupported,
                     "{}: written with features that this program can read but not write; "
                     "use the newer program",
                     directory);
    }
    const std::uint64_t newest =
        !found.used.empty() ? found.used_file(found.used.size() - 1).sequence : 0;
    const bool follows = start.next_file == found.next_file && start.previous_file == newest &&
                         start.epoch > found.epoch && start.next_group != 0 &&
                         (start.previous_bytes == 0) == (newest == 0) &&
                         start.previous_bytes % block_bytes == 0;
    if (!follows) {
        return error(
            Code::invalid,
            "{}: file {:016x} of epoch {} after file {:016x} was asked for, but the newest file is "
            "{:016x}, the next is {:016x} and the last epoch {}; recover first",
            directory, start.next_file, start.epoch, start.previous_file, newest, found.next_file,
            found.epoch);
    }
    return {};
}

}  // namespace perdure::journal
