#include "journal/private_copy.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "base/assert.h"
#include "base/error.h"
#include "journal/ending.h"
#include "journal/file_name.h"
#include "journal/file_reader.h"
#include "journal/group.h"
#include "journal/survey.h"

namespace perdure::journal {
namespace {

constexpr std::uint64_t copy_bytes = 1ULL << 20;

// From the end to the beginning. What is zero is left to be a hole: most of a file is prepared
// space.
Result<std::uint64_t> copy_file(io::FileSystem& files, const std::string& from,
                                const std::string& to) {
    PERDURE_TAKE(FileReader reader, FileReader::open(files, from, copy_bytes));
    PERDURE_TAKE(const std::unique_ptr<io::File> target,
                 files.open(to, {.write = true, .create = true, .exclusive = true}));
    PERDURE_TRY(target->resize(reader.file_bytes()));
    for (std::uint64_t end = reader.file_bytes(); end > 0;) {
        const std::uint64_t begin = (end - 1) / copy_bytes * copy_bytes;
        PERDURE_TAKE(const ByteSpan bytes, reader.read(begin, end - begin));
        if (reader.unreadable(begin, end - begin)) {
            return error(Code::io,
                         "{}: the disk cannot read all of its bytes {} to {}; move the world to "
                         "another disk",
                         from, begin, end);
        }
        PERDURE_ASSERT(bytes.size() == end - begin);  // else the copy would have a hole
        if (!is_zero(bytes)) PERDURE_TRY(target->write_at(begin, bytes));
        end = begin;
    }
    return reader.file_bytes();
}

// A file that is gone when it is to be copied or flushed: its owner had no use for it any more.
Status trimmed_meanwhile(const std::string& path) {
    return error(Code::busy, "{} was trimmed while the journal was copied; try again", path);
}

// The newest file that begins at or before `after`, and all behind it. Prepared ones hold nothing.
std::vector<const FileFound*> files_after(const Survey& found, Lsn after) {
    std::uint64_t first = 0;
    for (std::size_t index = 0; index < found.used.size(); ++index) {
        const FileFound& file = found.used_file(index);
        if (index == 0 || file.before() <= after) first = file.sequence;
    }
    std::vector<const FileFound*> wanted;
    for (const FileFound& file : found.files) {
        if (file.sequence >= first && file.state != FileFound::State::prepared) {
            wanted.push_back(&file);
        }
    }
    PERDURE_ASSERT(found.used.empty() || !wanted.empty());
    return wanted;
}

}  // namespace

Result<std::uint64_t> copy_after(io::FileSystem& files, const std::string& directory,
                                 const Uuid& world, Lsn after, const std::string& to) {
    PERDURE_TAKE(const Survey found, survey(files, directory, world));
    const VerdictMeaning& verdict = meaning(judge(found.predicates));
    if (verdict.code != Code::ok) {
        return error(verdict.code, "the journal is {}: {}; {}", verdict.name, found.trouble,
                     verdict.advice);
    }
    std::uint64_t bytes = 0;
    std::vector<const FileFound*> wanted = files_after(found, after);
    std::reverse(wanted.begin(), wanted.end());
    for (const FileFound* file : wanted) {
        auto copied = copy_file(files, file->path, io::join_path(to, file_name(file->sequence)));
        if (copied.status().code() == Code::not_found) return trimmed_meanwhile(file->path);
        PERDURE_TRY(copied.status());
        bytes += *copied;
    }
    if (!wanted.empty()) {
        auto newest = files.open(wanted.front()->path, {});
        if (newest.status().code() == Code::not_found) {
            return trimmed_meanwhile(wanted.front()->path);
        }
        PERDURE_TRY(newest.status());
        PERDURE_TRY((*newest)->sync());
    }
    return bytes;
}

}  // namespace perdure::journal
